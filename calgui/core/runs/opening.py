"""The references of a run are opened, and those that cannot be read are told of."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack

from calgui.core.algorithms.given import Missing, References
from calgui.core.algorithms.registry import Algorithm
from calgui.core.errors import InputError
from calgui.core.frames.frame import FrameLike
from calgui.core.runs.references import UsedReference, open_reference


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
        From `find_references`.
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
