"""Metadata of several exposures: how they run over the night, and what changes together."""

import datetime as dt
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from calgui.core.algorithms.exposure import number
from calgui.core.algorithms.metadata.entries import clean, numbers_of
from calgui.core.algorithms.metadata.facts import Expected
from calgui.core.algorithms.metadata.limits import Contradiction, held, turned
from calgui.core.algorithms.registry import Curve
from calgui.core.algorithms.times import middle_of
from calgui.core.frames.keywordmeaning import meaning_of

_MOST_CURVES = 24


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
        from the midnight (UTC) before the first of them.
    """
    times = [middle_of(header) for header in headers]
    known = [when for when in times if when is not None]
    if len(known) < 2:
        return ()
    zero = dt.datetime.combine(min(known).date(), dt.time())
    made: list[Curve] = []
    for row in rows:
        if not row.trend or len(made) == _MOST_CURVES:
            continue
        points = []
        for when, header in zip(times, headers, strict=True):
            values = numbers_of(header.get(row.keyword))
            if when is not None and values:
                points.append(((when - zero).total_seconds() / 3600, values[0]))
        if len(points) < 2:
            continue
        points.sort()
        hours, series = (np.array(column, np.float64) for column in zip(*points, strict=True))
        meaning = meaning_of(row.keyword)
        unit = f" ({meaning.unit})" if meaning and meaning.unit else ""
        made.append(
            Curve(
                f"{row.keyword} over the night",
                f"Hours of {zero.date().isoformat()} (UTC)",
                f"{row.keyword}{unit}",
                {row.keyword: (hours, series)},
                points=(row.keyword,),
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
