"""Offsets of rows and columns that reading leaves: told apart from a star's light, which is round.

The 1/f noise of a read-out is common to a row, and an amplifier has one offset (Moseley et al. 2010, Proc. SPIE 7742,
77421B). Under the wide circle that a Strehl ratio needs they weigh more than the noise of pixels.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

#: how far around a star rows and columns are compared, mas
STRIPES_MAS = 2000.0
#: knots of the round light, and where the first one lies, pixels
_KNOTS, _FIRST = 14, 10.0
#: part of the round light by which a star may differ from it
_NOT_ROUND = 0.2
#: pixels that a row or column needs
_FEWEST = 20
#: rows or columns that are told apart
_MOST = 520
_ROUNDS = 4
#: white part of the offsets' spectrum beside the first wave's; variance of their mean, which is the level's
_WHITE, _NO_MEAN = 0.002, 1e-6


@dataclass(frozen=True)
class Stripes:
    """Offsets of rows and columns.

    Attributes
    ----------
    rows : ndarray of float64, shape (ny,)
        Of each row, mean 0.
    columns : ndarray of float64, shape (nx,)
        Of each column, mean 0.
    row_error, column_error : float
        rms of what is not known of one.
    row_scatter, column_scatter : float
        rms of the offsets themselves.
    knots : ndarray of float64, shape (k,)
        Radii about the star, pixels.
    covariance : ndarray of float64, shape (k, k)
        Of what they leave in the mean light at these radii: offsets that look round.
    """

    rows: Floats
    columns: Floats
    row_error: float
    column_error: float
    row_scatter: float
    column_scatter: float
    knots: Floats
    covariance: Floats

    @property
    def plane(self) -> npt.NDArray[np.float32]:
        """What is to be subtracted, shape (ny, nx)."""
        return (self.rows[:, None] + self.columns[None, :]).astype(np.float32)

    @property
    def common(self) -> "Common":
        """What they leave in rings about the star."""
        return Common(self.knots, self.covariance)


@dataclass(frozen=True)
class Common:
    """Noise that pixels of a ring have in common: stripes that were not told apart from round light.

    Attributes
    ----------
    knots : ndarray of float64, shape (k,)
        Radii, pixels; between them it is linear in their logarithm.
    covariance : ndarray of float64, shape (k, k)
        Of ring means there.
    """

    knots: Floats
    covariance: Floats

    def weights(self, radius: Floats) -> Floats:
        """Of the knots at some radii, shape (n, k)."""
        at = np.interp(np.log(np.maximum(radius, 1e-3)), np.log(self.knots), np.arange(self.knots.size))
        return np.asarray(np.clip(1 - np.abs(at[:, None] - np.arange(self.knots.size)[None, :]), 0, 1))

    def of_circle(self, radius: float, inner: float = 0.0) -> Floats:
        """Weights of the knots in the mean of a circle, or of a ring, shape (k,)."""
        steps = inner + (np.arange(256) + 0.5) / 256 * (radius - inner)
        return np.asarray(self.weights(steps).T @ steps / steps.sum())


def find_stripes(
    data: npt.NDArray[np.float32],
    variance: npt.NDArray[np.float32],
    good: Mask,
    x: float,
    y: float,
) -> Stripes | None:
    """Find the offsets of rows and columns around a star.

    Parameters
    ----------
    data, variance : ndarray of float32, shape (ny, nx)
        Values and their variance.
    good : ndarray of bool
        Pixels that count.
    x, y : float
        Place of the star.

    Returns
    -------
    Stripes or None
        None where rows and columns differ by no more than noise explains.

    Notes
    -----
    Least squares for light that depends on the distance from the star alone, linear between knots, with an offset for
    each row and each column. Offsets are held near 0 by their own scatter, which is found on the way, with the spectrum
    1/f: slow ones are the largest, and those that bend like round light are told by the covariance.
    """
    # of a large picture some rows, and columns, are taken together
    group = math.ceil(max(data.shape) / _MOST)
    ny, nx = (math.ceil(size / group) for size in data.shape)
    rows, columns = np.nonzero(good)
    values = data[rows, columns].astype(np.float64)
    apart = np.hypot(columns - x, rows - y)
    far = apart > _FIRST
    rows, columns, values, apart = rows[far], columns[far], values[far], apart[far]
    noise = variance[rows, columns].astype(np.float64)
    rows, columns = rows // group, columns // group
    if values.size < 50 * _KNOTS or min(ny, nx) < _FEWEST:
        return None
    knots = np.geomspace(_FIRST, float(apart.max()) * 1.0001, _KNOTS)
    at = np.interp(np.log(apart), np.log(knots), np.arange(_KNOTS))
    low = np.minimum(at.astype(np.intp), _KNOTS - 2)
    part = at - low
    floor = float(np.median(noise))
    noise = np.maximum(noise, 0.25 * floor)
    order = np.argsort(low, kind="stable")
    rings = np.split(values[order], np.searchsorted(low[order], np.arange(1, _KNOTS - 1)))
    steps = np.array([np.median(one) if one.size else 0.0 for one in rings])
    weight = 1 / (noise + (_NOT_ROUND * np.maximum(steps[low] - steps[-1], 0)) ** 2)
    scatter = [floor, floor]
    found = np.zeros(ny + nx + _KNOTS)
    kept = np.ones(values.size, np.bool_)
    for _ in range(_ROUNDS):
        found, error, covariance = _solve(
            (rows[kept], columns[kept], low[kept], part[kept], values[kept], weight[kept]), (ny, nx), scatter
        )
        stripes = found[:ny], found[ny : ny + nx]
        seen = [float(np.var(offsets)) for offsets in stripes]
        # what is held near 0 varies less than what it stands for: both together are its variance (EM)
        scatter = [size + sigma**2 for size, sigma in zip(seen, error, strict=True)]
        light = (1 - part) * found[ny + nx + low] + part * found[ny + nx + low + 1]
        left = values - light - stripes[0][rows] - stripes[1][columns]
        star = np.maximum(light - found[-1], 0)
        weight = 1 / (noise + (_NOT_ROUND * star) ** 2)
        kept = np.abs(left) < 5 * np.sqrt(1 / weight)
        if kept.sum() < 0.5 * kept.size:
            return None
    # the scatter of a row's offset that its pixels' noise alone would hide
    if scatter[0] < floor / (nx * group**2) and scatter[1] < floor / (ny * group**2):
        return None
    wide = [np.repeat(one - one.mean(), group)[:size] for one, size in zip(stripes, data.shape, strict=True)]
    return Stripes(
        wide[0], wide[1], *error, scatter[0] ** 0.5, scatter[1] ** 0.5,
        knots, covariance,
    )  # fmt: skip


@lru_cache(maxsize=4)
def _precision(count: int) -> Floats:
    """Inverse covariance of offsets with a spectrum 1/f and mean 0, of variance 1."""
    from scipy.fft import dct

    waves = dct(np.eye(count), axis=0, norm="ortho")
    power = 1 / np.maximum(np.arange(count), 1.0) + _WHITE
    power *= count / power[1:].sum()
    power[0] = _NO_MEAN
    made = np.asarray((waves.T / power) @ waves)
    made.flags.writeable = False
    return made


def _solve(
    pixels: tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.intp], Floats, Floats, Floats],
    shape: tuple[int, int],
    scatter: list[float],
) -> tuple[Floats, tuple[float, float], Floats]:
    """Offsets and light at the knots; rms error of a row's and of a column's; covariance that they add to the light."""
    rows, columns, low, part, values, weight = pixels
    ny, nx = shape
    size = ny + nx + _KNOTS
    normal, right = np.zeros((size, size)), np.zeros(size)
    r, c, k = slice(0, ny), slice(ny, ny + nx), slice(ny + nx, size)
    diagonal = np.arange(size)
    normal[diagonal[r], diagonal[r]] = np.bincount(rows, weight, ny)
    normal[diagonal[c], diagonal[c]] = np.bincount(columns, weight, nx)
    normal[r, c] = np.bincount(rows * nx + columns, weight, ny * nx).reshape(ny, nx)
    right[r], right[c] = np.bincount(rows, weight * values, ny), np.bincount(columns, weight * values, nx)
    shares = ((low, weight * (1 - part)), (low + 1, weight * part))
    for knot, share in shares:
        normal[r, k] += np.bincount(rows * _KNOTS + knot, share, ny * _KNOTS).reshape(ny, _KNOTS)
        normal[c, k] += np.bincount(columns * _KNOTS + knot, share, nx * _KNOTS).reshape(nx, _KNOTS)
        right[k] += np.bincount(knot, share * values, _KNOTS)
    squares = (
        np.bincount(low, weight * (1 - part) ** 2, _KNOTS),
        np.bincount(low + 1, weight * part**2, _KNOTS),
        np.bincount(low, weight * (1 - part) * part, _KNOTS)[:-1],
    )
    normal[k, k] += np.diag(squares[0] + squares[1]) + np.diag(squares[2], 1) + np.diag(squares[2], -1)
    normal[c, r], normal[k, r], normal[k, c] = normal[r, c].T, normal[r, k].T, normal[c, k].T
    normal[r, r] += _precision(ny) / scatter[0]
    normal[c, c] += _precision(nx) / scatter[1]
    inverse = np.linalg.inv(normal)
    alone = np.linalg.inv(normal[k, k])
    found = inverse @ right
    variances = np.diag(inverse)
    return found, (float(np.sqrt(variances[r].mean())), float(np.sqrt(variances[c].mean()))), inverse[k, k] - alone
