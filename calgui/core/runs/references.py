"""The references that an algorithm needs: given by the user, or selected by the rules of a cache."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calgui.core.algorithms.given import Missing
from calgui.core.algorithms.registry import Algorithm
from calgui.core.errors import InputError, UsageError
from calgui.core.frames.fits import FitsFrame, describe_file, open_frame, read_frame
from calgui.core.frames.frame import Frame
from calgui.core.rules.values import Selection, Status
from calgui.core.runs.headerframes import HEADERS, ONE_TABLE, HeaderFrame, read_header, read_table
from calgui.core.runs.selecting import select, unusable
from calgui.core.runs.tableframes import TABLES, read_tables

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache

_GIVE = "Give one (--reference {}=FILE)"


@dataclass(frozen=True)
class UsedReference:
    """A reference that was used.

    Attributes
    ----------
    type : str
        Upper case.
    path : pathlib.Path
        The file.
    selected : bool
        Whether the rules selected it; else it was given.
    mapping : str or None
        The ``.rmap`` that selected it.
    facts : mapping of str to object
        Keywords that the observatory says of this type, for a file that does not say them itself.
    """

    type: str
    path: Path
    selected: bool
    mapping: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class UnusedReference:
    """An optional reference that the rules select, and that cannot be used.

    Attributes
    ----------
    type : str
        Upper case.
    file : str
        Its name.
    reason : str
        End of a sentence.
    cure : str
        What to do, without a stop.
    """

    type: str
    file: str
    reason: str
    cure: str

    @property
    def text(self) -> str:
        """The same as sentences."""
        return f"No {self.type} was used: the rules select {self.file}, but {self.reason}. {self.cure}."


@dataclass(frozen=True)
class FoundReferences:
    """What an algorithm is run with.

    Attributes
    ----------
    used : tuple of UsedReference
        In the order of the algorithm's types.
    unused : tuple of UnusedReference
        Optional ones that are selected and cannot be used, of an algorithm that does not tell itself.
    missing : mapping of str to Missing
        Type to why an optional one is not there, of an algorithm that tells (`Algorithm.tells_missing`).
    """

    used: tuple[UsedReference, ...] = ()
    unused: tuple[UnusedReference, ...] = ()
    missing: Mapping[str, Missing] = field(default_factory=dict)


def find_references(
    how: Algorithm,
    headers: Sequence[Mapping[str, Any]],
    inputs: Sequence[Path],
    given: Mapping[str, Path],
    cache: "Cache | None",
    context: str | None,
    asked: Sequence[str] | None = None,
) -> FoundReferences:
    """The references that an algorithm needs for some inputs.

    Parameters
    ----------
    how : Algorithm
        Says which types it needs, and which it uses where there are any.
    headers : sequence of mapping
        Of the inputs.
    inputs : sequence of pathlib.Path
        The inputs, for messages.
    given : mapping of str to pathlib.Path
        Reference type in upper case to a file; not asked of the rules.
    cache : Cache or None
        Whose rules select the others.
    context : str or None
        Its operational context if None.
    asked : sequence of str, optional
        Of the optional types those that count; all when not given.

    Returns
    -------
    FoundReferences
        Those to use, and why others are not among them.

    Raises
    ------
    UsageError
        When a type is given that the algorithm does not use, or a needed one has no source.
    InputError
        When the rules select none, different ones for the inputs, or one that is not there.
    """
    wanted = (*how.references, *how.optional_references)
    for kind, path in given.items():
        if kind not in wanted:
            uses = ", ".join(wanted) or "no references"
            raise UsageError(f"{how.name} does not use a reference of type {kind}.", cure=f"It uses: {uses}.")
        if not path.is_file():
            raise InputError(f"This file, given as {kind}, does not exist.", path=path, cure="Give another.")
    found: list[UsedReference] = []
    unused: list[UnusedReference] = []
    missing: dict[str, Missing] = {}
    for kind in wanted:
        if asked is not None and kind in how.optional_references and kind not in asked:
            continue
        if kind in given:
            found.append(UsedReference(kind, given[kind], selected=False))
        elif cache is not None:
            one = _selected(kind, kind in how.references, headers, inputs, cache, context)
            if isinstance(one, UsedReference):
                found.append(one)
            elif isinstance(one, UnusedReference):
                unused.append(one)
                missing[kind] = Missing(f"The rules select {one.file} as {kind}, but {one.reason}. {one.cure}.")
            else:
                missing[kind] = one
        elif kind in how.references:
            raise UsageError(
                f"{how.name} needs a reference of type {kind}.",
                cure=f"Choose a file as {kind} (--reference {kind}=FILE), or a cache that selects it (--cache DIR).",
            )
        else:
            missing[kind] = Missing(
                f"There is no {kind}. {_GIVE.format(kind)}, or a cache whose rules select it (--cache DIR)."
            )
    facts = _facts(headers, cache)
    used = tuple(replace(item, facts=facts.get(item.type, {})) for item in found)
    return FoundReferences(used, (), missing) if how.tells_missing else FoundReferences(used, tuple(unused))


def of_product(
    how: Algorithm, headers: Sequence[Mapping[str, Any]], inputs: Sequence[Path], config: Any
) -> tuple[list[Mapping[str, Any]], list[Path]]:
    """The inputs whose references count, where inputs of several detectors make the product of one.

    Parameters
    ----------
    how : Algorithm
        Says by which keyword products are told apart.
    headers : sequence of mapping
        Of the inputs.
    inputs : sequence of pathlib.Path
        The inputs.
    config : object
        Its option of that name says which product is made; the first in order where it is empty.

    Returns
    -------
    list of mapping, list of pathlib.Path
        All of them where products are not told apart, or none is of the one that was asked for.
    """
    if not how.splits:
        return list(headers), list(inputs)
    values = [str(header.get(how.splits) or "").strip().upper() for header in headers]
    wanted = str(getattr(config, how.splits.lower(), "") or "").strip().upper() or min(values, default="")
    same = [place for place, value in enumerate(values) if value == wanted] or list(range(len(values)))
    return [headers[place] for place in same], [inputs[place] for place in same]


def _facts(headers: Sequence[Mapping[str, Any]], cache: "Cache | None") -> dict[str, dict[str, Any]]:
    """What the observatory says of its references: the form of the non-linearity."""
    from calgui.core.rules.observatories.observatory import described

    telescope = str(headers[0].get("TELESCOP") or "").strip() if headers else ""
    known = cache.observatory if cache is not None else described(telescope) if telescope else None
    if known is None or known.nonlinearity is None:
        return {}
    return {"NONLINCOEFF": {"LINFORM": known.nonlinearity.form.upper()}}


#: extensions that are meant where a reference of a type has more images than one
_EXTENSIONS: Mapping[str, str] = {"NONLINCOEFF": "COEFFS", "WAVECAL": "WAVELENGTH"}


def extension_of(kind: str, path: Path) -> str | None:
    """The extension of a reference that is meant.

    Parameters
    ----------
    kind : str
        Its type, upper case.
    path : pathlib.Path
        The file.

    Returns
    -------
    str or None
        None for the one that a frame usually is read from.

    Raises
    ------
    InputError
        It cannot be read.
    """
    name = _EXTENSIONS.get(kind)
    return name if name is not None and any(hdu.name == name for hdu in describe_file(path)) else None


def read_reference(kind: str, path: Path, header: Mapping[str, Any], cache: "Cache") -> Frame:
    """A reference in memory, its header completed by what the observatory says.

    Parameters
    ----------
    kind : str
        Its type, upper case.
    path : pathlib.Path
        The file.
    header : mapping
        Of what it is for.
    cache : Cache
        Its observatory knows what such files mean.

    Returns
    -------
    Frame

    Raises
    ------
    InputError
        It cannot be read.
    """
    if kind in HEADERS:
        return read_header(path, HEADERS[kind])
    if kind in ONE_TABLE:
        return read_table(path, ONE_TABLE[kind])
    if kind in TABLES:
        return read_tables(path)
    frame = read_frame(path, extension_of(kind, path))
    facts = _facts([header], cache).get(kind, {})
    missing = {key: value for key, value in facts.items() if frame.header.get(key) in (None, "")}
    return replace(frame, header={**frame.header, **missing}) if missing else frame


def open_reference(item: UsedReference) -> FitsFrame | HeaderFrame:
    """Open a reference, its header completed by what the observatory says.

    Parameters
    ----------
    item : UsedReference
        Which.

    Returns
    -------
    FitsFrame or HeaderFrame
        To be closed.

    Raises
    ------
    InputError
        It cannot be read.
    """
    if item.type in HEADERS:
        return read_header(item.path, HEADERS[item.type])
    if item.type in ONE_TABLE:
        return read_table(item.path, ONE_TABLE[item.type])
    frame = open_frame(item.path, extension_of(item.type, item.path))
    frame.complete(item.facts)
    return frame


def _selected(
    kind: str,
    required: bool,
    headers: Sequence[Mapping[str, Any]],
    inputs: Sequence[Path],
    cache: "Cache",
    context: str | None,
) -> UsedReference | UnusedReference | Missing:
    """What the rules select, or why it is not there where nothing is needed."""
    chosen: dict[str, tuple[Selection, Path]] = {}
    for header, path in zip(headers, inputs, strict=True):
        selection = select(kind, header, cache, context)
        if selection.status is not Status.SELECTED or selection.file is None:
            if selection.status is Status.NOT_APPLICABLE and not required:
                return Missing(f"By the rules no {kind} applies to it.", applies=False)
            if not required:
                said = (selection.message or selection.status.value).rstrip(".")
                return Missing(f"The rules select no {kind}: {said}. {_GIVE.format(kind)}, or switch the step off.")
            raise InputError(
                f"The rules select no {kind} for this file: {selection.message or selection.status.value}",
                path=path,
                cure=f"Choose a file as {kind} (on the command line: --reference {kind}=FILE).",
            )
        chosen.setdefault(selection.file, (selection, path))
    if len(chosen) > 1:
        (first, (_, one)), (second, (_, other)) = list(chosen.items())[:2]
        raise InputError(
            f"The rules select {second} as {kind}, and {first} for {one.name}.",
            path=other,
            cure=f"Run them apart, or choose a file as {kind} (on the command line: --reference {kind}=FILE).",
        )
    ((name, (selection, path)),) = chosen.items()
    why = unusable(selection)
    if why is not None and required:
        raise InputError(f"The rules select {name} as {kind}, but {why[0]}.", path=path, cure=f"{why[1]}.")
    if why is not None:
        return UnusedReference(kind, name, *why)
    assert selection.path is not None
    found = UsedReference(kind, selection.path, selected=True, mapping=selection.mapping)
    return found if required else _readable(found)


def _readable(found: UsedReference) -> UsedReference | UnusedReference:
    """An optional reference that cannot be opened is done without, as one that is not there."""
    try:
        with open_reference(found):
            pass
    except InputError as error:
        reason = error.message[:1].lower() + error.message[1:].rstrip(".")
        cure = "Fetch it again, or give another file as reference"
        return UnusedReference(found.type, found.path.name, f"it cannot be read: {reason}", cure)
    return found
