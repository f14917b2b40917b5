"""Solutions that were kept to go back to: the options behind each, and what it was worth."""

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from calgui.core.algorithms.positions import parse_positions
from calgui.core.errors import UsageError
from calgui.core.runs.report import RunReport

#: what the names of metrics begin with that a solution is judged by, the first found counts
_JUDGED_BY = ("rms", "cv_rms", "residual")
#: longest text of an option that is told as it is
_SHORT = 24


@dataclass(frozen=True)
class Solution:
    """One of them.

    Attributes
    ----------
    label : str
        By the user.
    made : str
        When, local time, as ``2026-03-11T07:21:05``.
    options : mapping of str to object
        Those that were not as they are by default, as values of JSON.
    metric : str
        Name of the number that it is judged by; empty where there is none.
    value : float or None
        That number.
    unit : str
        Its unit.
    verdict : str
        ``good``, ``doubtful`` or ``bad``.
    inputs : tuple of str
        Names of the files.
    """

    label: str
    made: str
    options: Mapping[str, Any] = field(default_factory=dict)
    metric: str = ""
    value: float | None = None
    unit: str = ""
    verdict: str = "good"
    inputs: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What it was made with, in a line."""
        parts = []
        for name, value in self.options.items():
            shown = _short(value)
            parts.append(f"{name.replace('_', ' ')} {shown}")
        return ", ".join(parts) or "all options at their defaults"

    @property
    def worth(self) -> str:
        """The number that it is judged by, in words; empty where there is none."""
        if self.value is None:
            return ""
        name = self.metric.removesuffix(f"_{self.unit}") if self.unit else self.metric
        return f"{name.replace('_', ' ')} {self.value:.4g} {self.unit}".rstrip()


def _short(value: Any) -> str:
    if isinstance(value, str):
        try:
            places = parse_positions(value, "")
        except UsageError:
            places = ()
        if places:
            return f"{len(places)} place{'s' if len(places) > 1 else ''}"
        return value if len(value) <= _SHORT else f"{value[: _SHORT - 1]}…"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def keep(report: RunReport, options: Mapping[str, Any], label: str, when: dt.datetime) -> Solution:
    """Keep what was found.

    Parameters
    ----------
    report : RunReport
        Of the fit.
    options : mapping of str to object
        Those that are not as they are by default, as values of JSON.
    label : str
        What it is called.
    when : datetime.datetime
        Now.

    Returns
    -------
    Solution
    """
    name = _judged_by(report)
    metric = report.metrics.get(name)
    value = float(metric.value) if metric is not None and isinstance(metric.value, int | float) else None
    return Solution(
        label, when.replace(microsecond=0, tzinfo=None).isoformat(), dict(options), name, value,
        metric.unit if metric is not None else "", report.verdict, tuple(path.name for path in report.inputs),
    )  # fmt: skip


def _judged_by(report: RunReport) -> str:
    numbers = [
        name
        for name, metric in report.metrics.items()
        if isinstance(metric.value, float) and math.isfinite(metric.value)
    ]
    for start in _JUDGED_BY:
        for name in numbers:
            if name.startswith(start):
                return name
    return next((name for name in numbers if "rms" in name), numbers[0] if numbers else "")


def as_value(solution: Solution) -> dict[str, Any]:
    """A solution as a value of JSON.

    Parameters
    ----------
    solution : Solution
        Any.

    Returns
    -------
    dict
    """
    return {**vars(solution), "options": dict(solution.options), "inputs": list(solution.inputs)}


def of_value(value: Any) -> Solution | None:
    """A solution as it was kept.

    Parameters
    ----------
    value : object
        From a file, perhaps damaged.

    Returns
    -------
    Solution or None
        None where it cannot be understood.
    """
    if not isinstance(value, dict) or not isinstance(value.get("label"), str):
        return None
    options, number, inputs = value.get("options"), value.get("value"), value.get("inputs")
    texts = {name: text for name in ("made", "metric", "unit", "verdict") if isinstance(text := value.get(name), str)}
    if texts.get("verdict", "good") not in ("good", "doubtful", "bad"):
        texts.pop("verdict")
    known = None
    if isinstance(number, int | float) and not isinstance(number, bool) and math.isfinite(number):
        known = float(number)
    return Solution(
        value["label"], texts.get("made", ""), dict(options) if isinstance(options, dict) else {},
        texts.get("metric", ""), known, texts.get("unit", ""),
        texts.get("verdict", "good"),
        tuple(str(name) for name in inputs) if isinstance(inputs, list) else (),
    )  # fmt: skip
