"""Lines through darks of several exposure times, pixel by pixel: counts = dark current x time + glow x reads."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Image = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Line:
    """What is fitted.

    Attributes
    ----------
    rate, rate_error : ndarray of float32
        Dark current and its error, e-/s; NaN where there are too few times.
    glow, glow_error : ndarray of float32 or None
        e- of each read (or of each exposure) and its error; None where it was not fitted.
    chi_square : ndarray of float32
        Per degree of freedom; NaN without one.
    """

    rate: Image
    rate_error: Image
    glow: Image | None
    glow_error: Image | None
    chi_square: Image


def fit_line(
    counts: Sequence[Image], variances: Sequence[Image], seconds: Sequence[float], glows: Sequence[float] | None
) -> Line:
    """Weighted least squares with weights from noise that is known beforehand.

    Parameters
    ----------
    counts : sequence of ndarray of float32
        For each exposure time the mean of its frames, e-; NaN where there is none. One shape.
    variances : sequence of ndarray of float32
        Of these means, e-².
    seconds : sequence of float
        Exposure times.
    glows : sequence of float or None
        What the glow is multiplied by in each: the number of reads, or 1; None for no glow.

    Returns
    -------
    Line
        Of the same shape.
    """
    shape = counts[0].shape
    tt, tg, gg, ty, gy = (np.zeros(shape) for _ in range(5))
    number = np.zeros(shape, np.int32)
    loads = glows if glows is not None else [0.0] * len(seconds)
    for y, variance, t, g in zip(counts, variances, seconds, loads, strict=True):
        known = np.isfinite(y) & (variance > 0)
        weight = np.where(known, 1 / np.where(known, variance, 1), 0.0)
        weighted = weight * np.where(known, y, 0)
        tt += weight * t * t
        ty += weighted * t
        if glows is not None:
            tg += weight * t * g
            gg += weight * g * g
            gy += weighted * g
        number += known
    terms = 1 if glows is None else 2
    with np.errstate(divide="ignore", invalid="ignore"):
        if glows is None:
            rate, glow = ty / tt, np.zeros(shape)
            rate_variance, glow_variance = 1 / tt, None
        else:
            determinant = tt * gg - tg * tg
            # times in proportion to reads cannot tell the two apart
            determinant[determinant <= 1e-9 * tt * gg] = np.nan
            rate = (ty * gg - gy * tg) / determinant
            glow = (gy * tt - ty * tg) / determinant
            rate_variance, glow_variance = gg / determinant, tt / determinant
        lost = number < terms
        rate[lost] = np.nan
        left = np.zeros(shape)
        for y, variance, t, g in zip(counts, variances, seconds, loads, strict=True):
            known = np.isfinite(y) & (variance > 0)
            left += np.where(known, (y - rate * t - glow * g) ** 2 / np.where(known, variance, 1), 0)
        chi_square = np.where(number > terms, left / np.maximum(number - terms, 1), np.nan)
        chi_square[lost] = np.nan
        rate_error = np.sqrt(rate_variance)
        rate_error[lost] = np.nan
    if glow_variance is None:
        return Line(_small(rate), _small(rate_error), None, None, _small(chi_square))
    glow[lost] = np.nan
    return Line(_small(rate), _small(rate_error), _small(glow), _small(np.sqrt(glow_variance)), _small(chi_square))


def _small(values: Floats) -> Image:
    return values.astype(np.float32)
