"""L.A.Cosmic by astroscrappy, and what keeps the cores of stars: a star is seen in all four pixels beside its peak."""

import math
import os
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.cosmicrays.config import CosmicConfig
from calgui.core.frames.frame import FloatArray
from calgui.core.jobs import Job

Mask = npt.NDArray[np.bool_]

#: part of the least that a star of the given width shows beside its peak, from which on it is taken for one
_STARLIKE = 0.6

#: flagged pixels this far from the peak of a star, in its width, belong to it if they are fainter than _RING of it
_REACH, _RING = 3.0, 0.12

#: dead pixels lie this many sigma below those so many pixels aside
_DEAD, _ASIDE = 10.0, 3

#: rows that are looked at together for them
_ROWS = 32

#: nearer than this they belong to its core
_CORE = 2.0


@dataclass(frozen=True)
class Cleaned:
    """One image without its hits.

    Attributes
    ----------
    data : ndarray of float32, shape (ny, nx)
        Electrons; the input's own values where nothing was hit.
    hit : ndarray of bool
        Pixels that were replaced.
    kept : int
        Pixels that were given back to stars.
    holes : int
        Dead pixels that no flag told of; they were left alone too.
    """

    data: FloatArray
    hit: Mask
    kept: int
    holes: int


def clean_image(
    electrons: FloatArray, bad: Mask, variance: FloatArray | None, read_noise: float, config: CosmicConfig, job: Job
) -> Cleaned:
    """Find and replace hits in one image.

    Parameters
    ----------
    electrons : ndarray of float32, shape (ny, nx)
        With its sky, in the electrons of the exposure; NaN is left as it is.
    bad : ndarray of bool
        Pixels that are neither judged nor cleaned.
    variance : ndarray of float32 or None
        Electrons squared; None for that of photons and reading.
    read_noise : float
        Electrons; only without ``variance``.
    config : CosmicConfig
        Thresholds.
    job : Job
        Progress and cancel.

    Returns
    -------
    Cleaned

    Notes
    -----
    van Dokkum 2001, PASP 113, 1420, by astroscrappy. The core of a star as narrow as those behind adaptive optics looks
    like a hit to it, whatever its ``objlim``. What was found is therefore looked at once more: where the peak nearby
    has light in all four pixels beside it, as much as a star of ``star_fwhm`` has at least, it is a star, and what was
    found of its core and of its rings is given back. Dead pixels are left alone even where nothing flags them: beside
    one a good pixel looks like a hit, and beside that the next.
    """
    # threads that wait for others leave the processor to who works: on a busy machine they would cost ten times
    # the time. OpenMP reads this once, when it is loaded
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from astroscrappy import detect_cosmics

    bad = bad | ~np.isfinite(electrons)
    dead = holes(electrons, bad, variance, read_noise)
    bad |= dead
    given = filled(electrons, bad)
    arguments: dict[str, Any] = {
        "inmask": bad,
        "sigclip": config.sigma,
        "sigfrac": config.neighbour_fraction,
        "objlim": config.contrast,
        "gain": 1.0,
        "readnoise": read_noise,
        "satlevel": config.saturation_e or math.inf,
        "niter": config.iterations,
        "sepmed": config.separable,
        "fsmode": config.fine_structure,
        "psffwhm": config.star_fwhm or 2.5,
    }
    if variance is not None:
        arguments["invar"] = filled(variance, bad | ~np.isfinite(variance))
    job.report(0.1, "Looking for hits")
    hit, cleaned = _waited_for(lambda: detect_cosmics(given, **arguments), job)
    hit = np.asarray(hit, np.bool_) & ~bad
    job.report(0.9, "Giving stars back")
    found = int(np.count_nonzero(hit))
    if config.star_fwhm > 0 and found:
        noise = read_noise if variance is None else float(np.sqrt(np.nanmedian(variance[::8, ::8])))
        _give_back(given, hit, config.star_fwhm, noise)
    kept = found - int(np.count_nonzero(hit))
    made = np.array(electrons, np.float32)
    y, x = places(hit)
    made[y, x] = cleaned[y, x]
    return Cleaned(made, hit, kept, int(np.count_nonzero(dead)))


def holes(image: FloatArray, bad: Mask, variance: FloatArray | None, read_noise: float) -> Mask:
    """Pixels so far below their surroundings that they do not see the sky.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        Electrons.
    bad : ndarray of bool
        Pixels that are known already.
    variance : ndarray of float32 or None
        As for `clean_image`.
    read_noise : float
        As for `clean_image`.

    Returns
    -------
    ndarray of bool
        Ten sigma below, and less than half of, the mean of the middle two of the pixels three to each side.
    """
    padded = np.pad(image, _ASIDE, mode="reflect" if min(image.shape) > _ASIDE else "edge")
    found = np.empty(image.shape, np.bool_)
    for start in range(0, image.shape[0], _ROWS):
        rows = slice(start, start + _ROWS)
        part = padded[start : start + _ROWS + 2 * _ASIDE]
        found[rows] = _holes(part, ~bad[rows], None if variance is None else variance[rows], read_noise)
    return found


def _holes(padded: FloatArray, good: Mask, variance: FloatArray | None, read_noise: float) -> Mask:
    """The same of some rows, with those beside them: what is worked with stays in the processor's cache."""
    ny, nx = good.shape
    middle = slice(_ASIDE, -_ASIDE)
    image = padded[middle, middle]
    first, second = padded[middle, :nx], padded[middle, 2 * _ASIDE :]
    third, fourth = padded[:ny, middle], padded[2 * _ASIDE :, middle]
    level = np.maximum(np.minimum(first, second), np.minimum(third, fourth))
    level += np.minimum(np.maximum(first, second), np.maximum(third, fourth))
    level *= np.float32(0.5)
    with np.errstate(invalid="ignore"):
        found = (image < np.float32(0.5) * level) & (level > image) & good
        y, x = places(found)  # few: the noise is only asked for there
        below = level[y, x] - image[y, x]
        noise = np.maximum(level[y, x], 0) + np.float32(read_noise**2) if variance is None else variance[y, x]
        found[y, x] = below**2 > np.float32(_DEAD**2) * noise
    return np.asarray(found, np.bool_)


def places(mask: Mask) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Where a mask is true, as `numpy.nonzero` tells it: many times as fast where that is in few pixels.

    Parameters
    ----------
    mask : ndarray of bool, shape (ny, nx)
        Any.

    Returns
    -------
    tuple of ndarray of int
        y and x.
    """
    y, x = np.divmod(np.flatnonzero(mask), mask.shape[1])
    return y, x


def _waited_for(call: Any, job: Job) -> Any:
    """Its result, looking at cancel meanwhile; what was cancelled comes to its end unheard."""
    pool = ThreadPoolExecutor(1, thread_name_prefix="calgui-lacosmic")
    try:
        future = pool.submit(call)
        while True:
            try:
                return future.result(timeout=0.05)
            except NotYet:
                job.check()
    finally:
        pool.shutdown(wait=False)


def filled(image: FloatArray, bad: Mask) -> FloatArray:
    """An image whose bad pixels have the median of the good ones around, so that none stands out beside a hole.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        Any unit.
    bad : ndarray of bool
        Pixels to fill.

    Returns
    -------
    ndarray of float32
        A new one; where nothing is good within two pixels, the median of the image.
    """
    made = np.array(image, np.float32)
    y, x = places(bad)
    if y.size == 0 or y.size == bad.size:
        return made
    step = max(1, made.size // 250_000)
    some_good = made.reshape(-1)[::step][~bad.reshape(-1)[::step]]
    made[y, x] = np.median(some_good if some_good.size else made[~bad])
    shifts = [(b, a) for b in range(-2, 3) for a in range(-2, 3) if (a, b) != (0, 0)]
    ny, nx = image.shape
    around = np.full((len(shifts), y.size), np.nan, np.float32)
    for row, (b, a) in zip(around, shifts, strict=True):
        inside = (y + b >= 0) & (y + b < ny) & (x + a >= 0) & (x + a < nx)
        place = y[inside] + b, x[inside] + a
        row[inside] = np.where(bad[place], np.nan, image[place])
    some = np.isfinite(around).any(axis=0)
    made[y[some], x[some]] = np.nanmedian(around[:, some], axis=0)
    return made


def least_beside(fwhm: float) -> float:
    """Least light of a pixel beside the brightest one of a star, as a part of the latter.

    Parameters
    ----------
    fwhm : float
        Of a round Gaussian star, pixels.

    Returns
    -------
    float
        Where the star stands on the edge of a pixel, of that on the other side.
    """
    sigma = fwhm / 2.3548 * math.sqrt(2)
    return (math.erf(2 / sigma) - math.erf(1 / sigma)) / math.erf(1 / sigma)


def _give_back(image: FloatArray, hit: Mask, fwhm: float, noise: float) -> None:
    """Take the pixels of stars out of ``hit``."""
    reach = math.ceil(_REACH * fwhm)
    ny, nx = image.shape
    y, x = places(hit)
    peak, py, px = np.full(y.size, -np.inf, np.float32), y.copy(), x.copy()
    for b in range(-reach, reach + 1):
        for a in range(-reach, reach + 1):
            if a * a + b * b > reach * reach:
                continue
            v, u = np.clip(y + b, 0, ny - 1), np.clip(x + a, 0, nx - 1)
            value = image[v, u]
            more = value > peak
            peak[more], py[more], px[more] = value[more], v[more], u[more]
    inside = (py > 0) & (py < ny - 1) & (px > 0) & (px < nx - 1)
    v, u = np.clip(py, 1, ny - 2), np.clip(px, 1, nx - 2)
    sky = _sky(image, v, u, 2 * reach)
    beside = np.minimum.reduce([image[v - 1, u], image[v + 1, u], image[v, u - 1], image[v, u + 1]]) - sky
    height = peak - sky
    star = inside & (beside > _STARLIKE * least_beside(fwhm) * height) & (beside > noise)
    near = (y - py) ** 2 + (x - px) ** 2 <= (_CORE * fwhm) ** 2
    given = star & (near | (image[y, x] - sky < _RING * height))
    hit[y[given], x[given]] = False


def _sky(image: FloatArray, y: npt.NDArray[Any], x: npt.NDArray[Any], radius: int) -> FloatArray:
    """Level around some pixels: the median of 16 others on a circle."""
    ny, nx = image.shape
    angles = np.arange(16) * (2 * math.pi / 16)
    ring = [
        image[
            np.clip(y + round(radius * math.sin(angle)), 0, ny - 1),
            np.clip(x + round(radius * math.cos(angle)), 0, nx - 1),
        ]
        for angle in angles
    ]
    return np.asarray(np.median(ring, axis=0), np.float32)
