"""Spots in a picture, found without knowing how wide they are, nor how far apart."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.kernels import compiled_spots
from calgui.core.algorithms.local import LocalStatistics, local_statistics, share
from calgui.core.errors import InputError
from calgui.core.frames.frame import FloatArray
from calgui.core.jobs import Job
from calgui.core.warned import listening

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

#: side of the tiles whose median is the local level, pixels
_TILE = 64
#: pixels above the threshold that are a spot when they touch
_TOUCHING = 3
#: mean of the four pixels next to a peak, as a part of it, under which it is a hot pixel: of a spot of 1.2 pixels 0.24
_SHARPEST = 0.1
#: more are no mask of pinholes, and would take all memory
_MOST = 400_000
#: a peak so near to another, in widths, with less than this part of its height is a ring or a speckle of it
_RINGS, _RING = 6.0, 0.05
#: a second peak of a segment is another spot where the light between them falls under this part of it
_DIP = 0.75


@dataclass(frozen=True)
class Candidates:
    """What stands out in a picture.

    Attributes
    ----------
    x, y : ndarray of float64, shape (n,)
        Pixel of the peak.
    peak, level, noise : ndarray of float64, shape (n,)
        Height above the local level, that level, and the variance of its pixels.
    fwhm : float
        Median width of all of them, on pixels.
    """

    x: Floats
    y: Floats
    peak: Floats
    level: Floats
    noise: Floats
    fwhm: float

    @property
    def points(self) -> Floats:
        """x, y, shape (n, 2)."""
        return np.stack([self.x, self.y], axis=1)


def find_spots(image: FloatArray, bad: Bools, threshold: float, job: Job) -> Candidates:
    """Find spots: segments above the local level, and each peak within one.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        Electrons. Its bad pixels are overwritten by the local level.
    bad : ndarray of bool, shape (ny, nx)
        Pixels that do not count.
    threshold : float
        In sigma of the local scatter.
    job : Job
        Progress and cancel.

    Returns
    -------
    Candidates

    Raises
    ------
    InputError
        Nothing stands out, or so much that it is no mask of pinholes.

    Notes
    -----
    Segments by photutils (`detect_sources`), in a quarter of the time of its DAOStarFinder and without a width given.
    """
    from photutils.segmentation import detect_sources

    kernels = compiled_spots()
    local = local_statistics(image, ~bad, _TILE, job)
    if local is None or not local.typical_sigma > 0:
        raise InputError("The picture is blank: its pixels do not differ.", cure="Choose a picture with light.")
    job.report(0.3, "Finding spots")
    excess = np.empty(image.shape, np.float32)
    share(
        image.shape[0],
        lambda a, b: kernels.significance(image, bad, local.level, local.sigma, a, b, excess),
        job,
        image.size,
    )
    with listening("photutils.segmentation.detect"):
        segments = detect_sources(excess, threshold, _TOUCHING)
    if segments is None:
        raise InputError(
            f"No spot stands out by {threshold:g} sigma of its surroundings.",
            cure="Choose a picture of the pinhole mask with more light, or lower the threshold.",
        )
    job.report(0.8, "Finding spots")
    labels = segments.data
    found = np.empty((_MOST, 2), np.int64)
    count = kernels.peaks(image, labels, local.level, 0, image.shape[0], _SHARPEST, found)
    if count > _MOST:
        raise InputError(
            f"{count} spots stand out: that is no pinhole mask.", cure="Raise the threshold, or choose another picture."
        )
    if not count:
        raise InputError(
            f"Only single pixels stand out by {threshold:g} sigma of their surroundings.",
            cure="Choose a picture of the pinhole mask with more light, or lower the threshold.",
        )
    return _sorted_out(image, labels, found[:count], local)


def _sorted_out(
    image: FloatArray, labels: npt.NDArray[np.int32], found: npt.NDArray[np.int64], local: LocalStatistics
) -> Candidates:
    """One peak of each spot."""
    kernels = compiled_spots()
    level, noise = _at(local.level, found, image.shape), _at(local.sigma, found, image.shape) ** 2
    peak = image[found[:, 0], found[:, 1]] - level
    width = np.empty(len(found))
    kernels.half_widths(image, found, level, width)
    # ripples of noise on wide spots are many, and narrower: the brighter half tells
    fwhm = float(np.median(width[peak >= np.median(peak)]))
    keep = _apart(image, labels, found, peak, level, noise, 3 * fwhm + 2)
    keep &= ~_satellites(found, peak, _RINGS * fwhm)
    return Candidates(
        found[keep, 1].astype(np.float64),
        found[keep, 0].astype(np.float64),
        peak[keep].astype(np.float64),
        level[keep],
        noise[keep],
        fwhm,
    )


def _at(tiles: Floats, found: npt.NDArray[np.int64], shape: tuple[int, ...]) -> Floats:
    """Value of a map of tiles at some pixels."""
    return compiled_spots().tiles_at(tiles, found, shape[0], shape[1])  # type: ignore[no-any-return]


def _apart(
    image: FloatArray,
    labels: npt.NDArray[np.int32],
    found: npt.NDArray[np.int64],
    peak: Floats,
    level: Floats,
    noise: Floats,
    within: float,
) -> Bools:
    """Which peaks are spots of their own: between it and a higher one of its segment the light falls."""
    from scipy.spatial import cKDTree

    pairs = cKDTree(found).query_pairs(within, output_type="ndarray")
    keep = np.ones(len(found), bool)
    if not len(pairs):
        return keep
    segment = labels[found[:, 0], found[:, 1]]
    pairs = pairs[segment[pairs[:, 0]] == segment[pairs[:, 1]]]
    higher = peak[pairs[:, 0]] >= peak[pairs[:, 1]]
    low, high = np.where(higher, pairs[:, 1], pairs[:, 0]), np.where(higher, pairs[:, 0], pairs[:, 1])
    lowest = np.full(len(pairs), np.inf)
    for part in np.linspace(0, 1, 9)[1:-1]:
        between = np.rint(found[low] + part * (found[high] - found[low])).astype(int)
        lowest = np.minimum(lowest, image[between[:, 0], between[:, 1]] - level[low])
    same = lowest > np.minimum(_DIP * peak[low], peak[low] - 5 * np.sqrt(noise[low] + np.maximum(peak[low], 0)))
    keep[low[same]] = False
    return keep


def _satellites(found: npt.NDArray[np.int64], peak: Floats, within: float) -> Bools:
    """Which peaks are no spots of their own but rings of a brighter one."""
    from scipy.spatial import cKDTree

    ring = np.zeros(len(found), bool)
    pairs = cKDTree(found).query_pairs(within, output_type="ndarray")
    for one, other in ((0, 1), (1, 0)):
        ring[pairs[:, one][peak[pairs[:, one]] < _RING * peak[pairs[:, other]]]] = True
    return ring
