"""What is reported of any flat: numbers, keywords, the table of its frames, and plots."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.exposure import file_name
from calgui.core.algorithms.flats.combining import Light
from calgui.core.algorithms.flats.config import FlatConfig
from calgui.core.algorithms.flats.flagging import Counts
from calgui.core.algorithms.flats.verdict import lamp_drift
from calgui.core.algorithms.frametable import moment
from calgui.core.algorithms.geometry import Region
from calgui.core.algorithms.noise import MAD_TO_SIGMA, row_quantiles, steps_along_rows, thin
from calgui.core.algorithms.registry import Curve, Metric, Table
from calgui.core.frames.frame import FloatArray

BoolArray = npt.NDArray[np.bool_]
#: errors above so many times their median are those of spoilt pixels
_SPOILT = 5.0
_BINS = 200
#: pixels that are enough for a typical figure
_ENOUGH = 100_000


def typical_error(
    light: Light, flat: FloatArray, err: FloatArray, good: BoolArray, level: float, around: FloatArray | None = None
) -> tuple[float, float | None, float | None]:
    """Typical error of a pixel, what photons and reading leave of it at least, and electrons of one exposure.

    Parameters
    ----------
    light : Light
        What it was made of.
    flat, err : ndarray of float32
        The flat and its error, in one unit.
    good : ndarray of bool
        Pixels that count.
    level : float
        Of this detector, in the unit of the light.
    around : ndarray of float32, optional
        Light of a pixel of response 1, where it is not the level everywhere.

    Returns
    -------
    noise : float
        As a part of the value; NaN where nothing is known.
    limit : float or None
        Likewise.
    electrons : float or None
        In the frame with the most.
    """
    rows = _some_rows(flat)
    used = good[rows]
    relative = err[rows][used] / flat[rows][used]
    relative = relative[np.isfinite(relative)]
    noise = math.nan
    if relative.size:
        # measured errors are right in the mean, and a few pixels are spoilt
        noise = float(relative[relative <= _SPOILT * np.median(relative)].mean(dtype=np.float64))
    limit = None
    if light.noise is not None:
        light_of = np.array([level], np.float32) if around is None else around[rows][used]
        limit = float(np.mean(np.sqrt(light.noise.variance(light_of) + light.noise.off) / light_of, dtype=np.float64))
    times = [light.found.time(frame) for frame in light.found.on]
    counts = [seconds * value for seconds, value in zip(times, light.brightness.levels, strict=True) if seconds]
    return noise, limit, max(counts) if counts else None


def common_metrics(
    light: Light,
    counts: Counts,
    good: BoolArray,
    level: float,
    noise: float,
    limit: float | None,
    electrons: float | None,
) -> dict[str, Metric]:
    """Numbers of any flat.

    Parameters
    ----------
    light, counts, good
        As above.
    level, noise, limit, electrons
        From `typical_error`.

    Returns
    -------
    dict
    """
    pixels = max(counts.pixels, 1)
    flat = light.whole.data
    return {
        "median_before": Metric(level, light.found.unit, "Level of this detector before it was divided."),
        "noise_fraction": Metric(
            None if math.isnan(noise) else noise, "", f"Typical error of a pixel over its value, {light.error}."
        ),
        "noise_limit_fraction": Metric(
            limit, "", "What photons and reading leave of it in a mean of these frames, lamp-off ones too."
        ),
        "noise_over_limit": Metric(
            noise / limit if limit and not math.isnan(noise) else None,
            "",
            "The one over the other: 1 for a mean, 1.16 to 1.25 for a median.",
        ),
        "pixel_scatter_fraction": Metric(_scatter(flat, good), "", "Neighbours differ by it: response and noise."),
        "frame_electrons_e": Metric(electrons, "e-", "Typical electrons of one exposure, in the brightest frame."),
        "lamp_drift_fraction": Metric(lamp_drift(light), "", "Brightest over faintest frame, less 1."),
        "n_frames": Metric(len(light.found.on), "", "Lamp-on frames of this detector."),
        "n_lamp_off": Metric(len(light.found.off), "", "Lamp-off frames of it."),
        "n_no_flat": Metric(counts.no_flat, "pixel", "Pixels that nothing can be divided by: NO_FLAT_FIELD."),
        "n_low": Metric(counts.low, "pixel", "Pixels of low response: LOW_QE."),
        "n_nonlinear": Metric(counts.nonlinear, "pixel", "Pixels in the non-linear range in every frame."),
        "n_saturated": Metric(counts.saturated, "pixel", "Pixels saturated in every frame."),
        "n_unreliable": Metric(counts.unreliable, "pixel", "Pixels of large error: UNRELIABLE_FLAT."),
        "bad_fraction": Metric(counts.no_flat / pixels, "", "Part of the light-sensitive pixels without a flat."),
    }


def _some_rows(plane: FloatArray) -> slice:
    """Evenly spaced rows that are enough for a figure of three digits."""
    return slice(None, None, max(1, plane.size // _ENOUGH))


def _scatter(flat: FloatArray, good: BoolArray) -> float | None:
    """Robust scatter of a pixel against its neighbour in the row, whatever the illumination."""
    part = _some_rows(flat)
    rows, used = flat[part], good[part]
    apart = steps_along_rows(rows, used)
    if not apart.size:
        return None
    middle = np.median(rows[used])
    return float(MAD_TO_SIGMA * np.median(np.abs(apart - np.median(apart))) / math.sqrt(2) / middle)


def common_keywords(light: Light, config: FlatConfig) -> dict[str, tuple[Any, str]]:
    """Keywords of any flat.

    Parameters
    ----------
    light : Light
        What it was made of.
    config : FlatConfig
        How.

    Returns
    -------
    dict
    """
    return {
        "NCOMBINE": (len(light.found.on), "lamp-on frames combined"),
        "COMBMETH": (config.method, "how the samples were combined"),
        "ERRKIND": (light.error, "error measured, propagated or expected"),
        "S_DARK": ("SKIPPED" if light.unlit == "none" else "COMPLETE", "dark subtraction, also by lamp-off frames"),
        "UNLIT": (light.unlit, "what was subtracted: lamp-off, dark or none"),
        "NLAMPOFF": (len(light.found.off), "lamp-off frames combined"),
        "LAMPDRFT": (lamp_drift(light), "brightest over faintest frame, less 1"),
        "LAMP": (str(light.found.on[0].header.get("LAMP") or "UNKNOWN"), "lamp of the flats"),
    }


def frame_table(light: Light, odd: dict[int, str]) -> Table:
    """The exposures, each with its level.

    Parameters
    ----------
    light : Light
        What it was made of.
    odd : dict
        Frames that stand out.

    Returns
    -------
    Table
    """
    unit = light.found.unit
    looks = light.looks or (None,) * len(light.found.on)
    rows: list[tuple[Any, ...]] = [
        (
            file_name(frame),
            "on",
            moment(frame),
            level,
            light.brightness.target / level,
            None if look is None else look.local_shift / light.brightness.target,
            None if look is None else look.outliers,
            odd.get(number, ""),
        )
        for number, (frame, level, look) in enumerate(zip(light.found.on, light.brightness.levels, looks, strict=True))
    ]
    rows += [(file_name(frame), "off", moment(frame), None, None, None, None, "") for frame in light.found.off]
    columns = (
        "File", "Lamp", "Date (UTC)", f"Light of the lamp ({unit})", "Scaled by", "Largest local difference",
        "Outliers beyond 5 sigma", "Remark",
    )  # fmt: skip
    return Table("Frames", columns, tuple(rows), tuple(sorted(odd)))


def curves(flat: FloatArray, good: BoolArray, region: Region) -> tuple[Curve, ...]:
    """Distribution of the pixels, and medians of rows and columns.

    Parameters
    ----------
    flat : ndarray of float32
        Normalised.
    good : ndarray of bool
        Pixels that count.
    region : Region
        Where on the detector.

    Returns
    -------
    tuple of Curve
    """
    values = thin(flat, good)
    if not values.size:
        return ()
    low, high = np.quantile(values, [0.001, 0.999])
    reach = max(float(high - low), 1e-6)
    edges = np.linspace(low - 0.1 * reach, high + 0.1 * reach, _BINS + 1)
    made = [
        Curve(
            "Distribution of the pixels",
            "Flat",
            "Pixels",
            {"pixels": (edges, np.histogram(values, edges)[0].astype(float))},
            "histogram",
        )
    ]
    step = max(1, math.ceil(flat.size / 4_000_000))
    for axis, name, offset in ((0, "Row", region.y), (1, "Column", region.x)):
        rows, used = (flat[:, ::step], good[:, ::step]) if axis == 0 else (flat[::step].T, good[::step].T)
        medians = row_quantiles(np.where(used, rows, np.float32(np.nan)), 0.5)
        made.append(
            Curve(
                f"{name}s",
                f"{name} on the detector (pixel, from 0)",
                "Median of the flat",
                {"median": (np.arange(len(rows)) + offset, medians)},
            )
        )
    return tuple(made)
