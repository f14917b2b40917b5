"""What is wrong with a spot."""

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.pinholes.centroid import Fits, Pixels
from calgui.core.algorithms.pinholes.find import Candidates
from calgui.core.algorithms.pinholes.lattice import Placement
from calgui.core.algorithms.pinholes.spots import (
    BLENDED,
    EDGE,
    FAINT,
    FALSE,
    FLAGGED,
    MISSHAPEN,
    NO_PLACE,
    SATURATED,
    USED,
)

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

#: another spot within so many widths, with this part of the light, mixes with a spot
_MIXES, _PART = 2.0, 0.03
#: part of the light in pixels that are left out, from which a spot is flagged
_LOST = 0.3
#: reduced chi-square, as a multiple of that of most spots, and width, as a part of that of the spots around
_CHI2, _WIDTH = 2.2, 0.25
#: of spots that look alike: difference of the logarithm of the width, and part of the light
_ALIKE, _DIMMEST = 0.35, 0.1
#: light in its errors, under which a spot is faint
_FAINT = 7.0
#: pixels next to the brightest that are as bright, within the noise of reading, make a spot flat
_FLAT = 3
#: or so many as this part of it, which those of no spot are unless it was cut off
_LEVEL = 0.997
#: sigma of the level below which a spot cannot be told to be flat
_BRIGHT = 50


def saturated(pixels: Pixels, flooded: Bools | None, points: Floats, found: Candidates, fwhm: float) -> Bools:
    """Which spots hold a pixel that is said to be saturated, or are flat at their top.

    Parameters
    ----------
    pixels : Pixels
        The picture.
    flooded : ndarray of bool, shape (ny, nx), or None
        Pixels that DQ or an option calls saturated.
    points : ndarray of float64, shape (n, 2)
        x, y.
    found : Candidates
        The same spots.
    fwhm : float
        Pixels.

    Returns
    -------
    ndarray of bool, shape (n,)

    Notes
    -----
    Photons scatter by the root of the light. Pixels that differ by much less were cut off.
    """
    ny, nx = pixels.image.shape
    reach = max(1, round(fwhm / 2))
    x, y = np.rint(points).astype(int).T
    offsets = np.arange(-reach, reach + 1)
    rows = np.clip(y[:, None, None] + offsets[None, :, None], 0, ny - 1)
    columns = np.clip(x[:, None, None] + offsets[None, None, :], 0, nx - 1)
    core = pixels.image[rows, columns].reshape(len(x), -1).astype(np.float64)
    top = core.max(axis=1)
    noise = np.sqrt(found.noise)
    alike = (top[:, None] - core <= 5 * noise[:, None]).sum(axis=1)
    full = (alike > _FLAT) & (5 * noise < 0.5 * np.sqrt(np.maximum(top, 0)))
    level = found.level[:, None]
    bright = top - found.level > _BRIGHT * noise
    full |= bright & ((core - level >= _LEVEL * (top[:, None] - level)).sum(axis=1) > _FLAT)
    if flooded is not None:
        full |= flooded[rows, columns].reshape(len(x), -1).any(axis=1)
    return np.asarray(full)


def blended(points: Floats, flux: Floats, fwhm: float) -> Bools:
    """Which spots have another one so near that their light mixes.

    Parameters
    ----------
    points : ndarray of float64, shape (n, 2)
        x, y.
    flux : ndarray of float64, shape (n,)
        Light.
    fwhm : float
        Pixels.

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    from scipy.spatial import cKDTree

    mixed = np.zeros(len(points), bool)
    pairs = cKDTree(points).query_pairs(_MIXES * fwhm, output_type="ndarray")
    if len(pairs):
        for one, other in ((pairs[:, 0], pairs[:, 1]), (pairs[:, 1], pairs[:, 0])):
            mixed[one[flux[other] > _PART * flux[one]]] = True
    return mixed


def far_from_edge(points: Floats, active: Bools, fwhm: float) -> Bools:
    """Which spots lie wholly on pixels that see light.

    Parameters
    ----------
    points : ndarray of float64, shape (n, 2)
        x, y.
    active : ndarray of bool, shape (ny, nx)
        False on reference pixels.
    fwhm : float
        Pixels.

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    rows, columns = np.flatnonzero(active.any(axis=1)), np.flatnonzero(active.any(axis=0))
    low = np.array([columns[0], rows[0]]) - 0.5
    high = np.array([columns[-1], rows[-1]]) + 0.5
    return np.asarray(((points - low >= fwhm) & (high - points >= fwhm)).all(axis=1))


def alike(fits: Fits) -> Bools:
    """Which spots have about the width and no less than some of the light that most have.

    Parameters
    ----------
    fits : Fits
        Of one profile.

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    good = fits.good
    if not good.any():
        return good
    width, flux = np.median(fits.values[good, 4]), np.median(fits.values[good, 2])
    return np.asarray(
        good & (np.abs(np.log(fits.values[:, 4] / width)) < _ALIKE) & (fits.values[:, 2] > _DIMMEST * flux)
    )


def plain(fits: Fits) -> Bools:
    """Which fits have nothing against them, of the shape alone.

    Parameters
    ----------
    fits : Fits
        Of one profile.

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    good = fits.good
    if not good.any():
        return good
    chi2 = float(np.median(fits.chi2[good]))
    width = float(np.median(fits.values[good, 4]))
    return np.asarray(
        good
        & (fits.chi2 < 2 * max(chi2, 1))
        & (np.abs(fits.values[:, 4] / width - 1) < _WIDTH)
        & (fits.lost < 0.05)
        & (fits.values[:, 2] > 3 * _FAINT * fits.errors[:, 2])
    )


def states_of(fits: Fits, placement: Placement, points: Floats, full: Bools, mixed: Bools, near_edge: Bools) -> Ints:
    """The state of each spot.

    Parameters
    ----------
    fits : Fits
        Of the spots.
    placement : Placement
        Their places.
    points : ndarray of float64, shape (n, 2)
        x, y.
    full, mixed, near_edge : ndarray of bool, shape (n,)
        Saturated, blended, at the edge.

    Returns
    -------
    ndarray of int64, shape (n,)
        Index into `calgui.core.algorithms.pinholes.spots.STATES`.
    """
    state = np.full(len(points), USED, np.int64)
    placed = placement.i != NO_PLACE
    good = fits.good
    around = _width_around(fits, placed & good, points)
    chi2 = float(np.median(fits.chi2[placed & good])) if (placed & good).any() else 1.0
    error = np.nan_to_num(fits.errors[:, 4], nan=np.inf)
    wide = np.abs(fits.values[:, 4] - around) > np.maximum(_WIDTH * around, 5 * error)
    # the last one counts
    state[fits.values[:, 2] < _FAINT * np.nan_to_num(fits.errors[:, 2], nan=0.0)] = FAINT
    state[wide | (fits.chi2 > _CHI2 * max(chi2, 1))] = MISSHAPEN
    state[fits.lost > _LOST] = FLAGGED
    state[mixed] = BLENDED
    state[~good] = MISSHAPEN
    state[near_edge] = EDGE
    state[full] = SATURATED
    state[~placed] = FALSE
    return state


def _width_around(fits: Fits, chosen: Bools, points: Floats) -> Floats:
    """Median width of the nine placed spots next to each."""
    from scipy.spatial import cKDTree

    if not chosen.any():
        return np.asarray(fits.values[:, 4])
    k = min(9, int(chosen.sum()))
    _, near = cKDTree(points[chosen]).query(points, k)
    return np.asarray(np.median(fits.values[chosen, 4][near.reshape(len(points), k)], axis=1))
