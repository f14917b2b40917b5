"""The values that the rules part gives out: selections, traces, findings, the tree. Plain data, no crds objects.

Window, command line and reports render these same values.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


class Status(StrEnum):
    """How the selection for one reference type ended."""

    SELECTED = "selected"
    NOT_APPLICABLE = "not-applicable"
    NOT_FOUND = "not-found"
    ERROR = "error"


class Trust(StrEnum):
    """What is known of a file behind a reference's name."""

    OK = "ok"
    UNCHECKED = "unchecked"
    MISSING = "missing"
    LFS_POINTER = "lfs-pointer"
    CORRUPT = "corrupt"
    CHECKSUM_MISMATCH = "checksum-mismatch"


class Outcome(StrEnum):
    """What became of one cell of the matrix: one rule against one parameter."""

    MATCH = "match"
    WILDCARD = "wildcard"
    NOT_APPLICABLE = "not-applicable"
    VALUE_NOT_APPLICABLE = "value-not-applicable"
    MISMATCH = "mismatch"
    REFUSED = "refused"
    MISSING = "missing"


class Fate(StrEnum):
    """What became of a whole rule."""

    WINNER = "winner"
    OUTRANKED = "outranked"
    ELIMINATED = "eliminated"
    MERGED = "merged"
    NO_DATE = "no-date"


@dataclass(frozen=True)
class Selection:
    """The answer for one reference type and one header.

    Attributes
    ----------
    type : str
        Reference type, lower case, as crds gives it.
    status : Status
        How it ended.
    file : str or None
        Name of the selected file; for ties of plain files the names joined by a comma.
    path : pathlib.Path or None
        Where it is, or would be, in the cache.
    trust : Trust or None
        What is known of that file; None where no file was selected.
    mapping : str or None
        The ``.rmap`` that decided.
    message : str or None
        For not-found and error: one sentence that a person understands.
    """

    type: str
    status: Status
    file: str | None = None
    path: Path | None = None
    trust: Trust | None = None
    mapping: str | None = None
    message: str | None = None

    def saying(self, message: str) -> "Selection":
        """The same with another message; a quarter of the time of making one, where ten thousands are made.

        Parameters
        ----------
        message : str
            One sentence.

        Returns
        -------
        Selection
        """
        made = object.__new__(Selection)
        made.__dict__.update(self.__dict__, message=message)
        return made


@dataclass(frozen=True)
class Parameter:
    """One parameter that a mapping asks the header for.

    Attributes
    ----------
    name : str
        Parkey, upper case.
    keyword : str or None
        FITS keyword, where the observatory's table knows one.
    value : str
        As crds sees it after normalising and substituting; ``UNDEFINED`` where the header lacks it.
    raw : str or None
        As it stands in the header; None where the header lacks it.
    """

    name: str
    keyword: str | None
    value: str
    raw: str | None


@dataclass(frozen=True)
class Cell:
    """One rule against one parameter.

    Attributes
    ----------
    parameter : str
        Parkey.
    rule : str
        What the rule asks for, as written.
    value : str
        What the header says, as crds sees it.
    outcome : Outcome
        What came of it.
    substituted : str or None
        What the rule's text was replaced by before matching (``GENERIC`` by ``N/A``); None where it was not.
    """

    parameter: str
    rule: str
    value: str
    outcome: Outcome
    substituted: str | None = None


@dataclass(frozen=True)
class DateVerdict:
    """One entry of the selector inside a rule: a date (or version, or number) and its file.

    Attributes
    ----------
    date : str
        The key as written.
    file : str
        What it selects.
    chosen : bool
        Whether it was chosen.
    reason : str
        In a few words, why or why not: ``latest before the observation``, ``after the observation``, ...
    """

    date: str
    file: str
    chosen: bool
    reason: str = ""


@dataclass(frozen=True)
class Rule:
    """One rule of a mapping, and what became of it.

    Attributes
    ----------
    key : tuple of str
        As written, one text for each parameter.
    fate : Fate
        What became of it.
    weight : int
        Number of parameters that matched, wildcards included; for an eliminated rule those that would count.
    cells : tuple of Cell
        One for each parameter.
    dates : tuple of DateVerdict
        What the rule holds, in the mapping's order.
    line : int or None
        Line of the rule in the mapping's text, from 1.
    """

    key: tuple[str, ...]
    fate: Fate
    weight: int
    cells: tuple[Cell, ...]
    dates: tuple[DateVerdict, ...]
    line: int | None = None


@dataclass(frozen=True)
class Change:
    """One change of a header parameter.

    Attributes
    ----------
    parameter : str
        Parkey.
    before, after : str
        Value now and value needed.
    """

    parameter: str
    before: str
    after: str


@dataclass(frozen=True)
class NearMiss:
    """The fewest header changes that would select another file.

    Attributes
    ----------
    file : str
        The file.
    changes : tuple of Change
        Proved by applying them.
    """

    file: str
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Trace:
    """Why a mapping selected what it did, for one header.

    Attributes
    ----------
    context, mapping, type : str
        Names of the ``.pmap`` and ``.rmap``, and the reference type in lower case.
    status : Status
        As in the selection.
    selected : str or None
        The file.
    message : str or None
        One sentence: for not-found which parameter killed the last candidates and which values would do.
    parameters : tuple of Parameter
        The columns, in the mapping's order; then those of the date selector.
    rules : tuple of Rule
        Nearest first: winner, merged, no date, outranked, then eliminated by number of mismatches.
    near_misses : tuple of NearMiss
        Other files of the mapping, fewest changes first.
    """

    context: str
    mapping: str | None
    type: str
    status: Status
    selected: str | None
    message: str | None
    parameters: tuple[Parameter, ...] = ()
    rules: tuple[Rule, ...] = ()
    near_misses: tuple[NearMiss, ...] = ()


class Severity(StrEnum):
    """How much a finding matters."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True)
class Place:
    """Where in a cache something is: enough for a click to lead there.

    Attributes
    ----------
    file : str
        File name of the mapping, reference or configuration file.
    line : int or None
        Line in its text, from 1.
    rule : tuple of str
        Key of the rule as written, one text for each parameter; empty where no rule is meant.
    date : str or None
        Key of the entry inside the rule, as written.
    reference : str or None
        The reference file that this entry selects, where ``file`` is a mapping.
    note : str
        What is to be said of this very place.
    header : tuple of (str, str)
        An observation that shows it: parkey and value.
    """

    file: str
    line: int | None = None
    rule: tuple[str, ...] = ()
    date: str | None = None
    reference: str | None = None
    note: str = ""
    header: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Finding:
    """One defect of a cache, at the place that it concerns.

    Attributes
    ----------
    severity : Severity
        How much it matters.
    code : str
        Short stable name: ``sha1``, ``name``, ``missing-mapping``, ``lfs-pointer``, ...
    place : str
        File name of the mapping, reference or configuration file concerned.
    message : str
        One sentence: what is wrong and what that means.
    cure : str
        One sentence: what to do.
    why : str
        Why it matters; given by `lint` only.
    places : tuple of Place
        Where exactly, where that is more than a file; the first one in ``place``. Long lists are cut, see ``count``.
    count : int
        How many places there are, those that are cut included; 0 where there are no ``places``.
    """

    severity: Severity
    code: str
    place: str
    message: str
    cure: str = ""
    why: str = ""
    places: tuple[Place, ...] = ()
    count: int = 0


@dataclass(frozen=True)
class Node:
    """One node of the tree: context > instrument > type > rule > date > file.

    Attributes
    ----------
    kind : str
        ``cache``, ``context``, ``instrument``, ``type``, ``rule``, ``date``, ``file``, ``unreached`` (the branch
        of what no mapping of the context names) or ``mapping``/``reference`` under it.
    label : str
        As shown.
    file : str or None
        Name of the mapping or reference that the node stands for.
    mapping : str or None
        Name of the mapping whose text contains the node.
    line : int or None
        Line in that text, from 1.
    trust : Trust or None
        For references.
    findings : tuple of Finding
        Defects of this very node.
    children : tuple of Node
    """

    kind: str
    label: str
    file: str | None = None
    mapping: str | None = None
    line: int | None = None
    trust: Trust | None = None
    findings: tuple[Finding, ...] = ()
    children: tuple["Node", ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class MappingInfo:
    """The text and header of one mapping file.

    Attributes
    ----------
    name : str
        File name.
    path : pathlib.Path
        Where it is.
    text : str
        As it stands, undecodable bytes replaced.
    header : mapping of str to object
        Read with ``ast``, never executed; empty where it cannot be parsed.
    sha1_stated, sha1_actual : str or None
        Checksum in the header, and as crds computes it.
    findings : tuple of Finding
    """

    name: str
    path: Path
    text: str
    header: Mapping[str, object]
    sha1_stated: str | None
    sha1_actual: str | None
    findings: tuple[Finding, ...] = ()
