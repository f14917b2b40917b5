"""Stars on a picture: found, or given by their places; what is no star is told apart."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.noise import MAD_TO_SIGMA
from calgui.core.algorithms.positions import Position
from calgui.core.algorithms.psf.picture import Picture
from calgui.core.algorithms.psf.setting import Setting
from calgui.core.errors import InputError
from calgui.core.warned import listening

if TYPE_CHECKING:
    from calgui.core.optics.perfect import PerfectStar

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]

#: fewest spots whose arrangement is looked at, and how evenly they must stand to be a grid
_GRID_SPOTS, _GRID_SCATTER = 12, 0.12
#: sigma of the noise that a star has where a user says that there is one
_CLICKED = 5.0
#: speckles and rings of a brighter star: how far they are looked for, mas, and how far above the usual one has to stand
_HALO_MAS, _ABOVE = 1200.0, 12.0
_RING = 4
#: λ/D within which lumps of a ring may be as bright as 0.9 of the core over the square of the distance
_LUMPS = 40.0
_BRIGHTEST = 60
#: pixels of equal value at the top of a star that is cut off
_FLAT_TOP = 3
#: pixels near the top of one that is cut off by a detector whose pixels do not all end at one value
_PLATEAU = 6


@dataclass(frozen=True)
class Found:
    """Places of stars.

    Attributes
    ----------
    x, y : ndarray of float64, shape (n,)
        Roughly, pixels from 0.
    peak : ndarray of float64, shape (n,)
        Brightest pixel above the background; NaN for a star whose middle is saturated.
    saturated : ndarray of bool, shape (n,)
        Which are.
    n_speckles : int
        Peaks that were taken for speckles or rings of a brighter star.
    """

    x: Floats
    y: Floats
    peak: Floats
    saturated: npt.NDArray[np.bool_]
    n_speckles: int = 0


def find_stars(picture: Picture, setting: Setting, threshold: float, most: int, envelope: Floats | None) -> Found:
    """Find stars by photutils, and leave out the structure of bright ones.

    Parameters
    ----------
    picture : Picture
        Pixels.
    setting : Setting
        Says how wide a star is.
    threshold : float
        Sigma of the noise.
    most : int
        The brightest so many are kept.
    envelope : ndarray of float64, shape (m,), or None
        Largest value of a perfect star in rings of 4 pixels, its peak being 1.

    Returns
    -------
    Found
        The brightest first, saturated ones before all.
    """
    level = _background(picture)
    full = _saturated(picture, setting)
    x, y = _peaks(picture, level, setting.width_pixel, threshold)
    iy, ix = np.rint(y).astype(int), np.rint(x).astype(int)
    peak = np.asarray(picture.data[iy, ix] - level[iy, ix], np.float64)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            near = (np.clip(iy + dy, 0, level.shape[0] - 1), np.clip(ix + dx, 0, level.shape[1] - 1))
            peak = np.maximum(peak, np.where(picture.good[near], picture.data[near] - level[near], peak))
    order = np.argsort(-peak, kind="stable")
    x, y, peak = x[order], y[order], peak[order]
    kept, dropped = _without_speckles(picture, setting, level, x, y, peak, full, envelope)
    x, y, peak = x[kept], y[kept], peak[kept]
    flat = np.array([_is_flat(picture, setting, a, b) for a, b in zip(x, y, strict=True)], np.bool_)
    clipped = np.concatenate([np.ones(len(full), np.bool_), flat])
    whole = np.concatenate([full, np.column_stack([x, y])]) if len(full) else np.column_stack([x, y])
    peaks = np.concatenate([np.full(len(full), np.nan), peak])
    return Found(whole[:most, 0], whole[:most, 1], peaks[:most], clipped[:most], dropped)


def given_stars(picture: Picture, setting: Setting, places: tuple[Position, ...]) -> Found:
    """Stars at given places: the brightest pixel nearby.

    Parameters
    ----------
    picture : Picture
        Pixels.
    setting : Setting
        Says how wide a star is.
    places : tuple of Position
        As the user gave them.

    Returns
    -------
    Found

    Raises
    ------
    InputError
        A place lies outside the image.
    """
    ny, nx = picture.data.shape
    reach = max(3, round(setting.width_pixel))
    found: list[tuple[float, float, float, bool]] = []
    for place in places:
        if not (-0.5 <= place.x <= nx - 0.5 and -0.5 <= place.y <= ny - 0.5):
            raise InputError(
                f"There is no pixel {place.x:g},{place.y:g}: the image has {nx} × {ny}.",
                cure="Give places of the option stars in pixels from 0.",
            )
        column, row = min(max(round(place.x), 0), nx - 1), min(max(round(place.y), 0), ny - 1)
        rows = slice(max(row - reach, 0), row + reach + 1)
        columns = slice(max(column - reach, 0), column + reach + 1)
        box = np.where(picture.good[rows, columns], picture.data[rows, columns], -np.inf)
        full = picture.saturated[rows, columns]
        if not np.isfinite(box).any() and not full.any():
            raise InputError(
                f"All pixels around {place.x:g},{place.y:g} are NaN or flagged.", cure="Choose another star."
            )
        at = np.unravel_index(int(box.argmax()), box.shape)
        x, y = columns.start + int(at[1]), rows.start + int(at[0])
        close = bool(full.any())
        if close:
            where = np.argwhere(full).mean(axis=0)
            found.append((columns.start + where[1], rows.start + where[0], math.nan, True))
        else:
            peak = float(box.max()) - picture.level
            if peak < _CLICKED * picture.noise:
                raise InputError(
                    f"There is no star at {place.x:g},{place.y:g}: the brightest pixel there is "
                    f"{peak / picture.noise:.1f} sigma above the background.",
                    cure="Take that place out of the option stars, or move it.",
                )
            found.append((x, y, peak, _is_flat(picture, setting, x, y)))
    made = np.array([one[:3] for one in found], np.float64).reshape(-1, 3)
    return Found(made[:, 0], made[:, 1], made[:, 2], np.array([one[3] for one in found], np.bool_))


def _background(picture: Picture) -> npt.NDArray[np.float32]:
    """A broad median, for finding alone."""
    ny, nx = picture.data.shape
    if min(ny, nx) < 128:
        return np.full((ny, nx), picture.level, np.float32)
    from astropy.stats import SigmaClip
    from photutils.background import Background2D, MedianBackground

    box = 64 if min(ny, nx) < 2048 else 128
    try:
        made = Background2D(
            picture.data, box, mask=~picture.good, filter_size=3, exclude_percentile=60,
            sigma_clip=SigmaClip(3.0, maxiters=3), bkg_estimator=MedianBackground(),
        ).background  # fmt: skip
    except ValueError:
        return np.full((ny, nx), picture.level, np.float32)
    return np.asarray(made, np.float32)


def _peaks(picture: Picture, level: npt.NDArray[np.float32], width: float, threshold: float) -> tuple[Floats, Floats]:

    from photutils.detection import DAOStarFinder

    # peaks that stand close are told apart later, with the speckles: photutils would take four times as long for it
    finder = DAOStarFinder(
        threshold=threshold * picture.noise, fwhm=max(width, 1.2), sharpness_range=(0.15, 1.2),
        roundness_range=(-1.5, 1.5), min_separation=0, scale_threshold=False,
    )  # fmt: skip
    with listening("photutils.detection.core", "photutils.detection.daofinder"), np.errstate(all="ignore"):
        made = finder(np.where(picture.good, picture.data - level, np.float32(0)), mask=~picture.good)
    if made is None:
        return np.empty(0), np.empty(0)
    return np.asarray(made["x_centroid"], np.float64), np.asarray(made["y_centroid"], np.float64)


def _saturated(picture: Picture, setting: Setting) -> Floats:
    """Middles of the clusters of saturated pixels, (x, y) each, the largest first."""
    if not picture.saturated.any():
        return np.empty((0, 2))
    from scipy import ndimage

    reach = max(1, round(setting.width_pixel))
    labels, count = ndimage.label(ndimage.binary_dilation(picture.saturated, iterations=reach))
    numbers = np.arange(1, count + 1)
    size = ndimage.sum_labels(picture.saturated, labels, numbers)
    centres = np.array(ndimage.center_of_mass(picture.saturated, labels, numbers)).reshape(-1, 2)
    keep = np.flatnonzero(size >= 2)
    keep = keep[np.argsort(-size[keep], kind="stable")]
    return centres[keep][:, ::-1]


def _is_flat(picture: Picture, setting: Setting, x: float, y: float) -> bool:
    """Whether the top of a star is cut off: pixels of one value, or more of nearly that than the flanks allow."""
    row, column = round(y), round(x)
    rows, columns = slice(max(row - 2, 0), row + 3), slice(max(column - 2, 0), column + 3)
    if picture.saturated[rows, columns].any():
        return True
    reach = round(2.5 * setting.width_pixel) + 3
    rows, columns = slice(max(row - reach, 0), row + reach + 1), slice(max(column - reach, 0), column + reach + 1)
    good = picture.good[rows, columns]
    values = picture.data[rows, columns][good] - np.float32(picture.level)
    if values.size < 9:
        return False
    top = float(values.max())
    if top < 50 * picture.noise:
        return False
    plateau = good & (picture.data[rows, columns] - np.float32(picture.level) > 0.85 * top)
    # the track of a cosmic ray is as flat, and one pixel wide
    if not (plateau[1:, 1:] & plateau[1:, :-1] & plateau[:-1, 1:] & plateau[:-1, :-1]).any():
        return False
    if int(np.count_nonzero(values >= top * (1 - 1e-4))) >= _FLAT_TOP:
        return True
    if setting.source_mas > 2 * setting.pixel_mas:
        return False
    # of a Gaussian of any width 0.23 of the pixels above half of the peak lie above 0.85 of it
    high, half = int(np.count_nonzero(values > 0.85 * top)), int(np.count_nonzero(values > 0.5 * top))
    return high >= _PLATEAU and high > 0.45 * half


def _cut_off_peak(picture: Picture, setting: Setting, x: float, y: float) -> float:
    """How bright a star whose top is cut off would be, by the area of the cut for a Gaussian of a star's width."""
    row, column = round(y), round(x)
    reach = round(6 * setting.width_pixel)
    rows, columns = slice(max(row - reach, 0), row + reach + 1), slice(max(column - reach, 0), column + reach + 1)
    values = np.where(picture.good[rows, columns], picture.data[rows, columns] - np.float32(picture.level), 0)
    top = max(float(values.max()), 100 * picture.noise)
    area = int(np.count_nonzero(values > 0.85 * top) + np.count_nonzero(picture.saturated[rows, columns]))
    return top * math.exp2(min(4 * area / (math.pi * setting.width_pixel**2), 12.0))


def _without_speckles(
    picture: Picture,
    setting: Setting,
    level: npt.NDArray[np.float32],
    x: Floats,
    y: Floats,
    peak: Floats,
    full: Floats,
    envelope: Floats | None,
) -> tuple[Places, int]:
    """Which peaks are stars: those that stand above what a brighter star does to its surroundings."""
    reach = _HALO_MAS / setting.pixel_mas
    near = 1.2 * setting.width_pixel
    kept: list[int] = []
    halos: list[tuple[float, float, Floats]] = []
    kx, ky, kp = (np.empty(len(x) + len(full)) for _ in range(3))
    n = 0
    for a, b in full:
        halos.append((a, b, _halo(picture, level, a, b, reach)))
        kx[n], ky[n], kp[n] = a, b, _cut_off_peak(picture, setting, a, b)
        n += 1
    dropped = 0
    for index in range(len(x)):
        distance = np.hypot(kx[:n] - x[index], ky[:n] - y[index])
        limit = 0.0
        if n and distance.min() < near:
            dropped += 1
            continue
        if n:
            # lumps of an aberrated ring, of which a ring's scatter so near to the core says little
            rho = distance / setting.core_pixel
            close = rho < _LUMPS
            if close.any():
                limit = float((0.9 * kp[:n][close] / rho[close] ** 2).max())
        if envelope is not None and n:
            ring = (distance / _RING).astype(int)
            inside = ring < envelope.size
            if inside.any():
                limit = max(limit, 2.0 * float((kp[:n][inside] * envelope[ring[inside]]).max()))
        for a, b, halo in halos:
            apart = math.hypot(a - x[index], b - y[index])
            ring_number = int(apart / _RING)
            if ring_number < halo.size:
                limit = max(limit, float(halo[ring_number]))
        if peak[index] <= limit:
            dropped += 1
            continue
        kx[n], ky[n], kp[n] = x[index], y[index], peak[index]
        if _is_flat(picture, setting, x[index], y[index]):
            kp[n] = _cut_off_peak(picture, setting, x[index], y[index])
        n += 1
        kept.append(index)
        if len(halos) < _BRIGHTEST and peak[index] > 100 * picture.noise:
            halos.append((x[index], y[index], _halo(picture, level, x[index], y[index], reach)))
    return np.array(kept, np.intp), dropped


def _halo(picture: Picture, level: npt.NDArray[np.float32], x: float, y: float, reach: float) -> Floats:
    """What a peak must exceed in rings of 4 pixels around a star: their median and many times their scatter."""
    ny, nx = picture.data.shape
    rows = slice(max(int(y - reach), 0), min(int(y + reach) + 1, ny))
    columns = slice(max(int(x - reach), 0), min(int(x + reach) + 1, nx))
    good = picture.good[rows, columns]
    dy, dx = np.arange(rows.start, rows.stop) - y, np.arange(columns.start, columns.stop) - x
    ring = (np.hypot(dy[:, None], dx[None, :]) / _RING).astype(np.int32)[good]
    values = (picture.data[rows, columns] - level[rows, columns])[good]
    count = int(reach / _RING)
    order = np.argsort(ring, kind="stable")
    ring, values = ring[order], values[order]
    edges = np.searchsorted(ring, np.arange(count + 1))
    limits = np.zeros(count)
    for number in range(count):
        part = values[edges[number] : edges[number + 1]]
        if part.size < 8:
            continue
        middle = float(np.median(part))
        limits[number] = middle + _ABOVE * MAD_TO_SIGMA * float(np.median(np.abs(part - middle)))
    return limits


def is_grid(x: Floats, y: Floats) -> bool:
    """Whether spots stand as evenly as pinholes do.

    Parameters
    ----------
    x, y : ndarray of float64, shape (n,)
        Places.

    Returns
    -------
    bool
        The distances to the three nearest neighbours of a grid are all alike; those of stars scatter.
    """
    if len(x) < _GRID_SPOTS:
        return False
    from scipy.spatial import cKDTree

    places = np.column_stack([x, y])
    distance = cKDTree(places).query(places, k=4)[0][:, 1:]
    middle = float(np.median(distance))
    return float(MAD_TO_SIGMA * np.median(np.abs(distance - middle))) < _GRID_SCATTER * middle


def envelope_of(setting: Setting, perfect: "PerfectStar | None") -> Floats | None:
    """Largest value of a perfect star in rings of 4 pixels, its peak being 1.

    Parameters
    ----------
    setting : Setting
        Pixel scale.
    perfect : PerfectStar or None
        The perfect star.

    Returns
    -------
    ndarray of float64 or None
    """
    if perfect is None:
        return None
    samples, step = perfect.samples, perfect.step_mas / setting.pixel_mas
    middle = samples.shape[0] // 2
    axis = np.abs(np.arange(samples.shape[0]) - middle) * step
    ring = (np.hypot(axis[:, None], axis[None, :]) / _RING).astype(np.intp)
    made = np.zeros(int(ring.max()) + 1)
    np.maximum.at(made, ring.ravel(), samples.ravel())
    # a pixel may lie at the edge of the next ring
    made[:-1] = np.maximum(made[:-1], made[1:])
    return np.asarray(made / made[0])[: int(axis.max() / _RING)]
