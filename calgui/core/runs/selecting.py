"""What the rules of a cache select for one header, and why a selected file cannot be used."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from calgui.core.errors import UsageError
from calgui.core.rules.values import Selection, Trust

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache

#: why a file that the rules name cannot be used, as the end of a sentence, and the cure
WHY_NOT: Mapping[Trust, tuple[str, str]] = {
    Trust.MISSING: ("it is not in the cache", "Fetch it, or give another file as reference"),
    Trust.LFS_POINTER: (
        "in the cache there is only a Git LFS pointer to it, not the file itself",
        "Fetch it with “git lfs pull” in the cache, or give another file as reference",
    ),
    Trust.CORRUPT: ("the file in the cache is damaged", "Fetch it again, or give another file as reference"),
}


def select(kind: str, header: Mapping[str, Any], cache: "Cache", context: str | None) -> Selection:
    """What the rules select for one header and type.

    Parameters
    ----------
    kind : str
        Reference type, any case.
    header : mapping
        FITS keywords.
    cache : Cache
        The rules.
    context : str or None
        Its operational context if None.

    Returns
    -------
    Selection

    Raises
    ------
    UsageError
        When the cache has no context to decide with.
    """
    from calgui.core.rules.selection.select import best_references

    return best_references(cache, context_of(cache, context), header, [kind.lower()])[0]


def context_of(cache: "Cache", context: str | None) -> str:
    """The context that was named, or the one that a cache uses.

    Parameters
    ----------
    cache : Cache
        The rules.
    context : str or None
        Its operational context if None.

    Returns
    -------
    str

    Raises
    ------
    UsageError
        When the cache has no context to decide with.
    """
    chosen = context or cache.default_context
    if chosen is None:
        raise UsageError("The cache names no operational context.", path=cache.path, cure="Give one (--context PMAP).")
    return chosen


def unusable(selection: Selection) -> tuple[str, str] | None:
    """Why a selected file cannot be used.

    Parameters
    ----------
    selection : Selection
        With status selected.

    Returns
    -------
    tuple of str or None
        End of a sentence, and the cure; None where it can be used.
    """
    if selection.path is None or (selection.trust is None and not selection.path.is_file()):
        return WHY_NOT[Trust.MISSING]
    return WHY_NOT.get(selection.trust) if selection.trust is not None else None
