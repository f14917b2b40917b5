"""The references of a run are opened, and those that are not there are told of."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import TYPE_CHECKING, Any

from calgui.core.algorithms.given import Missing, References
from calgui.core.algorithms.registry import Algorithm
from calgui.core.errors import InputError
from calgui.core.frames.frame import FrameLike
from calgui.core.rules.values import Status
from calgui.core.runs.references import UsedReference, open_reference, select, unusable

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache


def missing_references(
    how: Algorithm,
    headers: Sequence[Mapping[str, Any]],
    used: Sequence[UsedReference],
    cache: "Cache | None",
    context: str | None,
    asked: Sequence[str] | None,
) -> dict[str, Missing]:
    """Why references that an algorithm would use are not there.

    Parameters
    ----------
    how : Algorithm
        Only one that tells what it did without (`Algorithm.tells_missing`) has an answer.
    headers : sequence of mapping
        Of the inputs.
    used : sequence of UsedReference
        What was found.
    cache, context, asked
        As for `find_references`.

    Returns
    -------
    dict of str to Missing
        By type.
    """
    found = {item.type for item in used}
    made = {}
    if not how.tells_missing:
        return {}
    for kind in (kind for kind in how.optional_references if kind not in found and (asked is None or kind in asked)):
        give = f"Give one (--reference {kind}=FILE)"
        if cache is None:
            made[kind] = Missing(f"There is no {kind}. {give}, or a cache whose rules select it (--cache DIR).")
            continue
        selection = select(kind, headers[0], cache, context)
        if selection.status is Status.NOT_APPLICABLE:
            made[kind] = Missing(f"By the rules no {kind} applies to it.", applies=False)
        elif selection.status is not Status.SELECTED or selection.file is None:
            said = (selection.message or selection.status.value).rstrip(".")
            made[kind] = Missing(f"The rules select no {kind}: {said}. {give}, or switch the step off.")
        else:
            why = unusable(selection) or ("it cannot be used", give)
            made[kind] = Missing(f"The rules select {selection.file} as {kind}, but {why[0]}. {why[1]}.")
    return made


def open_references(
    how: Algorithm, used: Sequence[UsedReference], missing: Mapping[str, Missing], stack: ExitStack
) -> References:
    """Open the references of an algorithm.

    Parameters
    ----------
    how : Algorithm
        One that tells what it did without goes on where a file that the rules select cannot be read.
    used : sequence of UsedReference
        What was found.
    missing : mapping of str to Missing
        From `missing_references`.
    stack : contextlib.ExitStack
        Closes them.

    Returns
    -------
    References

    Raises
    ------
    InputError
        A file cannot be read that was given, or that is needed.
    """
    frames: dict[str, FrameLike] = {}
    why = dict(missing)
    for item in used:
        try:
            opened: AbstractContextManager[FrameLike] = open_reference(item)
            frames[item.type] = stack.enter_context(opened)
        except InputError as error:
            if not how.tells_missing or not item.selected or item.type in how.references:
                raise
            why[item.type] = unreadable(item, error)
    return References(frames, why, frozenset(item.type for item in used if not item.selected))


def unreadable(item: UsedReference, error: InputError) -> Missing:
    """Why a reference that the rules select cannot be used.

    Parameters
    ----------
    item : UsedReference
        Which.
    error : InputError
        What was found.

    Returns
    -------
    Missing
    """
    return Missing(f"The rules select {item.path.name} as {item.type}: {error.message} {error.cure}".strip())
