"""Checks held against what was found: one verdict each, and the sentence behind it."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from calgui.core.algorithms.exposure import number
from calgui.core.algorithms.metadata.entries import clean
from calgui.core.algorithms.metadata.facts import arm
from calgui.core.algorithms.registry import Metric, Verdict
from calgui.core.validation.checks import Check

#: what LAMP says where none was on
_UNLIT = frozenset({"", "NONE", "OFF", "N/A"})
#: a figure is beyond a limit where it is so by this many of its errors
ERRORS = 2.0


@dataclass(frozen=True)
class Said:
    """What a check says of a file.

    Attributes
    ----------
    check : str
        Its name.
    title : str
        What was looked at.
    verdict : str
        ``good``, ``doubtful``, ``bad``; ``unknown`` where it could not be looked at.
    value : float, int, str or None
        What was found.
    unit : str
    threshold : float or None
        The limit that it is beyond.
    text : str
        A sentence with number, threshold and cure; empty where it is good.
    look : str
        Which picture to look at.
    error : float or None
        One sigma of the value, where it is known.
    """

    check: str
    title: str
    verdict: Literal["good", "doubtful", "bad", "unknown"]
    value: float | int | str | None = None
    unit: str = ""
    threshold: float | None = None
    text: str = ""
    look: str = ""
    error: float | None = None

    @property
    def sentence(self) -> str:
        """The text, and where to look."""
        return f"{self.text} Look at {self.look}." if self.text and self.look else self.text


def applies(check: Check, header: Mapping[str, Any], *, is_reference: bool) -> bool:
    """Whether a check is for a file.

    Parameters
    ----------
    check : Check
    header : mapping
        Of the file.
    is_reference : bool
        Whether the file is a reference, and no exposure.

    Returns
    -------
    bool
    """
    if check.of and check.of != ("reference" if is_reference else "exposure"):
        return False
    if check.when and header.get(check.when) in (None, ""):
        return False
    if check.arm and (arm(header) or check.arm) != check.arm:
        return False
    return not (check.lit and is_unlit(header))


def is_unlit(header: Mapping[str, Any]) -> bool:
    """Whether LAMP says that no lamp was on."""
    return "LAMP" in header and str(header["LAMP"] or "").strip().upper() in _UNLIT


def judge(
    checks: Sequence[Check],
    figures: Mapping[str, Metric],
    header: Mapping[str, Any],
    extensions: Collection[str],
    *,
    is_reference: bool,
    details: Mapping[str, str] | None = None,
) -> tuple[Said, ...]:
    """Hold checks against a file.

    Parameters
    ----------
    checks : sequence of Check
    figures : mapping of str to Metric
        What was measured; of the comparison as ``against.NAME``.
    header : mapping
    extensions : collection of str
        EXTNAMEs, upper case.
    is_reference : bool
        Whether the file is a reference, and no exposure.
    details : mapping of str to str, optional
        Figure to a sentence more that belongs to it, such as where something is instead.

    Returns
    -------
    tuple of Said
        One for each check that is for such a file.
    """
    made: list[Said] = []
    for check in checks:
        if not applies(check, header, is_reference=is_reference):
            continue
        if check.extension:
            made.append(_extension(check, extensions))
        elif check.keyword:
            if check.need or str(header.get(check.keyword) or "").strip():
                made.append(_keyword(check, header, figures))
        else:
            figure = figures.get(check.figure)
            if figure is None and "." in check.figure:
                continue  # that nothing was compared or measured is told once, not by each check
            error = _error(check, figures, header)
            made.append(_number(check, figure, error, (details or {}).get(check.figure, "")))
    return tuple(made)


def worst(said: Sequence[Said]) -> Verdict:
    """The verdict of all checks: that of the worst."""
    found = {one.verdict for one in said}
    return "bad" if "bad" in found else "doubtful" if "doubtful" in found else "good"


def _extension(check: Check, extensions: Collection[str]) -> Said:
    if check.extension in extensions:
        return Said(check.name, check.title, "good", check.extension)
    listed = ", ".join(sorted(clean(name, 24) for name in extensions if name)[:8]) or "none"
    text = f"{check.title}: there is no extension {check.extension}; there are {listed}. {check.cure}".strip()
    return Said(check.name, check.title, check.verdict, None, text=text, look=check.look)


def _keyword(check: Check, header: Mapping[str, Any], figures: Mapping[str, Metric]) -> Said:
    value = header.get(check.keyword)
    shown = clean(str(value).strip()) if value is not None else ""
    if not shown:
        text = f"{check.keyword} is missing: {check.title}. {check.cure}".strip()
        return Said(check.name, check.title, check.verdict, None, text=text, look=check.look)
    # a reference of several, as in "IRIS1|IFS", must have each of them among the allowed
    if check.allowed and not set(shown.upper().split("|")) <= set(check.allowed):
        listed = ", ".join(check.allowed[:10])
        text = f"{check.keyword} is {shown!r}, not {listed}: {check.title}. {check.cure}".strip()
        return Said(check.name, check.title, check.verdict, shown, text=text, look=check.look)
    if shown.upper() in check.refused:
        text = f"{check.keyword} is {shown!r}: {check.title}. {check.cure}".strip()
        return Said(check.name, check.title, check.verdict, shown, text=text, look=check.look)
    if not _has_limits(check):
        return Said(check.name, check.title, "good", shown)
    found = number(header, check.keyword)
    if found is None:
        text = f"{check.keyword} is {shown!r}, where a number belongs: {check.title}. {check.cure}".strip()
        return Said(check.name, check.title, "doubtful", shown, text=text, look=check.look)
    return _number(check, Metric(found, ""), _error(check, figures, header))


def _has_limits(check: Check) -> bool:
    limits = (check.doubtful_below, check.bad_below, check.doubtful_above, check.bad_above)
    return any(limit is not None for limit in limits)


def _error(check: Check, figures: Mapping[str, Metric], header: Mapping[str, Any]) -> float | None:
    """One sigma of what is looked at: another figure, or a keyword; None where it is not known."""
    if not check.error:
        return None
    value = figures[check.error].value if check.error in figures else number(header, check.error)
    known = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0
    return float(value) if known and value is not None else None


def _number(check: Check, figure: Metric | None, error: float | None = None, detail: str = "") -> Said:
    value = None if figure is None else figure.value
    if figure is None or not isinstance(value, int | float) or not math.isfinite(value):
        return Said(check.name, check.title, "unknown")
    unit = clean(figure.unit, 24)
    told = f" {unit}" if unit and unit != "1" else ""
    shown = f"{value:.4g}" if error is None else f"{value:.4g} ± {error:.2g}"
    within = ""
    for verdict, below, limit in (
        ("bad", True, check.bad_below),
        ("bad", False, check.bad_above),
        ("doubtful", True, check.doubtful_below),
        ("doubtful", False, check.doubtful_above),
    ):
        if limit is None or not (value < limit if below else value > limit):
            continue
        way = "below" if below else "above"
        if error is not None and abs(value - limit) <= ERRORS * error:
            within = f"{check.title} is {shown}{told}: {way} {limit:g}{told} by no more than {ERRORS:g} of its errors."
            continue
        sure = "" if error is None else f" by more than {ERRORS:g} of its errors"
        text = f"{check.title} is {shown}{told}, {way} {limit:g}{told}{sure}. {detail}".strip()
        text = f"{text} {check.cure}".strip()
        return Said(
            check.name, check.title, "bad" if verdict == "bad" else "doubtful", value, unit, limit, text, check.look,
            error,
        )  # fmt: skip
    return Said(check.name, check.title, "good", value, unit, None, within, error=error)
