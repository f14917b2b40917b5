"""A result of the bench that is not saved: written to a folder of the program's own, so that it can be validated."""

import atexit
import itertools
import shutil
import tempfile
from functools import cache
from pathlib import Path

from calgui.core.errors import CalguiError, Cancelled
from calgui.core.jobs import Job
from calgui.core.runs.report import RunReport
from calgui.core.runs.saving import proposed, save_report
from calgui.views.session import Session

_NUMBERS = itertools.count(1)


@cache
def _folder() -> Path:
    made = Path(tempfile.mkdtemp(prefix="calgui-unsaved-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


def is_unsaved(path: Path) -> bool:
    """Whether a file is such a result.

    Parameters
    ----------
    path : pathlib.Path

    Returns
    -------
    bool
    """
    return _folder.cache_info().currsize > 0 and path.is_relative_to(_folder())


def shown_name(path: Path) -> str:
    """The name of a file for people, who have not named what is not saved.

    Parameters
    ----------
    path : pathlib.Path

    Returns
    -------
    str
    """
    return f"{path.stem} (not saved)" if is_unsaved(path) else path.name


def validate_unsaved(session: Session, report: RunReport, product: str) -> None:
    """Validate the product of a run that was not saved, with the keywords that the form would propose.

    Parameters
    ----------
    session : Session
    report : RunReport
        Of whole frames, with a product.
    product : str
        Type of the product; empty where it is no reference.
    """
    path = _folder() / f"{report.algorithm.replace('-', '_')}_{next(_NUMBERS)}.fits"
    store = session.cache

    def work(job: Job) -> Path:
        cards = proposed(report) if product else {}
        if product:
            # what only a person can say is not held against what is not saved yet
            stand_in = {"PEDIGREE": "INFLIGHT", "AUTHOR": "not saved yet", "DESCRIP": f"{product.lower()}, not saved"}
            cards |= {key: text for key, text in stand_in.items() if not cards.get(key, "").strip()}
        return save_report(report, path, cards, store, job)

    def failed(error: Exception) -> None:
        if isinstance(error, CalguiError) and not isinstance(error, Cancelled):
            session.report(error, "Validating the result")

    session.tasks.start(
        "Validating the result", work, lambda made: session.ask_page("validate", (made,)), failed, key="unsaved"
    )
