"""Metadata of several exposures: how they run over the night, and what changes together."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.exposure import number
from calgui.core.algorithms.metadata.entries import check_entry, clean, numbers_of
from calgui.core.algorithms.metadata.facts import Expected
from calgui.core.algorithms.metadata.limits import Contradiction, held, turned
from calgui.core.algorithms.registry import Curve, Verdict
from calgui.core.algorithms.times import middle_of
from calgui.core.frames.keywordmeaning import meaning_of

_MOST_CURVES = 24
#: a limit is drawn where it is no further from the points than so many times their range
_NEAR = 1.0


@dataclass(frozen=True)
class Trend:
    """One keyword of several exposures over time.

    Attributes
    ----------
    expected : Expected
        What it may be.
    unit : str
    zero : datetime.date
        Hours count from its midnight, UTC.
    hours, values : ndarray of float64, shape (n,)
        In the order of time; of a list the first number.
    which : tuple of int
        Number of the exposure that each point is of.
    verdicts : tuple of str
        Of each point by itself.
    """

    expected: Expected
    unit: str
    zero: dt.date
    hours: npt.NDArray[np.float64]
    values: npt.NDArray[np.float64]
    which: tuple[int, ...]
    verdicts: tuple[Verdict, ...]

    @property
    def keyword(self) -> str:
        """FITS keyword."""
        return self.expected.keyword

    @property
    def limits(self) -> tuple[tuple[str, float], ...]:
        """What is usual and what is possible: name and number, those that are."""
        row = self.expected
        named = (
            ("limit: possible from", row.low),
            ("limit: usual from", None if row.usual_low == row.low else row.usual_low),
            ("limit: usual up to", None if row.usual_high == row.high else row.usual_high),
            ("limit: possible up to", row.high),
        )
        return tuple((name, at) for name, at in named if at is not None)

    def near(self) -> tuple[tuple[str, float], ...]:
        """Limits that points are near to, or beyond: others would press the points into a line."""
        low, high = float(self.values.min()), float(self.values.max())
        room = _NEAR * ((high - low) or 0.05 * abs(high) or 1.0)
        return tuple((name, at) for name, at in self.limits if low - room <= at <= high + room)


def trend(headers: Sequence[Mapping[str, Any]], row: Expected) -> Trend | None:
    """One keyword over time.

    Parameters
    ----------
    headers : sequence of mapping
        One for each exposure, in any order.
    row : Expected
        Of the keyword.

    Returns
    -------
    Trend or None
        None where fewer than two exposures have it with their times.
    """
    return _trend(headers, row, [middle_of(header) for header in headers])


def _trend(headers: Sequence[Mapping[str, Any]], row: Expected, times: Sequence[dt.datetime | None]) -> Trend | None:
    known = [when for when in times if when is not None]
    if len(known) < 2:
        return None
    zero = dt.datetime.combine(min(known).date(), dt.time())
    points: list[tuple[float, int, float, Verdict]] = []
    for number_of, (when, header) in enumerate(zip(times, headers, strict=True)):
        values = numbers_of(header.get(row.keyword)) if when is not None else None
        if when is not None and values:
            verdict = check_entry(row, header).verdict or "good"
            points.append(((when - zero).total_seconds() / 3600, number_of, values[0], verdict))
    if len(points) < 2:
        return None
    points.sort()
    hours, which, series, verdicts = zip(*points, strict=True)
    meaning = meaning_of(row.keyword)
    return Trend(
        row,
        meaning.unit if meaning else "",
        zero.date(),
        np.array(hours),
        np.array(series, np.float64),
        which,
        verdicts,
    )


def trends(headers: Sequence[Mapping[str, Any]], rows: Sequence[Expected]) -> tuple[Curve, ...]:
    """Numbers over the night.

    Parameters
    ----------
    headers : sequence of mapping
        One for each exposure, in any order.
    rows : sequence of Expected
        Those that are followed over the night are shown.

    Returns
    -------
    tuple of Curve
        One for each keyword that two exposures or more have with their times; of a list the first number. Hours count
        from the midnight (UTC) before the first of them. Doubtful and bad points are lines of their own, and so is each
        limit that points are near to.
    """
    times = [middle_of(header) for header in headers]
    made: list[Curve] = []
    for row in rows:
        if not row.trend or len(made) == _MOST_CURVES:
            continue
        one = _trend(headers, row, times)
        if one is None:
            continue
        unit = f" ({one.unit})" if one.unit else ""
        lines = {row.keyword: (one.hours, one.values)}
        for verdict in ("doubtful", "bad"):
            those = np.array([each == verdict for each in one.verdicts])
            if those.any():
                lines[verdict] = (one.hours[those], one.values[those])
        points = tuple(lines)
        ends = np.array([one.hours[0], one.hours[-1]])
        lines |= {name: (ends, np.full(2, at)) for name, at in one.near()}
        made.append(
            Curve(
                f"{row.keyword} over the night",
                f"Hours of {one.zero.isoformat()} (UTC)",
                f"{row.keyword}{unit}",
                lines,
                points=points,
            )
        )
    return tuple(made)


def check_together(headers: Sequence[Mapping[str, Any]], names: Sequence[str]) -> list[Contradiction]:
    """Whether exposures of a night fit together.

    Parameters
    ----------
    headers : sequence of mapping
        One for each exposure.
    names : sequence of str
        Of the files.

    Returns
    -------
    list of Contradiction
        See `_pupil` and `_detectors`.
    """
    return [*_pupil(headers, names), *_detectors(headers, names)]


def _detectors(headers: Sequence[Mapping[str, Any]], names: Sequence[str]) -> list[Contradiction]:
    """Whether one detector, read in one way, keeps its gain and its read noise over the night."""
    made: list[Contradiction] = []
    first: dict[tuple[str, ...], tuple[float, str]] = {}
    for header, name in zip(headers, names, strict=True):
        for keyword in ("GAIN", "READNOIS"):
            value = number(header, keyword)
            mode = tuple(str(header.get(key) or "").strip().upper() for key in ("DETECTOR", "READMODE", "SAMPMODE"))
            if value is None or value <= 0 or not mode[0]:
                continue
            before, where = first.setdefault((keyword, *mode), (value, name))
            if value == before:
                continue
            said = f"{keyword} of {clean(mode[0], 24)} is {value:g} in {name}, but {before:g} in {where}: a fraction of"
            cure = "Look at what the detector's readout wrote."
            made += held("same_detector", (keyword, "DETECTOR"), abs(value - before) / before, said, cure)
    return made


def _pupil(headers: Sequence[Mapping[str, Any]], names: Sequence[str]) -> list[Contradiction]:
    """Whether the pupil turns as the parallactic angle does.

    With a field that does not turn on the detector (PA the same) it turns by the change of PARANG, in one sense or the
    other.
    """
    known = []
    for header, name in zip(headers, names, strict=True):
        when, pupil, angle = middle_of(header), number(header, "PROTANG"), number(header, "PARANG")
        if when is not None and pupil is not None and angle is not None:
            known.append((when, name, pupil, angle, number(header, "PA")))
    known.sort(key=lambda one: one[0])
    made: list[Contradiction] = []
    for (_, first, pupil, angle, field), (_, second, later, next_angle, other) in pairwise(known):
        if field != other:
            continue
        turn, by = turned(later - pupil), turned(next_angle - angle)
        away = min(abs(turned(turn - by)), abs(turned(turn + by)))
        said = (
            f"From {first} to {second} PARANG changes by {by:.2f} deg, but PROTANG by {turn:.2f} deg "
            f"with the same PA: in "
            f"size they differ by"
        )
        made += held(
            "pupil_rotation", ("PROTANG", "PARANG", "PA"), away, said, "Look whether the rotator followed the field."
        )
    return made
