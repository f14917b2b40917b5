"""From the shifts of features to one for each spectrum, along the spectrum, and over the field."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

#: what the centre of a line is never better than, in pixels
FLOOR = 0.004
_ROUNDS = 8
#: features that a spectrum needs for a shift, and those that a change along it needs
FEWEST, FOR_SLOPE = 1, 4


@dataclass(frozen=True)
class Combined:
    """Shifts of a sky against a solution, in pixels along rising wavelength.

    Attributes
    ----------
    used : ndarray of bool, shape (n, f)
        Features that count.
    each, each_error : ndarray of float64, shape (n,)
        Of each spectrum; NaN where none of its features counts.
    count : ndarray of int, shape (n,)
        How many do.
    shift, error, scatter : float
        Of all, its error, and the scatter of the features of one spectrum about its own shift.
    along, along_error : float
        Change from one end of the spectrum to the other; NaN where features are too few.
    line, line_error : ndarray of float64, shape (f,)
        Of each feature over all spectra.
    across : tuple of float
        Change from one side of the field to the other along columns and rows; NaN without a field.
    across_error : float
        Of either.
    """

    used: Bools
    each: Floats
    each_error: Floats
    count: npt.NDArray[np.int64]
    shift: float
    error: float
    scatter: float
    along: float
    along_error: float
    line: Floats
    line_error: Floats
    across: tuple[float, float]
    across_error: float


def combine(
    shift: Floats, error: Floats, doubt: Floats, centre: Floats, pixels: int, clip: float,
    place: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]] | None,
) -> Combined:  # fmt: skip
    """Combine the shifts of features.

    Parameters
    ----------
    shift, error, centre : ndarray of float64, shape (n, f)
        Of each feature of each spectrum, in pixels; NaN where it was not measured.
    doubt : ndarray of float64, shape (f,)
        What each may be off by everywhere, in pixels.
    pixels : int
        Of a spectrum.
    clip : float
        Sigma from which a feature of a spectrum is rejected.
    place : tuple of two ndarray of int, or None
        Row and column of each spectrum.

    Returns
    -------
    Combined

    Notes
    -----
    Errors of features are those of photons, of their composition, and of what they scatter beyond that. The composition
    is the same in all spectra, so that it is averaged over features alone.
    """
    own = np.hypot(error, FLOOR)
    total = np.hypot(own, doubt[None])
    known = np.isfinite(shift)
    u = 2 * centre / (pixels - 1) - 1
    used = known.copy()
    extra = 0.0
    each = np.full(len(shift), np.nan)
    spread = 0.0
    for _ in range(_ROUNDS):
        weight = np.where(used, 1 / (total**2 + extra**2), 0)
        each = _mean(shift, weight)
        # a change along the spectrum, the same on all, is no scatter
        away = u - _mean(u, weight)[:, None]
        left = np.where(known, shift - each[:, None], np.nan)
        power = float(np.sum(np.where(used, weight * away**2, 0)))
        if np.count_nonzero(used) >= FOR_SLOPE and power > 0:
            left = left - away * float(np.sum(np.where(used, weight * away * left, 0))) / power
        spread = 1.4826 * float(np.nanmedian(np.abs(np.where(used, left, np.nan)))) if used.any() else 0.0
        free = max(1.0 - len(each) / max(int(np.count_nonzero(used)), 1), 0.1)
        spread = spread / float(np.sqrt(free))
        typical = float(np.sqrt(np.median(total[used] ** 2))) if used.any() else 0.0
        extra = float(np.sqrt(max(spread**2 - typical**2, 0.0)))
        kept = known & (np.abs(left) <= clip * np.sqrt(total**2 + extra**2))
        if np.array_equal(kept, used):
            break
        used = kept
    weight = np.where(used, 1 / (total**2 + extra**2), 0)
    each = _mean(shift, weight)
    sums = weight.sum(axis=1)
    each_error = np.where(sums > 0, 1 / np.sqrt(np.maximum(sums, 1e-300)), np.nan)
    photon = np.where(used, 1 / own**2, 0)
    line = _mean(shift.T, photon.T)
    of_photons = np.where(photon.sum(axis=0) > 0, 1 / np.sqrt(np.maximum(photon.sum(axis=0), 1e-300)), np.nan)
    line_error = np.sqrt(of_photons**2 + doubt**2 + extra**2)
    whole, whole_error, along, along_error = _along(line, line_error, _mean(u.T, photon.T))
    across, across_error = _across(each, each_error, place)
    return Combined(
        used, each, each_error, np.count_nonzero(used, axis=1), whole, whole_error, spread if used.any() else np.nan,
        along, along_error, line, np.where(np.isfinite(line), line_error, np.nan), across, across_error,
    )  # fmt: skip


def _mean(values: Floats, weight: Floats) -> Floats:
    """Weighted mean of each row."""
    sums = weight.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.sum(np.where(weight > 0, values, 0) * weight, axis=1) / sums, np.float64)


def _along(line: Floats, error: Floats, u: Floats) -> tuple[float, float, float, float]:
    """Shift of all features and its error; change from end to end and its error."""
    good = np.isfinite(line) & np.isfinite(error) & np.isfinite(u)
    if not good.any():
        return np.nan, np.nan, np.nan, np.nan
    value, sigma, at = line[good], error[good], u[good]
    weight = 1 / sigma**2
    mean = float(np.sum(weight * value) / weight.sum())
    chi = float(np.sqrt(np.sum(weight * (value - mean) ** 2) / max(len(value) - 1, 1)))
    mean_error = float(1 / np.sqrt(weight.sum())) * max(chi, 1.0)
    if len(value) < FOR_SLOPE or np.ptp(at) < 0.3:
        return mean, mean_error, np.nan, np.nan
    design = np.column_stack([np.ones(len(at)), at]) / sigma[:, None]
    solved, *_ = np.linalg.lstsq(design, value / sigma, rcond=None)
    covariance = np.linalg.inv(design.T @ design)
    rest = value / sigma - design @ solved
    scale = max(1.0, float(np.sqrt(np.sum(rest**2) / max(len(value) - 2, 1))))
    slope, slope_error = 2 * float(solved[1]), 2 * float(np.sqrt(covariance[1, 1])) * scale
    # what changes along the spectrum is no error of the mean
    return mean, min(mean_error, float(1 / np.sqrt(weight.sum())) * scale), slope, slope_error


def _across(
    each: Floats, error: Floats, place: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]] | None
) -> tuple[tuple[float, float], float]:
    """A plane through the shifts of spectra: its change from side to side, robust against those far off."""
    nothing = (np.nan, np.nan), np.nan
    if place is None:
        return nothing
    good = np.isfinite(each) & np.isfinite(error)
    if np.count_nonzero(good) < 6 or np.ptp(place[0]) == 0 or np.ptp(place[1]) == 0:
        return nothing
    design = np.column_stack(
        [np.ones(len(each))] + [(part - part.min()) / max(float(np.ptp(part)), 1.0) - 0.5 for part in place]
    )[good]
    value, sigma = each[good], error[good]
    weight = 1 / sigma**2
    solved = np.zeros(3)
    scale = 1.0
    for _ in range(_ROUNDS):
        matrix = (design * weight[:, None]).T @ design
        try:
            solved = np.linalg.solve(matrix, design.T @ (weight * value))
        except np.linalg.LinAlgError:
            return nothing
        off = (value - design @ solved) / sigma
        scale = max(1.0, 1.4826 * float(np.median(np.abs(off))))
        weight = 1 / sigma**2 / (1 + (off / (3 * scale)) ** 2)
    errors = np.sqrt(np.diag(np.linalg.inv(matrix))) * scale
    return (float(solved[2]), float(solved[1])), float(errors[1:].max())
