"""The new product against the one that the rules select."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from calgui.core.errors import InputError, UsageError
from calgui.core.frames.frame import Frame
from calgui.core.jobs import Job
from calgui.core.rules.values import Status
from calgui.core.runs.comparing.values import Comparison, comparer_of
from calgui.core.runs.references import read_reference
from calgui.core.runs.selecting import select, unusable

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache


def compare_with_selected(
    new: Frame,
    header: Mapping[str, Any],
    cache: "Cache",
    context: str | None = None,
    job: Job | None = None,
    *,
    product: str = "DARK",
) -> Comparison:
    """Compare a new product with the one that the rules select for the frames that it was made of.

    Parameters
    ----------
    new : Frame
        The product, or the plane of it that `Comparer.compared` gives.
    header : mapping
        Of one of the frames: what the rules decide by.
    cache : Cache
        The rules.
    context : str, optional
        Its operational context by default.
    job : Job, optional
        Progress and cancel.
    product : str
        Its REFTYPE, one of `calgui.core.runs.comparing.values.COMPARERS`.

    Returns
    -------
    Comparison
        That there is nothing to compare with is a status, not an error.

    Raises
    ------
    UsageError
        Nothing is known of how such a product is compared.
    """
    how = comparer_of(product)
    if how is None:
        raise UsageError(f"There is no comparison for {product}.", cure="Compare the files under Compare.")
    job = job or Job(f"Compare with the {how.word} in use")
    selection = select(product.lower(), header, cache, context)
    if selection.status is not Status.SELECTED:
        reason = selection.message or "none of their entries fits"
        return Comparison("none", f"The rules select no {how.word} for these frames: {reason}", selection=selection)
    why = unusable(selection)
    if why is not None:
        return Comparison(
            "unavailable",
            f"The rules select {selection.file}, but {why[0]}. {why[1]}.",
            selection.path,
            selection,
        )
    assert selection.path is not None
    try:
        made = how.compare(new, read_reference(product, selection.path, header, cache), job)
    except InputError as error:
        text = f"The rules select {selection.file}, but it cannot be compared: {error.message} {error.cure}".strip()
        return Comparison("unavailable", text, selection.path, selection)
    return replace(made, selection=selection, product=product)
