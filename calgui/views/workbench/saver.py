"""Saving the product of a page: the form, and the writing in the background."""

from pathlib import Path
from typing import TYPE_CHECKING

from calgui.core.errors import CalguiError, Cancelled
from calgui.core.runs.product import check_target
from calgui.core.runs.report import RunReport
from calgui.core.runs.saving import proposed, save_report
from calgui.views.workbench.saving import SaveDialog

if TYPE_CHECKING:
    from calgui.views.workbench.page import AlgorithmPage


def ask_to_save(page: "AlgorithmPage", report: RunReport) -> SaveDialog | None:
    """Open the form for saving a product.

    Parameters
    ----------
    page : AlgorithmPage
        Whose it is.
    report : RunReport
        With a product.

    Returns
    -------
    SaveDialog or None
        None where an input can no longer be read, which the user is told.
    """
    session = page.session
    try:
        cards = proposed(report) if page.how.product else {}
    except CalguiError as error:
        session.report(error, "Saving")
        return None
    cache = session.cache

    def refusal(path: Path, overwrite: bool) -> str:
        if path.is_dir():
            return "This is a folder. Name a file in it."
        try:
            check_target(path, report.inputs, report.references, cache, overwrite)
        except CalguiError as error:
            return f"{error.message} {error.cure}".strip()
        return ""

    file = report.inputs[0].parent / f"{_product_name(page, report.inputs[0])}.fits"
    dialog = SaveDialog(file, cards, refusal, page)
    dialog.accepted.connect(lambda: _save(page, report, dialog))
    dialog.open()
    return dialog


def _product_name(page: "AlgorithmPage", first: Path) -> str:
    """After an exposure and what was done to it, so that the next one has another; a reference: what it is."""
    made = page.how.name.replace("-", "_")
    return made if page.how.product else f"{first.name.split('.fit')[0]}_{made}"


def _save(page: "AlgorithmPage", report: RunReport, dialog: SaveDialog) -> None:
    session = page.session
    path, cards, cache, overwrite = dialog.path, dialog.cards, session.cache, dialog.overwrite

    def saved(written: Path) -> None:
        session.notice("info", f"{written.name} was saved in {written.parent}.")
        if page.how.product:
            page.actions_bar.offer_ingest(written)

    def failed(error: Exception) -> None:
        if isinstance(error, Cancelled):
            session.notice("info", f"Saving {path.name} was cancelled: nothing was written.")
        else:
            session.report(error, f"Saving {path.name}")

    session.tasks.start(
        f"Saving {path.name}",
        lambda job: save_report(report, path, cards, cache, job, overwrite=overwrite),
        saved,
        failed,
    )
