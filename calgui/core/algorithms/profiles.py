"""Diagnostics of an image to plot: histogram with its robust width, medians and spreads of rows and columns."""

import math

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.noise import MAD_TO_SIGMA, row_quantiles
from calgui.core.algorithms.registry import Curve
from calgui.core.frames.frame import FloatArray
from calgui.core.jobs import Job

BoolArray = npt.NDArray[np.bool_]

#: pixels that are enough for the histogram and for the profile across long rows
_ENOUGH = 4_000_000


def histogram(image: FloatArray, good: BoolArray, level: float, sigma: float, unit: str, factor: float) -> Curve:
    """Histogram of the good pixels around their level, beside the normal distribution of the robust width.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        NaN is left out.
    good : ndarray of bool
        Pixels that count.
    level, sigma : float
        Median and robust sigma, in ``unit``.
    unit : str
        Of the axis.
    factor : float
        From the image's unit to ``unit``.

    Returns
    -------
    Curve
        Edges and counts: ``pixels`` and ``noise``.
    """
    step = max(1, math.ceil(image.shape[0] * image.shape[1] / _ENOUGH))
    values = image[::step][good[::step]] * np.float32(factor)
    values = values[np.isfinite(values)]
    reach = sigma if sigma > 0 else max(abs(level), 1.0) * 0.1
    edges = np.linspace(level - 8 * reach, level + 16 * reach, 241)
    counts = np.histogram(values, edges)[0] * step
    lines = {"pixels": (edges, counts.astype(float))}
    if sigma > 0:
        below = np.array([0.5 * math.erfc(-(edge - level) / sigma / math.sqrt(2)) for edge in edges])
        lines[f"noise, sigma {sigma:.3g} {unit}"] = (edges, np.diff(below) * values.size * step)
    return Curve("Distribution of the pixels", f"Dark current ({unit})", "Pixels", lines, "histogram")


def profiles(
    image: FloatArray, good: BoolArray, offset: tuple[int, int], unit: str, factor: float, job: Job
) -> tuple[Curve, Curve]:
    """Median and spread of each row and of each column.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        NaN is left out.
    good : ndarray of bool
        Pixels that count.
    offset : tuple of int
        First row and column on the detector, from 0.
    unit : str
        Of the axis.
    factor : float
        From the image's unit to ``unit``.
    job : Job
        Cancel.

    Returns
    -------
    tuple of Curve
        Rows, then columns: lines ``median`` and ``sigma``; NaN where no pixel counts.
    """
    made = []
    for axis, name in ((0, "Row"), (1, "Column")):
        length = image.shape[axis]
        medians, sigmas = np.full(length, np.nan), np.full(length, np.nan)
        step = max(1, math.ceil(image.shape[0] * image.shape[1] / _ENOUGH))
        lines = 64
        for start in range(0, length, lines):
            job.check()
            stop = min(start + lines, length)
            if axis == 0:
                part, use = image[start:stop, ::step], good[start:stop, ::step]
            else:
                part, use = image[::step, start:stop].T, good[::step, start:stop].T
            values = np.where(use, part, np.float32(np.nan))
            medians[start:stop], sigmas[start:stop] = _along(values)
        place = np.arange(length) + offset[axis]
        made.append(
            Curve(
                f"{name}s",
                f"{name} on the detector (pixel, from 0)",
                f"Dark current ({unit})",
                {"median": (place, medians * factor), "sigma": (place, sigmas * factor)},
            )
        )
    return made[0], made[1]


def _along(values: FloatArray) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Median and robust sigma of each line; those without a value are NaN."""
    medians = row_quantiles(values, 0.5)
    with np.errstate(invalid="ignore"):
        sigmas = MAD_TO_SIGMA * row_quantiles(np.abs(values - medians[:, None]), 0.5)
    return medians, sigmas
