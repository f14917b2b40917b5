"""Pixels that are lost in the core of a star: what they would have shown, from those around them, with an error."""

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

#: widths around its middle that are a star's core; in which pixels are filled; which they are filled from
CORE, _FILLED, _FROM = 1.2, 2.0, 2.3
#: most of the core's pixels that are filled: so many, or this part of them; and their error together over the peak
_MOST, _PART, _UNSURE = 3, 0.15, 0.1
#: what is left of the star beside its model, over its peak: sizes that are tried
_SIZES = np.geomspace(3e-4, 0.3, 7)
#: of that, what is left far from the middle
_FAR = 0.02
#: widths of halos, in widths of the star
_HALOS = (1.6, 4.0)
#: pixels by which the model is moved to have its slopes, and how sure the model is to be right without any data
_STEP, _FREE = 0.25, 10.0


class Star(Protocol):
    """What pixels see of a star."""

    def __call__(self, dx: Floats, dy: Floats) -> Floats:
        """Its light in pixels whose centres lie there from it, of any scale."""


@dataclass(frozen=True)
class Holes:
    """Lost pixels with what they would have shown.

    Attributes
    ----------
    values : ndarray of float64, shape (n,)
        In the unit of the picture.
    variance : ndarray of float64, shape (n,)
        Of each, with what it has in common with the others and with the pixels that it was made of: in a sum with
        these they may be taken for independent.
    """

    values: Floats
    variance: Floats


@dataclass(frozen=True)
class FilledCore:
    """Pixels of a picture that were filled around one star.

    Attributes
    ----------
    rows, columns : ndarray of int, shape (n,)
        Where they are.
    holes : Holes
        What they would have shown.
    """

    rows: npt.NDArray[np.intp]
    columns: npt.NDArray[np.intp]
    holes: Holes


def fill_core(
    data: npt.NDArray[np.float32], variance: npt.NDArray[np.float32], good: Mask, fillable: Mask,
    place: tuple[float, float], star: Star, width: float, level: float,
) -> FilledCore | None:  # fmt: skip
    """Fill the pixels that are lost near the middle of a star.

    Parameters
    ----------
    data, variance : ndarray of float32, shape (ny, nx)
        A picture, and its variance.
    good, fillable : ndarray of bool, shape (ny, nx)
        Which pixels count; which of the others may be filled, as saturated ones may not.
    place : tuple of float
        x, y of the star.
    star : callable
        What pixels see of a perfect one.
    width : float
        Of the star at half maximum, pixels.
    level : float
        Of the picture under the star.

    Returns
    -------
    FilledCore or None
        None where nothing is lost, or too much: more than 3 pixels and 15 % of the core, or more than 10 % of the peak.
    """
    (x, y), (ny, nx) = place, data.shape
    reach = math.ceil(_FROM * width)
    rows = slice(max(round(y) - reach, 0), min(round(y) + reach + 1, ny))
    columns = slice(max(round(x) - reach, 0), min(round(x) + reach + 1, nx))
    dy, dx = np.mgrid[rows, columns].astype(np.float64)
    dy, dx = dy - y, dx - x
    away = np.hypot(dx, dy)
    near, core = away < _FROM * width, away < CORE * width
    part, kept = data[rows, columns].astype(np.float64), good[rows, columns]
    lost = ~kept & fillable[rows, columns] & (away < _FILLED * width)
    if not lost.any() or np.count_nonzero(core & ~kept) > max(_MOST, _PART * np.count_nonzero(core)):
        return None
    found = fill_holes(
        part[near], variance[rows, columns].astype(np.float64)[near], kept[near], lost[near], dx[near], dy[near], star,
        width,
    )  # fmt: skip
    if found is None:
        return None
    peak = max(float(part[kept & near].max()), float(found.values.max())) - level
    if math.sqrt(float(found.variance[core[lost]].sum())) > _UNSURE * peak:
        return None
    at_row, at_column = np.nonzero(lost)
    return FilledCore(at_row + rows.start, at_column + columns.start, found)


def fill_holes(
    data: Floats, variance: Floats, good: Mask, lost: Mask, dx: Floats, dy: Floats, star: Star, width: float
) -> Holes | None:
    """What lost pixels of a star would have shown.

    Parameters
    ----------
    data, variance : ndarray of float64, shape (n,)
        Pixels around a star in any order, and their variance.
    good : ndarray of bool, shape (n,)
        Which of them say something.
    lost : ndarray of bool, shape (n,)
        Which are wanted.
    dx, dy : ndarray of float64, shape (n,)
        Where their centres lie from the star; whole pixels from one another.
    star : callable
        What pixels see of a perfect one.
    width : float
        Of the star at half maximum, pixels.

    Returns
    -------
    Holes or None
        None where there are too few pixels to tell.

    Notes
    -----
    Universal kriging (Cressie 1993, Statistics for Spatial Data, chapter 3). The trend is the perfect star with its
    first and second slopes (a place that is a little off, jitter, defocus), halos and a level. What is left
    varies over a pixel as light through the same pupil does: its correlation is the perfect image (Goodman 1985,
    Statistical Optics, section 7.5), so that it holds the frequencies that the telescope passes and no others. Its
    size is found from the pixels by their likelihood, and every size counts as much as it is likely.
    """
    if np.count_nonzero(good) < 20:
        return None
    trend = _trend(dx, dy, star, width)
    envelope = np.exp(-0.5 * (np.hypot(dx, dy) / width) ** 2) * (1 - _FAR) + _FAR
    column, row = dx[:, None] - dx[None, :], dy[:, None] - dy[None, :]
    peak = float(star(np.zeros(1), np.zeros(1))[0])
    alike = star(column.ravel(), row.ravel()).reshape(column.shape) / peak * envelope[:, None] * envelope[None, :]
    y = data[good]
    scale = max(float(np.abs(y - np.median(y)).max()), 1e-30)
    noise = np.maximum(variance[good], (1e-5 * scale) ** 2)
    prior = (_FREE * scale) ** 2 * (trend @ trend.T)
    found = [_kriged(y, noise, prior + (size * scale) ** 2 * alike, good, lost) for size in _SIZES]
    usable = [one for one in found if one is not None]
    if not usable:
        return None
    likely = np.array([one[0] for one in usable])
    share = np.exp(likely - likely.max())
    share /= share.sum()
    values = np.asarray(sum(part * one[1] for part, one in zip(share, usable, strict=True)), np.float64)
    spread = np.zeros((len(values), len(values)))
    for part, one in zip(share, usable, strict=True):
        off = one[1] - values
        spread += part * (one[2] + np.outer(off, off))
    # a pixel that a lost one is made of counts twice in a sum: its noise does too
    twice = sum(part * one[3] for part, one in zip(share, usable, strict=True))
    return Holes(values, np.maximum(np.abs(spread).sum(axis=1) + 2 * np.maximum(twice, 0), 1e-30))


def _trend(dx: Floats, dy: Floats, star: Star, width: float) -> Floats:
    """The star's model and what it may be off by, each of a size of about 1."""
    h = _STEP

    def at(i: float, j: float) -> Floats:
        return star(dx + i * h, dy + j * h)

    middle, left, right, below, above = at(0, 0), at(-1, 0), at(1, 0), at(0, -1), at(0, 1)
    crossed = at(1, 1) - at(1, -1) - at(-1, 1) + at(-1, -1)
    columns = [middle, right - left, above - below, right + left - 2 * middle, above + below - 2 * middle, crossed]
    sizes = [max(float(np.abs(column).max()), 1e-30) for column in columns]
    away = np.hypot(dx, dy) / width * 2.3548
    halos = [np.exp(-0.5 * (away / wide) ** 2) for wide in _HALOS]
    made = [column / size for column, size in zip(columns, sizes, strict=True)]
    return np.stack([*made, *halos, np.ones(dx.shape)], axis=1)


def _kriged(
    y: Floats, noise: Floats, covariance: Floats, good: Mask, lost: Mask
) -> tuple[float, Floats, Floats, Floats] | None:
    """Logarithm of the likelihood, values of the lost pixels, their covariance with one another and the noise's."""
    from scipy.linalg import cho_factor, cho_solve

    seen = covariance[np.ix_(good, good)] + np.diag(noise)
    beside = covariance[np.ix_(lost, good)]
    try:
        factor = cho_factor(seen, lower=True, check_finite=False)
    except np.linalg.LinAlgError:
        return None
    whitened = cho_solve(factor, y, check_finite=False)
    likely = -0.5 * float(y @ whitened) - float(np.log(np.diag(factor[0])).sum())
    weights = cho_solve(factor, beside.T, check_finite=False)
    left = covariance[np.ix_(lost, lost)] - beside @ weights
    return likely, np.asarray(beside @ whitened), np.asarray(left), np.asarray(weights.T @ noise)


def sketched(
    data: npt.NDArray[np.float32], good: Mask, level: float, noise: float
) -> tuple[npt.NDArray[np.float32], Mask]:
    """Lost pixels within bright light, roughly: enough to find a star whose top is lost as one.

    Parameters
    ----------
    data : ndarray of float32, shape (ny, nx)
        Pixels.
    good : ndarray of bool, shape (ny, nx)
        Which of them count.
    level, noise : float
        Of the empty picture.

    Returns
    -------
    tuple of ndarray of float32 and ndarray of bool
        Both as they were where nothing was drawn: a Gaussian through the 5 x 5 pixels around, fitted to logarithms.
    """
    ny, nx = data.shape
    rows, columns = np.nonzero(~good[2 : ny - 2, 2 : nx - 2])
    made, kept = data, good
    drop = np.indices((5, 5)).reshape(2, -1) - 2
    y, x = drop.astype(np.float64)
    terms = np.stack([np.ones(25), x, y, x * x, x * y, y * y], axis=1)
    bright = np.where(good, data, -np.inf)
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        box = slice(row, row + 5), slice(column, column + 5)
        light = bright[box].ravel() - level
        use = light > 5 * noise
        # beside a star most pixels around are dark, and large holes say nothing
        if np.count_nonzero(use) < 12 or not use.reshape(5, 5)[1:4, 1:4].sum() >= 4:
            continue
        weight = light[use].astype(np.float64)
        found = np.linalg.lstsq(terms[use] * weight[:, None], np.log(weight) * weight, rcond=None)[0]
        if made is data:
            made, kept = data.copy(), good.copy()
        value = min(float(np.exp(min(found[0], 700.0))), 4 * float(weight.max()))
        made[row + 2, column + 2], kept[row + 2, column + 2] = level + value, True
    return made, kept
