"""The user's changes of what is expected of metadata: ranges of keywords, and limits of rules among them."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from calgui.core.algorithms.metadata.facts import Expected, of_calibration
from calgui.core.algorithms.metadata.limits import Limit, limits
from calgui.core.validation.checks import METADATA, Check


@dataclass(frozen=True)
class Changes:
    """What is expected instead of the tables.

    Attributes
    ----------
    expected : mapping of str to Expected
        By keyword.
    limits : mapping of str to Limit
        By rule.
    off : frozenset of str
        Keywords and rules of which nothing is said.
    """

    expected: Mapping[str, Expected] = field(default_factory=dict)
    limits: Mapping[str, Limit] = field(default_factory=dict)
    off: frozenset[str] = frozenset()


def name_of(keyword: str) -> str:
    """A keyword as the name of a check."""
    return keyword.lower().replace("-", "_")


@cache
def bases() -> Mapping[str, Check]:
    """What can be changed, by the names of the checks.

    Returns
    -------
    mapping of str to Check
        One for each keyword of the metadata calibrations, with its range, and one for each rule with limits.
    """
    made = {
        name_of(row.keyword): Check(
            name_of(row.keyword),
            row.keyword,
            keyword=row.keyword,
            doubtful_below=row.usual_low,
            bad_below=row.low,
            doubtful_above=row.usual_high,
            bad_above=row.high,
        )
        for row in of_calibration("all")
    }
    for rule, ends in limits().items():
        made[rule] = Check(
            rule,
            rule,
            figure=f"{METADATA}.{rule}",
            doubtful_below=ends.low_doubtful,
            bad_below=ends.low_bad,
            doubtful_above=ends.doubtful,
            bad_above=ends.bad,
        )
    return made


def changes_of(checks: Sequence[Check]) -> Changes:
    """What checks of a user's table ``metadata`` change.

    Parameters
    ----------
    checks : sequence of Check
        Each of them one of `bases`, changed.

    Returns
    -------
    Changes
    """
    rows = {name_of(row.keyword): row for row in of_calibration("all")}
    expected: dict[str, Expected] = {}
    rules: dict[str, Limit] = {}
    for check in checks:
        if check.keyword:
            row = rows[check.name]
            expected[row.keyword] = dataclasses.replace(
                row,
                need="always" if check.need else row.need,
                low=check.bad_below,
                high=check.bad_above,
                usual_low=check.doubtful_below,
                usual_high=check.doubtful_above,
            )
        elif check.doubtful_above is not None and check.bad_above is not None:
            rules[check.name] = dataclasses.replace(
                limits()[check.name],
                doubtful=check.doubtful_above,
                bad=check.bad_above,
                low_doubtful=check.doubtful_below,
                low_bad=check.bad_below,
            )
    return Changes(expected, rules, frozenset(check.keyword or check.name for check in checks if check.off))
