"""All references of a mode that a cache has, by their dates: inputs of algorithms that look at their history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calgui.core.algorithms.registry import Algorithm, registry
from calgui.core.errors import InputError
from calgui.core.frames.headers import rule_header
from calgui.core.jobs import Job
from calgui.core.rules.values import Trust
from calgui.core.runs.selecting import WHY_NOT, context_of

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache
    from calgui.core.rules.questions.timeline import Timeline


@dataclass(frozen=True)
class LeftOut:
    """A file that the rules name, and that cannot be read.

    Attributes
    ----------
    file : str
        Its name.
    reason : str
        End of a sentence.
    cure : str
        What to do.
    """

    file: str
    reason: str
    cure: str

    @property
    def text(self) -> str:
        """The same as a sentence."""
        return f"{self.file} was left out: {self.reason}."


@dataclass(frozen=True)
class Gathered:
    """The references of a mode.

    Attributes
    ----------
    type : str
        Reference type, upper case.
    mode : tuple of (str, str)
        Parkeys that decide beside the date, with their values.
    paths : tuple of pathlib.Path
        In the order of the dates from which they are in use; a reference that was given and is not in the cache last.
    left_out : tuple of LeftOut
        Files that are missing, damaged, or Git LFS pointers.
    """

    type: str
    mode: tuple[tuple[str, str], ...]
    paths: tuple[Path, ...]
    left_out: tuple[LeftOut, ...] = ()


def gather(
    kind: str,
    given: Path,
    cache: "Cache",
    context: str | None = None,
    job: Job | None = None,
    *,
    others: Sequence[Path] = (),
) -> Gathered:
    """All references that the rules give a mode at any time.

    Parameters
    ----------
    kind : str
        Reference type, any case.
    given : pathlib.Path
        An observation, which says the mode only, or a reference of this type, which is one of them.
    cache : Cache
        The rules, and the files.
    context : str, optional
        Its operational context by default.
    job : Job, optional
        Progress and cancel.
    others : sequence of pathlib.Path
        Further files; references of this type among them are kept.

    Returns
    -------
    Gathered

    Raises
    ------
    UsageError
        The cache has no context to decide with.
    InputError
        The file cannot be read, does not say its instrument, or the rules have no reference of this type for its mode.
    """
    from calgui.core.rules.questions.timeline import timeline

    told = timeline(cache, context_of(cache, context), kind, rule_header(given), job)
    own = [path for path in (given, *others) if _is_reference(rule_header(path), kind)]
    gathered = gathered_of(told, cache, own)
    if not gathered.paths and not gathered.left_out:
        why = next((one.message for one in told.segments if one.message), "none of their entries fits its mode")
        raise InputError(
            f"The rules never select a {kind.upper()} for this file: {why}",
            path=given,
            cure=f"Choose an observation of another mode, or the {kind.lower()} files themselves.",
        )
    return gathered


def gathered_of(told: "Timeline", cache: "Cache", own: Sequence[Path] = ()) -> Gathered:
    """The files of a timeline.

    Parameters
    ----------
    told : Timeline
        Of one mode.
    cache : Cache
        Has the files.
    own : sequence of pathlib.Path
        References that were given: taken for those of the same name, or added.

    Returns
    -------
    Gathered
    """
    given = {path.name: path for path in own}
    paths: list[Path] = []
    left_out: list[LeftOut] = []
    for name in dict.fromkeys(one.file for one in told.segments if one.file is not None):
        path = given.pop(name, None) or cache.reference_path(name)
        trust = cache.verdict(name).trust if path is None or path not in own else Trust.OK
        if path is not None and trust not in WHY_NOT:
            paths.append(path)
        else:
            left_out.append(LeftOut(name, *WHY_NOT.get(trust, WHY_NOT[Trust.MISSING])))
    return Gathered(told.type.upper(), told.mode, (*paths, *given.values()), tuple(left_out))


def gatherer(kind: str) -> Algorithm | None:
    """The algorithm that looks at the history of references of a type.

    Parameters
    ----------
    kind : str
        Reference type, any case.

    Returns
    -------
    Algorithm or None
        None where there is none.
    """
    return next((row for row in registry().values() if row.gathers == kind.upper()), None)


def _is_reference(header: Mapping[str, Any], kind: str) -> bool:
    return str(header.get("REFTYPE") or "").strip().upper() == kind.upper()


def as_document(gathered: Gathered) -> dict[str, Any]:
    """What was gathered as plain values, for JSON.

    Parameters
    ----------
    gathered : Gathered
        Any.

    Returns
    -------
    dict
        ``type``, ``mode``, ``files``, and of those ``left_out`` the name and the reason.
    """
    return {
        "type": gathered.type.lower(),
        "mode": dict(gathered.mode),
        "files": [path.name for path in gathered.paths],
        "left_out": [{"file": one.file, "reason": one.reason, "cure": one.cure} for one in gathered.left_out],
    }
