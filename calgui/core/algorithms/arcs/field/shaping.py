"""The shape of the lines of a field: measured on its bright and isolated lines, put into tables for the loops."""

import math

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.arcs.field.values import FINE, Bools, Bytes, Floats, Place, Singles, Whole
from calgui.core.algorithms.arcs.shape import NO_SHAPE, ShapeField
from calgui.core.algorithms.arcs.shapefitting import Lines, measure_shape
from calgui.core.algorithms.kernels import compiled_arcs

_FWHM = 2.3548200450309493
#: lines that are taken, about
_MOST = 400
#: their flux, over its error
_CLEAR = 25.0
#: pixels of a line and gaps to others, in widths as seen; pixels nearer to another are left out
_WINDOW, _GAP, _BESIDE = 2.2, 3.5, 1.6
#: parts of the spectrum, and of the field across and up, in each of which a shape that changes is one
_PARTS, _ZONES = 16, 3


def field_shape(
    flux: Singles, spread: Singles, photons: float, expected: Floats, pixel: Floats, light: Floats, fwhm: Singles,
    flag: Bytes, seen: float, trend: Floats, nominal: Floats,
) -> ShapeField:  # fmt: skip
    """Measure the shape of lines of some spectra.

    Parameters
    ----------
    flux, spread : ndarray of float32, shape (n, pixels)
        Spectra, and one standard deviation; the latter may be empty.
    photons : float
        Electrons in one unit of flux; infinite where it is not known.
    expected, pixel, light : ndarray of float64, shape (n, k)
        Where lines ought to be, where fits of Gaussians have them, and their fluxes.
    fwhm : ndarray of float32, shape (n, k)
        Their widths.
    flag : ndarray of uint8, shape (n, k)
        What they are.
    seen : float
        Usual width of lines on pixels.
    trend : ndarray of float64, shape (n, 2)
        Place of each spectrum in the field, from -1 to 1.
    nominal : ndarray of float64, shape (k,)
        Where one spectrum has the lines, by its solution.

    Returns
    -------
    ShapeField
    """
    if not spread.size and not math.isfinite(photons):
        # without the noise of bright pixels nothing tells what more than a Gaussian is worth
        return NO_SHAPE
    pixels = flux.shape[1]
    half = math.ceil(_WINDOW * seen) + 1
    noise = _noise(flux)
    gaps = _gaps(expected)
    inside = (pixel > half + 1) & (pixel < pixels - half - 2)
    with np.errstate(invalid="ignore"):
        variance = light / photons + (2 * seen) * np.square(noise)[:, None]
        clear = light / np.sqrt(np.maximum(variance, 1e-300))
        good = (flag == FINE) & inside & (gaps > _GAP * seen) & (clear > _CLEAR)
    rows, columns = _best(np.where(good, clear, 0.0))
    if not rows.size:
        return NO_SHAPE
    middle = np.rint(pixel[rows, columns])
    near = middle.astype(np.int64)[:, None] + np.arange(-half, half + 1)
    value = flux[rows[:, None], near].astype(np.float64)
    base = np.nanmin(np.where(np.isfinite(value), value, np.inf), axis=1)
    away = near - pixel[rows, columns][:, None]
    sigma = fwhm[rows, columns].astype(np.float64) / _FWHM
    size = light[rows, columns]
    if spread.size:
        weight = 1 / np.square(spread[rows[:, None], near].astype(np.float64))
    else:
        weight = 1 / (np.square(noise[rows])[:, None] + _smooth(value - base[:, None]) / photons)
    usable = np.isfinite(value) & np.isfinite(weight) & _free(near, expected[rows], columns, _BESIDE * seen)
    # a line without its middle tells nothing
    whole = usable[:, half - 1 : half + 2].all(axis=1) & np.isfinite(base) & (usable.sum(axis=1) > 7)
    along = 2 * pixel[rows, columns] / max(pixels - 1, 1) - 1
    lines = Lines(
        away, np.where(usable, value - base[:, None], 0.0), np.where(usable, weight, 0.0), np.zeros(len(rows)), size,
        sigma, np.concatenate([along[:, None], trend[rows]], axis=1), pixel[rows, columns], nominal[columns],
        rows.astype(np.int64), columns.astype(np.int64),
    ).take(whole)  # fmt: skip
    return measure_shape(lines)


def tables_of(shape: ShapeField, trend: Floats) -> tuple[Floats, Whole]:
    """Tables for the loops.

    Parameters
    ----------
    shape : ShapeField
        Of the field.
    trend : ndarray of float64, shape (n, 2)
        Place of each spectrum in the field, from -1 to 1.

    Returns
    -------
    shapes : ndarray of float64, shape (zones, parts, points, 2)
        Of no points for Gaussians.
    zone : ndarray of int64, shape (n,)
        Of each spectrum.
    """
    zone = np.zeros(len(trend), np.int64)
    if not shape.is_measured:
        return np.zeros((1, 1, 0, 2)), zone
    if not shape.varies:
        return shape.middle.table[None, None], zone
    along = (np.arange(_PARTS) + 0.5) / _PARTS * 2 - 1
    if len(shape.coefficients) < 4:
        return np.stack([shape.at(float(u)).table for u in along])[None], zone
    across = (np.arange(_ZONES) + 0.5) / _ZONES * 2 - 1
    made = [[shape.at(float(u), float(x), float(y)).table for u in along] for x in across for y in across]
    part = np.clip(np.floor((trend + 1) / 2 * _ZONES), 0, _ZONES - 1).astype(np.int64)
    return np.array(made), part[:, 0] * _ZONES + part[:, 1]


def trends(place: Place | None, count: int) -> Floats:
    """Place of each spectrum in the field, from -1 to 1; 0 where there is none.

    Parameters
    ----------
    place : tuple of two ndarray of int, or None
        Row and column of each spectrum.
    count : int
        Of spectra.

    Returns
    -------
    ndarray of float64, shape (n, 2)
    """
    made = np.zeros((count, 2))
    for column, one in enumerate(place or ()):
        wide = float(np.ptp(one)) if len(one) else 0.0
        if wide > 0:
            made[:, column] = 2 * (one - one.min()) / wide - 1
    return made


def _noise(flux: Singles) -> Floats:
    noise_of = compiled_arcs("filtering").noise_of
    room = np.empty(flux.shape[1])
    return np.array([noise_of(row, room) for row in flux], np.float64)


def _gaps(expected: Floats) -> Floats:
    """To the nearest other line."""
    gaps = np.diff(expected, axis=1, prepend=-np.inf, append=np.inf)
    return np.minimum(np.abs(gaps[:, :-1]), np.abs(gaps[:, 1:]))


def _best(clear: Floats) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Clear lines of some spectra, which have many of them: they tell of each other where they are."""
    count = np.count_nonzero(clear > 0, axis=1)
    order = np.argsort(-count, kind="stable")
    each = max(float(np.mean(count[order[: max(len(count) // 2, 1)]])), 1.0)
    rich = order[: max(len(count) // 2, math.ceil(_MOST / each))]
    chosen = np.sort(rich)[np.linspace(0, len(rich) - 1, min(len(rich), math.ceil(_MOST / each))).astype(int)]
    rows, columns = np.nonzero(clear[chosen] > 0)
    return chosen[rows], columns


def _smooth(value: Floats) -> Floats:
    """Light of pixels and of those beside them: photons of what a pixel shows, noise and all, would pull the fit."""
    filled = np.nan_to_num(np.pad(value, ((0, 0), (1, 1)), mode="edge"))
    return np.asarray(np.maximum((filled[:, :-2] + 2 * filled[:, 1:-1] + filled[:, 2:]) / 4, 0.0), np.float64)


def _free(near: Whole, expected: Floats, columns: npt.NDArray[np.intp], within: float) -> Bools:
    """Pixels that no other line is near to: of the lines beside it."""
    made = np.ones(near.shape, bool)
    rows = np.arange(len(columns))
    for step in (-1, 1):
        beside = columns + step
        there = (beside >= 0) & (beside < expected.shape[1])
        at = np.where(there, expected[rows, np.clip(beside, 0, expected.shape[1] - 1)], np.inf)
        with np.errstate(invalid="ignore"):
            made &= ~(np.abs(near - at[:, None]) < within)
    return made
