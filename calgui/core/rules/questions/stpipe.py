"""What stpipe's prefetch would fetch for a step, and the lines that make a step use another choice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calgui.core.errors import UsageError
from calgui.core.rules.selection.select import best_references
from calgui.core.rules.values import Selection, Status, Trust

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache

_THERE = (Trust.OK, Trust.UNCHECKED, Trust.CHECKSUM_MISMATCH)


@dataclass(frozen=True)
class Fetch:
    """One reference type of a prefetch.

    Attributes
    ----------
    type : str
        Lower case.
    status : Status
        How the selection ended.
    file : str or None
        What would be fetched; None for not applicable (stpipe hands the step ``N/A``) and where nothing is found.
    path : pathlib.Path or None
        Where it is, or would be, in the cache.
    present : bool
        Whether the file itself is there; a Git LFS pointer is not.
    trust : Trust or None
        What is known of it.
    message : str or None
        Why there is no file.
    override : str or None
        What the step was told to use instead; stpipe then does not ask crds.
    """

    type: str
    status: Status
    file: str | None
    path: Path | None
    present: bool
    trust: Trust | None
    message: str | None
    override: str | None = None


@dataclass(frozen=True)
class Prefetch:
    """What stpipe's prefetch does for one observation.

    Attributes
    ----------
    context : str
        Name of the ``.pmap``.
    fetches : tuple of Fetch
        One for each type.
    stops : bool
        Whether the pipeline stops at it: a type is not found or its rules are broken.
    """

    context: str
    fetches: tuple[Fetch, ...]
    stops: bool

    @property
    def missing(self) -> tuple[Fetch, ...]:
        """What would have to come from a server."""
        return tuple(one for one in self.fetches if one.file is not None and not one.present)


def prefetch(
    cache: "Cache",
    context: str,
    header: Mapping[str, Any],
    types: Sequence[str] | None = None,
    overrides: Mapping[str, str] | None = None,
) -> Prefetch:
    """What stpipe's prefetch would fetch before a step runs.

    Parameters
    ----------
    cache : Cache
        The rules.
    context : str
        Name of a ``.pmap`` of the cache.
    header : mapping of str to object
        Of the observation.
    types : sequence of str, optional
        The step's ``reference_file_types``; by default all of the header's instrument.
    overrides : mapping of str to str, optional
        Type to the file that the step is told to use instead.

    Returns
    -------
    Prefetch

    Raises
    ------
    UsageError, InputError
        As `calgui.core.rules.selection.select.best_references`.
    """
    told = {kind.lower(): file for kind, file in (overrides or {}).items()}
    found = []
    for one in best_references(cache, context, header, types):
        found.append(_fetch(one, told.get(one.type)))
    stops = any(one.override is None and one.status in (Status.NOT_FOUND, Status.ERROR) for one in found)
    return Prefetch(context, tuple(found), stops)


def _fetch(one: Selection, override: str | None) -> Fetch:
    if override is not None:
        path = None if override == "N/A" else Path(override)
        there = path is not None and path.is_file()
        return Fetch(one.type, one.status, None, path, there, None, None, override)
    present = one.path is not None and one.trust in _THERE
    return Fetch(one.type, one.status, one.file, one.path, present, one.trust, one.message)


def override_lines(choices: Mapping[str, str | Path | None], step: str | None = None) -> tuple[str, ...]:
    """Lines of a step's configuration file that make it use other references.

    Parameters
    ----------
    choices : mapping of str to path-like or None
        Reference type to the file to use; None makes the type not applicable.
    step : str, optional
        Name of the step in a pipeline's configuration; without it the lines are for a step's own.

    Returns
    -------
    tuple of str
        ``override_dark = "/path/dark.fits"``, each its own line; those of a step of a pipeline below its section.

    Raises
    ------
    UsageError
        For a type that is no plain word, or a path that such a file cannot hold.
    """
    lines = [f"override_{_word(kind)} = {_quoted(file)}" for kind, file in choices.items()]
    if step is None:
        return tuple(lines)
    return ("[steps]", f"    [[{_word(step)}]]", *(f"        {line}" for line in lines))


def override_options(choices: Mapping[str, str | Path | None], step: str | None = None) -> tuple[str, ...]:
    """Options of ``strun`` that make a step use other references.

    Parameters
    ----------
    choices : mapping of str to path-like or None
        As for `override_lines`.
    step : str, optional
        Name of the step, where a whole pipeline is run.

    Returns
    -------
    tuple of str
        ``--override_dark=/path/dark.fits``, or ``--steps.STEP.override_dark=...``; one word each, not quoted.

    Raises
    ------
    UsageError
        As `override_lines`.
    """
    before = "" if step is None else f"steps.{_word(step)}."
    return tuple(f"--{before}override_{_word(kind)}={_path(file)}" for kind, file in choices.items())


def _word(text: str) -> str:
    word = text.lower()
    if not word.replace("_", "").replace("-", "").isalnum():
        raise UsageError(f"{text!r} is no name of a reference type or step.")
    return word


def _path(file: str | Path | None) -> str:
    if file is None or str(file) == "N/A":
        return "N/A"
    text = str(Path(file).absolute())
    if not text.isprintable():
        raise UsageError(f"The path {text!r} holds a character that such a file cannot.", cure="Rename the file.")
    return text


def _quoted(file: str | Path | None) -> str:
    text = _path(file)
    for mark in ('"', "'"):
        if mark not in text:
            return f"{mark}{text}{mark}"
    raise UsageError(f"The path {text} holds both kinds of quotes.", cure="Rename the file.")
