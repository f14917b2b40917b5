"""Files whose pixels are the same: an exposure that was copied, or is there under another name or date."""

import dataclasses
from collections.abc import Sequence

from calgui.core.algorithms.metadata.entries import clean
from calgui.core.validation.judging import Said
from calgui.core.validation.validate import ORDER, Validation


def tell_twins(files: Sequence[Validation]) -> tuple[Validation, ...]:
    """Tell of each exposure which of the others has the same pixels.

    Parameters
    ----------
    files : sequence of Validation
        In any order.

    Returns
    -------
    tuple of Validation
        The same, in their order; one with the pixels of another has a doubtful check ``twin`` more.

    Notes
    -----
    Noise never repeats: two exposures with the same pixels are one. A file that is given twice is no twin of itself.
    """
    by_pixels: dict[str, list[Validation]] = {}
    for one in files:
        # references of two rules may well share their pixels
        if one.found is not None and one.found.pixels and not one.is_reference:
            by_pixels.setdefault(one.found.pixels, []).append(one)
    return tuple(_told(one, by_pixels) for one in files)


def _told(one: Validation, by_pixels: dict[str, list[Validation]]) -> Validation:
    same = by_pixels.get(one.found.pixels, []) if one.found is not None and not one.is_reference else []
    # a file that is given twice counts once
    named = {other.path.resolve(): other for other in same}
    others = [other for path, other in named.items() if path != one.path.resolve()]
    if not others:
        return one
    names = ", ".join(clean(other.path.name, 60) for other in others[:3])
    more = f" and {len(others) - 3} more" if len(others) > 3 else ""
    text = (
        f"{len(others)} of the other files has the same pixels, where 0 may: {names}{more}. "
        "Leave one of them out: two exposures never have the same noise."
    )
    if len(others) > 1:
        text = text.replace("files has", "files have")
    said = Said("twin", "Files with the same pixels", "doubtful", len(others), "", 0, text, "both headers and pictures")
    told = sorted((*one.said, said), key=lambda each: ORDER[each.verdict])
    return dataclasses.replace(one, said=tuple(told))
