"""Selections of one or several observations, gathered into one row for each reference type."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from calgui.core.rules.values import Selection, Status
from calgui.views.rules.why.asking import Observation

AS_USED, OTHER, NOT_RECORDED = "as used", "header says", "not recorded"
#: where a header says what kind of exposure it is
_KINDS = ("EXP_TYPE", "REFTYPE", "OBSTYPE", "IMAGETYP")
_UNSAID = {"", "UNDEFINED", "NONE", "NOT FOUND"}


@dataclass(frozen=True)
class Use:
    """Whether a selection is what the header says was used.

    Attributes
    ----------
    verdict : str
        ``as used``, ``header says`` or ``not recorded``.
    recorded : str or None
        What the header says, without ``crds://`` and folder.
    keyword : str or None
        Where it says so: ``R_DARK`` and the like.
    """

    verdict: str
    recorded: str | None = None
    keyword: str | None = None

    @property
    def text(self) -> str:
        """The verdict as shown."""
        return f"{OTHER} {self.recorded}" if self.verdict == OTHER else self.verdict


@dataclass(frozen=True)
class Answer:
    """One answer for a reference type, and the observations that got it.

    Attributes
    ----------
    selection : Selection
        The first of the equal ones.
    members : tuple of int
        Indices of the observations.
    uses : tuple of Use
        One for each member.
    """

    selection: Selection
    members: tuple[int, ...]
    uses: tuple[Use, ...]

    @cached_property
    def use(self) -> str:
        """The verdicts of all members in a few words."""
        if len(set(self.uses)) == 1:
            return self.uses[0].text
        counts = Counter(use.verdict for use in self.uses)
        words = {AS_USED: "as used", OTHER: "other in header", NOT_RECORDED: "not recorded"}
        return ", ".join(f"{counts[verdict]} {word}" for verdict, word in words.items() if counts[verdict])

    @cached_property
    def disagrees(self) -> bool:
        """Whether a header names another file than this."""
        return any(use.verdict == OTHER for use in self.uses)

    @cached_property
    def agrees(self) -> bool:
        """Whether every header names this very file."""
        return all(use.verdict == AS_USED for use in self.uses)


@dataclass(frozen=True)
class TypeRow:
    """One reference type and its different answers, most frequent first.

    Attributes
    ----------
    type : str
        Lower case.
    answers : tuple of Answer
        More than one where the observations differ.
    """

    type: str
    answers: tuple[Answer, ...]


def use_of(selection: Selection, header: Mapping[str, Any], keyword: str | None) -> Use:
    """Hold a selection against what the header says was used.

    Parameters
    ----------
    selection : Selection
        What the rules say.
    header : mapping
        The observation's header, keywords in upper case.
    keyword : str or None
        The keyword that records this type.

    Returns
    -------
    Use
    """
    recorded = str(header.get(keyword, "")).strip() if keyword else ""
    if recorded.upper() in _UNSAID:
        return Use(NOT_RECORDED, None, keyword)
    if recorded.upper() in {"N/A", "CRDS://N/A"}:
        return Use(AS_USED if selection.status is Status.NOT_APPLICABLE else OTHER, "N/A", keyword)
    # "crds://name", "jref$name" and a path all name the same file
    recorded = re.split(r"[$/\\]", recorded)[-1]
    names = {name.strip().casefold() for name in (selection.file or "").split(",")}
    return Use(AS_USED if recorded.casefold() in names else OTHER, recorded, keyword)


def telling(rows: Sequence[TypeRow], header: Mapping[str, Any]) -> tuple[str | None, int]:
    """The reference type, and the observation, that a user would look at first.

    Parameters
    ----------
    rows : sequence of TypeRow
        Of one or several observations.
    header : mapping
        Of the first observation, keywords in upper case.

    Returns
    -------
    type : str or None
        The first one without an answer; else the first where a header names another file; else that of the
        observation itself (``IRIS_DARK``: dark); else the first; None without rows.
    index : int
        The first observation that this is so for.
    """
    wrong = (Status.ERROR, Status.NOT_FOUND)
    own = set(re.split(r"[^a-z0-9]+", " ".join(str(header.get(key) or "") for key in _KINDS).casefold()))
    tests: tuple[Callable[[str, Answer], bool], ...] = (
        lambda _type, answer: answer.selection.status in wrong,
        lambda _type, answer: answer.disagrees,
        lambda type_, _answer: type_ in own,
    )
    for test in tests:
        for row in rows:
            for answer in row.answers:
                if test(row.type, answer):
                    return row.type, answer.members[0]
    return (rows[0].type if rows else None), 0


def _ordered(answers: Sequence[tuple[Selection, ...]]) -> list[str]:
    needed: dict[str, bool] = {}
    for selections in answers:
        for selection in selections:
            asked = selection.status is not Status.NOT_APPLICABLE
            needed[selection.type] = needed.get(selection.type, False) or asked
    return sorted(needed, key=lambda name: (not needed[name], name))


def summarise(
    observations: Sequence[Observation],
    answers: Sequence[tuple[Selection, ...]],
    keyword_of: Callable[[str], str | None],
) -> list[TypeRow]:
    """Gather the selections into one row for each reference type.

    Parameters
    ----------
    observations : sequence of Observation
        The selected files.
    answers : sequence of tuple of Selection
        One tuple for each observation.
    keyword_of : callable
        Reference type -> the keyword that records what was used, or None.

    Returns
    -------
    list of TypeRow
        Those that the rules ask for first, then those that no observation needs.
    """
    types = _ordered(answers)
    members: dict[str, dict[tuple[Status, str | None, str | None], list[int]]] = {name: {} for name in types}
    by_place = [{selection.type: selection for selection in selections} for selections in answers]
    for index, selections in enumerate(by_place):
        for name, selection in selections.items():
            key = (selection.status, selection.file, selection.mapping)
            members[name].setdefault(key, []).append(index)
    rows = []
    for name in types:
        keyword = keyword_of(name)
        groups = sorted(members[name].values(), key=lambda group: (-len(group), group[0]))
        rows.append(
            TypeRow(
                name,
                tuple(
                    Answer(
                        by_place[group[0]][name],
                        tuple(group),
                        tuple(use_of(by_place[i][name], observations[i].header, keyword) for i in group),
                    )
                    for group in groups
                ),
            )
        )
    return rows
