"""What a look through a whole cache gives: findings, repeated ones told once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from calgui.core.rules.lint.table import CHECKS
from calgui.core.rules.values import Finding, Place, Severity

_RANK = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}
#: places that one finding lists
MOST_PLACES = 1000


@dataclass(frozen=True)
class LintReport:
    """Everything that was found.

    Attributes
    ----------
    context : str or None
        The context from which the cache was seen; None where it has none.
    findings : tuple of Finding
        Errors first; repeated ones joined, with all their places.
    mappings, references : int
        How many were looked at.
    seconds : float
        How long it took.
    """

    context: str | None
    findings: tuple[Finding, ...]
    mappings: int
    references: int
    seconds: float

    def count(self, severity: Severity) -> int:
        """How many findings there are of a severity."""
        return sum(finding.severity is severity for finding in self.findings)

    @property
    def healthy(self) -> bool:
        """Whether there is no error."""
        return not self.count(Severity.ERROR)


def found(code: str, places: Iterable[Place], message: str, *, cure: str = "", strict: bool = True) -> Finding:
    """A finding of a check in the table.

    Parameters
    ----------
    code : str
        As in the table.
    places : iterable of Place
        At least one.
    message : str
        One sentence.
    cure : str
        Where it is not the table's.
    strict : bool
        Whether the context reaches the place: elsewhere nothing is an error.

    Returns
    -------
    Finding
    """
    check = CHECKS[code]
    all_places = tuple(places)
    severity = check.severity if strict or check.severity is not Severity.ERROR else Severity.WARNING
    return Finding(
        severity,
        code,
        all_places[0].file,
        message,
        cure or check.cure,
        check.why,
        all_places[:MOST_PLACES],
        len(all_places),
    )


def joined(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings told once: those of a kind that the table can say in one sentence become one with a list of places.

    Parameters
    ----------
    findings : iterable of Finding
        In any order.

    Returns
    -------
    tuple of Finding
        Errors first, then in the order of the table, then by place.
    """
    groups: dict[tuple[Severity, str, str], list[Finding]] = {}
    for finding in dict.fromkeys(findings):
        check = CHECKS.get(finding.code)
        alone = "" if check is not None and check.many else f"{finding.place}\n{finding.message}"
        groups.setdefault((finding.severity, finding.code, alone), []).append(finding)
    groups = {key: part for key, group in groups.items() for key, part in _apart(key, group)}
    order = {code: number for number, code in enumerate(CHECKS)}
    told = [_told(group) for group in groups.values()]
    return tuple(
        sorted(told, key=lambda one: (_RANK[one.severity], order.get(one.code, len(order)), one.place, one.message))
    )


def _apart(
    key: tuple[Severity, str, str], group: list[Finding]
) -> Iterator[tuple[tuple[Severity, str, str], list[Finding]]]:
    """A group as it is, or one by one where the table says that so few are told so."""
    check = CHECKS.get(group[0].code)
    if check is None or len(group) > check.few:
        yield key, group
        return
    for number, finding in enumerate(group):
        yield (*key[:2], f"{key[2]}\n{number}"), [finding]


def _told(group: list[Finding]) -> Finding:
    first = group[0]
    check = CHECKS.get(first.code)
    why = first.why or (check.why if check else "")
    places = [place for finding in group for place in _places(finding)]
    count = sum(finding.count or 1 for finding in group)
    cut = tuple(places[:MOST_PLACES])
    if len(group) == 1 or check is None or not check.many:
        return replace(first, why=why, places=cut, count=count)
    message = check.many.format(count=count)
    cures = dict.fromkeys(finding.cure for finding in group)
    cure = next(iter(cures)) if len(cures) == 1 else check.cure
    return Finding(first.severity, first.code, first.place, message, cure, why, cut, count)


def _places(finding: Finding) -> tuple[Place, ...]:
    return finding.places or (Place(finding.place, note=finding.message),)
