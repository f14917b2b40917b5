"""What an ingest would do, as values: rules, mappings, problems, what changes. Plain data, without crds objects."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from calgui.core.rules.questions.compare.effects import ChangedSelection
from calgui.core.rules.questions.compare.values import ContextDiff
from calgui.core.rules.values import Finding, Parameter, Severity, Status


@dataclass(frozen=True)
class Given:
    """A new file with what the user says of it alone; it wins over what is said of all.

    Attributes
    ----------
    path : pathlib.Path
        The file.
    settings : mapping of str to object
        As in `Request`.
    type : str or None
        As in `Request`.
    name : str or None
        What it is to be called in the cache.
    """

    path: Path
    settings: Mapping[str, Any] = field(default_factory=dict)
    type: str | None = None
    name: str | None = None


@dataclass(frozen=True)
class Request:
    """What is to go in and out.

    Attributes
    ----------
    references : tuple of pathlib.Path or Given
        New files.
    delete : tuple of str
        Names of references that the new context is not to select.
    settings : mapping of str to object
        Values that the user gives beside the files' headers, by keyword or parkey; they win.
    type : str or None
        The files' type, where their headers do not say it.
    rename : bool
        Whether the files get the next free names of CRDS's form; else they keep theirs.
    parkey : tuple of str
        Parameters of the first mapping of a type, as parkeys or keywords; by default they are proposed.
    """

    references: tuple[Path | Given, ...] = ()
    delete: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    type: str | None = None
    rename: bool = False
    parkey: tuple[str, ...] = ()


class Action(StrEnum):
    """What a new rule does to the mapping."""

    ADDS = "adds"
    REPLACES = "replaces"


@dataclass(frozen=True)
class Source:
    """A file that goes into the cache, as it was when it was looked at.

    Attributes
    ----------
    path : pathlib.Path
        Where it is now, links resolved.
    name : str
        What it is called in the cache.
    size, changed : int
        Bytes, and time of change in ns: by these it is known again when it is copied.
    """

    path: Path
    name: str
    size: int
    changed: int


@dataclass(frozen=True)
class NewRule:
    """The rule that selects a new reference.

    Attributes
    ----------
    source : Source
        The file.
    instrument, type : str
        Upper and lower case.
    mapping : str
        Name of the new ``.rmap``.
    parameters : tuple of Parameter
        What the rule asks for, in the mapping's order: ``value`` as it stands in the rule, ``raw`` as in the header.
    key : tuple of str
        The same, values alone.
    date : str
        The key inside the rule, as written: for most mappings when the file's use begins. Empty where rules hold files.
    action : Action
        Whether an entry is added or one with the same key and date gets another file.
    replaces : str or None
        That entry's file until now.
    line : int or None
        Line of its file in the new mapping, from 1.
    """

    source: Source
    instrument: str
    type: str
    mapping: str
    parameters: tuple[Parameter, ...]
    key: tuple[str, ...]
    date: str
    action: Action
    replaces: str | None = None
    line: int | None = None


@dataclass(frozen=True)
class Deletion:
    """A reference that the new mapping names no more; its file stays, for the contexts before.

    Attributes
    ----------
    reference : str
        File name.
    instrument, type, mapping : str
        The new ``.rmap`` from which it is gone.
    entries : int
        How many there were.
    """

    reference: str
    instrument: str
    type: str
    mapping: str
    entries: int


@dataclass(frozen=True)
class NewMapping:
    """A mapping that the ingest writes.

    Attributes
    ----------
    name : str
        File name.
    derived_from : str
        The mapping that it follows; empty for a first one.
    instrument, type : str
        Empty for a ``.pmap``; an ``.imap`` has no type.
    text : str
        All of it.
    diff : str
        As ``diff -u`` tells it, from the one that it follows.
    sha1 : str
        As it stands in its header.
    """

    name: str
    derived_from: str
    instrument: str
    type: str
    text: str = field(repr=False)
    diff: str = field(repr=False)
    sha1: str


@dataclass(frozen=True)
class Proposal:
    """What an ingest would do. Nothing is written yet.

    Attributes
    ----------
    cache : pathlib.Path
        Top folder of the cache.
    context : str
        The context that the new one follows.
    new_context : str
        Its name; that of the old one where nothing can be done.
    rules : tuple of NewRule
        One for each file whose rule could be told.
    deletions : tuple of Deletion
    mappings : tuple of NewMapping
        The ``.rmap`` files, then the ``.imap`` files, then the ``.pmap``. Empty where a problem stands in the way.
    findings : tuple of Finding
        What is wrong with the files and their rules: errors first. ``place`` names the file, ``cure`` says what to do.
    bases : mapping of str to str
        SHA-1 of the bytes of each mapping that a new one follows: by these a cache that changed meanwhile is noticed.
    called : mapping of str to str
        What each file is called in the cache, by its path as it was given; also of those that have no rule.
    """

    cache: Path
    context: str
    new_context: str
    rules: tuple[NewRule, ...] = ()
    deletions: tuple[Deletion, ...] = ()
    mappings: tuple[NewMapping, ...] = ()
    findings: tuple[Finding, ...] = ()
    bases: Mapping[str, str] = field(default_factory=dict, repr=False)
    called: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def ready(self) -> bool:
        """Whether it can be written: there is something to write, and no error."""
        return bool(self.mappings) and not any(one.severity is Severity.ERROR for one in self.findings)

    @property
    def texts(self) -> dict[str, str]:
        """Text of each new mapping by name."""
        return {one.name: one.text for one in self.mappings}


@dataclass(frozen=True)
class Preview:
    """What a proposal changes.

    Attributes
    ----------
    diff : ContextDiff
        The old context against the proposed one.
    observations : tuple of ChangedSelection
        Those of the given observations whose selection changes.
    asked : int
        How many observations were given.
    """

    diff: ContextDiff
    observations: tuple[ChangedSelection, ...]
    asked: int

    @property
    def loss(self) -> str:
        """A sentence: how many observations would find no file any more, of which types; empty where none would."""
        none = (Status.NOT_FOUND, Status.ERROR)
        lost = [one for one in self.observations if one.new is not None and one.new.status in none]
        kinds = ", ".join(dict.fromkeys(one.type for one in lost))
        return f"{len({one.index for one in lost}):,} would find no {kinds}." if lost else ""


@dataclass(frozen=True)
class Written:
    """What was written.

    Attributes
    ----------
    folder : pathlib.Path
        The new cache.
    context : str
        Its operational context.
    files : tuple of str
        What is new in it, as paths below its folder.
    copied : int
        How many files of the old cache are in it.
    shared : bool
        Whether the file system shares the blocks of old and new files until one of them is written to.
    left_out : tuple of str
        What of the old cache is not in it, and why: a sentence for each.
    """

    folder: Path
    context: str
    files: tuple[str, ...]
    copied: int
    shared: bool
    left_out: tuple[str, ...] = ()
