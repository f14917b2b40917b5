"""A subtraction told: metrics, verdict, curves, tables, and what else the product holds."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from calgui.core.algorithms.exposure import canonical_unit, file_name
from calgui.core.algorithms.known import known, number_of
from calgui.core.algorithms.matching import done_before
from calgui.core.algorithms.noise import thin
from calgui.core.algorithms.registry import Curve, Metric, Result, Table, Verdict
from calgui.core.algorithms.skies.cells import COARSE, BoolArray, Grid
from calgui.core.algorithms.skies.config import ImageSkyConfig
from calgui.core.algorithms.skies.imagesky import Made, Subtracted
from calgui.core.algorithms.skies.levels import level_of, sky_level
from calgui.core.algorithms.skies.moments import in_time, said
from calgui.core.algorithms.skies.rounds import Rounds
from calgui.core.algorithms.skies.sorting import Roles
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame, FrameLike

_UNUSED = np.uint32(flags.DO_NOT_USE | flags.REFERENCE_PIXEL | flags.NON_SCIENCE)
#: noise of what is left over its error, from which on it is doubtful
_RATIO = 1.3
#: what is left in cells of 32 pixels, in noise of a pixel, from which on the sky has another shape
_UNEVEN = 0.2
#: part of the pixels without a sky from which on it is told, and from which on the product is bad
_HOLES, _MANY_HOLES = 0.05, 0.5
#: part of the pixels with sources above which the level may be theirs
_CROWDED = 0.8
#: scales outside are no variation of the sky
_LOW, _HIGH = 0.5, 2.0


def report(roles: Roles, made: Made, config: ImageSkyConfig) -> Result:
    """The result of a subtraction from images.

    Parameters
    ----------
    roles : Roles
        The inputs.
    made : Made
        What was found.
    config : ImageSkyConfig
        What was asked for.

    Returns
    -------
    Result
        The product with planes ``SKY``, what was subtracted, and ``SOURCES``, the mask; with ``output=all`` the other
        science frames as planes ``SCI_2``, ``ERR_2``, ``DQ_2`` and so on, in their order.
    """
    frame, mine = roles.science[roles.product], made.frames[roles.product]
    free = _free(mine)
    metrics = _metrics(frame, mine, made, free)
    bad, notes = _judge(frame, mine, made, metrics)
    verdict: Verdict = "bad" if bad else "doubtful" if notes else "good"
    planes: dict[str, Any] = {"SKY": mine.sky, "SOURCES": mine.fit.mask.astype(np.uint8)}
    for number, index in enumerate([place for place in sorted(made.frames) if place != roles.product], start=2):
        other = made.frames[index]
        planes[f"SCI_{number}"] = other.data
        if other.err is not None:
            planes[f"ERR_{number}"] = other.err
        planes[f"DQ_{number}"] = other.dq
    tables = [_subtracted(roles, made)]
    curves = [_histogram(mine, free, frame.unit)]
    if made.rounds is not None:
        tables.append(frame_table(made.skies, made.rounds, roles.science[0].unit))
        curves.append(level_curve(made.skies, made.rounds, roles.science[0].unit))
    return Result(
        frame=Frame(mine.data, mine.err, mine.dq, dict(frame.header), frame.path),
        metrics=metrics,
        verdict=verdict,
        reasons=(*bad, *notes),
        curves=tuple(curves),
        tables=tuple(tables),
        keywords={
            "S_BKDSUB": ("COMPLETE", "sky subtraction"),
            "SKYMETH": (made.method, "how the sky was subtracted"),
            "SKYSCALE": (mine.fit.scale, "factor that the sky was multiplied by"),
            "SKYOFFS": (mine.fit.offset, f"{_unit_card(frame)}constant subtracted"),
            "SKYLEVEL": (metrics["sky_level"].value, f"{_unit_card(frame)}level of that sky"),
        },
        planes=planes,
    )


def _unit_card(frame: FrameLike) -> str:
    return f"[{frame.unit}] " if frame.unit and len(frame.unit) < 12 else ""


def _free(mine: Subtracted) -> BoolArray:
    """Pixels without sources and flags."""
    made: BoolArray = mine.light & np.isfinite(mine.data) & ~mine.fit.mask & ((mine.dq & _UNUSED) == 0)
    return made


def _metrics(frame: FrameLike, mine: Subtracted, made: Made, free: BoolArray) -> dict[str, Metric]:
    unit = canonical_unit(frame.unit) or frame.unit
    left = sky_level(np.nan_to_num(mine.data), free)
    light = mine.light
    taken = thin(mine.sky, free)
    expected = None if mine.err is None else thin(mine.err, free)
    uneven = _unevenness(mine, free, left.sigma)
    rounds = made.rounds
    return {
        "scale": Metric(mine.fit.scale, "", "What the sky was multiplied by."),
        "scale_error": Metric(mine.fit.scale_error or None, "", "How well that is known."),
        "residual_rms": Metric(
            known(left.sigma), unit, "Noise of the pixels without sources, from what lies below their level."
        ),
        "residual_level": Metric(known(left.value), unit, "Level that is left where there are no sources: about zero."),
        "expected_rms": Metric(
            float(np.median(expected)) if expected is not None and expected.size else None,
            unit,
            "Median error of those pixels: what the noise should be.",
        ),
        "unevenness": Metric(
            uneven, "sigma", "What is left in cells of 32 pixels beyond noise, in noise of a pixel: shape of the sky."
        ),
        "offset": Metric(mine.fit.offset, unit, "Constant that was subtracted beside the scaled sky."),
        "sky_level": Metric(float(np.median(taken)) if taken.size else None, unit, "Median of what was subtracted."),
        "source_fraction": Metric(
            float(np.mean(mine.fit.mask[light])) if light.any() else None,
            "",
            "Part of the pixels that hold light of sources, and were not asked for the level.",
        ),
        "n_holes": Metric(mine.holes, "pixel", "Pixels where no sky was known: sources or flags in all of its frames."),
        "iterations": Metric(len(rounds.news) if rounds else mine.fit.rounds, "", "Rounds of finding sources."),
        "n_skies": Metric(len(made.skies) or 1, "", "Frames that the sky was made of."),
        "age_h": Metric(made.age, "h", "Time between sky and frame."),
        "method": Metric(made.method, "", "How the sky was subtracted."),
        "sky": Metric(made.source, "", "What was subtracted."),
        "science": Metric(file_name(frame), "", "What it was subtracted of."),
    }


def _unevenness(mine: Subtracted, free: BoolArray, sigma: float) -> float | None:
    """Scatter of large cells beyond that of their noise."""
    if not sigma > 0:
        return None
    cells = Grid.of(np.nan_to_num(mine.data), free, -4 * sigma, 4 * sigma, COARSE).means
    known = cells[np.isfinite(cells)]
    if known.size < 16:
        return None
    wide = level_of(known).sigma
    return math.sqrt(max(wide**2 - (sigma / COARSE) ** 2, 0.0)) / sigma


def _judge(
    frame: FrameLike, mine: Subtracted, made: Made, metrics: Mapping[str, Metric]
) -> tuple[list[str], list[str]]:
    bad: list[str] = []
    notes = [*done_before(frame, "S_BKDSUB", "a sky was subtracted from"), *made.notes, *mine.fit.notes]

    def value(name: str) -> float:
        return number_of(metrics[name])

    light = mine.light
    holes = mine.holes / max(int(np.count_nonzero(light)), 1)
    if holes > _MANY_HOLES:
        bad.append(f"For {100 * holes:.0f} % of the pixels no sky is known: sources cover them in all frames.")
    elif holes > _HOLES:
        notes.append(
            f"For {100 * holes:.1f} % of the pixels no sky is known: it is that around them, and they are flagged."
        )
    if value("source_fraction") > _CROWDED:
        notes.append(
            f"Sources cover {100 * value('source_fraction'):.0f} % of the frame: the level of its sky may be theirs in "
            "part. A sky of an empty field with scaling off does not depend on it."
        )
    if value("residual_rms") > _RATIO * value("expected_rms"):
        ratio = value("residual_rms") / value("expected_rms")
        notes.append(
            f"The noise that is left, {value('residual_rms'):.3g}, is {ratio:.2f} times the error ({_RATIO} is the "
            "limit): the sky does not fit, or errors are too small."
        )
    if value("unevenness") > _UNEVEN:
        notes.append(
            f"What is left varies over the field by {value('unevenness'):.2f} sigma of a pixel ({_UNEVEN} is the "
            "limit): the sky had another shape, or the flats differ."
        )
    if made.method == "scaled" and mine.fit.scale_error and not _LOW <= mine.fit.scale <= _HIGH:
        notes.append(
            f"The sky was scaled by {mine.fit.scale:.3g}, which is no variation of airglow: look at units and times."
        )
    return bad, list(dict.fromkeys(notes))


def _subtracted(roles: Roles, made: Made) -> Table:
    rows = []
    for index in sorted(made.frames):
        one, frame = made.frames[index], roles.science[index]
        free = _free(one)
        left = sky_level(np.nan_to_num(one.data), free)
        rows.append(
            (
                file_name(frame),
                said(frame),
                one.fit.scale,
                one.fit.offset,
                float(np.median(thin(one.sky, free))) if free.any() else None,
                known(left.value),
                known(left.sigma),
                one.holes,
            )
        )
    unit = roles.science[0].unit or "unit"
    columns = (
        "File",
        "Date (UTC)",
        "Scale",
        f"Constant ({unit})",
        f"Sky ({unit})",
        f"Left ({unit})",
        f"Noise ({unit})",
        "Holes",
    )
    return Table("Subtracted", columns, tuple(rows))


def frame_table(frames: Sequence[FrameLike], rounds: Rounds, unit: str) -> Table:
    """The frames that a sky was made of.

    Parameters
    ----------
    frames : sequence of FrameLike
        In their order.
    rounds : Rounds
        What was found in them.
    unit : str
        Of the levels.

    Returns
    -------
    Table
    """
    middle = float(np.median(rounds.levels))
    rows = tuple(
        (
            file_name(frame),
            said(frame),
            level,
            error,
            level / middle if middle else None,
            100 * float(mask.mean()),
        )
        for frame, level, error, mask in zip(frames, rounds.levels, rounds.errors, rounds.masks, strict=True)
    )
    columns = ("File", "Date (UTC)", f"Sky ({unit})", f"Error ({unit})", "Sky / median", "Sources (% of the pixels)")
    return Table("Frames of the sky", columns, rows)


def level_curve(frames: Sequence[FrameLike], rounds: Rounds, unit: str) -> Curve:
    """Airglow: the level of the sky against time.

    Parameters
    ----------
    frames : sequence of FrameLike
        In their order.
    rounds : Rounds
        Levels.
    unit : str
        Of the levels.

    Returns
    -------
    Curve
        Minutes since the first frame; the number of the frame where headers do not say when.
    """
    hours, known = in_time(frames)
    order = np.argsort(hours, kind="stable")
    minutes = np.asarray(hours)[order] * (60 if known else 1)
    label = "Time since the first frame (min)" if known else "Frame"
    levels = np.asarray(rounds.levels)[order]
    return Curve(
        "Level of the sky against time",
        label,
        f"Sky ({unit})",
        {"level": (minutes - minutes.min(), levels)},
        points=("level",),
    )


def _histogram(mine: Subtracted, free: BoolArray, unit: str) -> Curve:
    values = thin(mine.data, free)
    if not values.size:
        return Curve("What is left without sources", f"Residual ({unit})", "Pixels", {})
    level = level_of(values[:: max(1, values.size // 100_000)])
    reach = level.sigma if level.sigma > 0 else 1.0
    edges = np.linspace(-8 * reach, 8 * reach, 161)
    counts = np.histogram(values, edges)[0].astype(float)
    lines = {"pixels without sources": (edges, counts)}
    below = np.array([0.5 * math.erfc(-edge / reach / math.sqrt(2)) for edge in edges])
    lines[f"noise, sigma {reach:.3g}"] = (edges, np.diff(below) * values.size)
    return Curve("What is left without sources", f"Residual ({unit})", "Pixels", lines, "histogram")
