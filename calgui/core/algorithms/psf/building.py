"""The point-spread function that stars give together: each shifted to the middle of a pixel, or photutils' ePSF."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.psf.centroids import HALF
from calgui.core.algorithms.psf.config import PsfConfig
from calgui.core.algorithms.psf.energy import RING
from calgui.core.algorithms.psf.figures import UNUSED
from calgui.core.algorithms.psf.sampling import shift_matrix
from calgui.core.algorithms.psf.setting import Setting
from calgui.core.algorithms.psf.stars import Stars
from calgui.core.jobs import Job
from calgui.core.warned import listening

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]

#: how much a filled pixel counts beside one that was seen
_LITTLE = 0.1
#: most stars that are put together
_MOST = 12
#: steps of an ePSF in a pixel, where pixels are too coarse for one star to say it
_FINE = 4
#: stars and cells of a pixel (of 4 x 4) that an ePSF takes
_FEWEST_STARS, _FEWEST_PHASES = 4, 6
#: half the side of an ePSF, pixels of the detector
_EPSF_HALF = 14


@dataclass(frozen=True)
class Aligned:
    """Stars that were shifted onto one another.

    Attributes
    ----------
    stars : ndarray of int, shape (m,)
        Which of all stars.
    images, variances, weights : ndarray of float32, shape (m, side, side)
        Light above the background, its variance, and how much a pixel counts.
    fine : int
        Pixels per pixel of the detector.
    way : str
        ``shifted`` or ``ePSF``, as written into the header.
    note : str
        A sentence on what is to be known of it; empty for nothing.
    """

    stars: npt.NDArray[np.intp]
    images: Singles
    variances: Singles
    weights: Singles
    fine: int
    way: str
    note: str = ""


def align(stars: Stars, setting: Setting, config: PsfConfig, job: Job) -> Aligned:
    """Shift the best stars onto one another.

    Parameters
    ----------
    stars : Stars
        As measured.
    setting : Setting
        Plate scale and wavelength.
    config : PsfConfig
        Size and sampling.
    job : Job
        Progress and cancel.

    Returns
    -------
    Aligned
        Without any image where no star can be used.
    """
    usable = np.flatnonzero((stars.flags & UNUSED) == 0)
    if not usable.size:
        usable = np.flatnonzero(np.isfinite(stars.shapes.peak))
    chosen = usable[np.argsort(-stars.height[usable], kind="stable")][:_MOST]
    sampled = setting.sampled if setting.pupil else bool(np.nanmedian(stars.fit_width) > 2.0)
    fine = config.oversampling or (1 if sampled else _FINE)
    note = ""
    if not sampled:
        many = usable[np.argsort(-stars.height[usable], kind="stable")][:60]
        phases = _phases(stars, many)
        if len(many) >= _FEWEST_STARS and phases >= _FEWEST_PHASES:
            made = _epsf(stars, many, fine)
            if made is not None:
                return made
        note = (
            f"The image is undersampled, and its stars ({len(many)}) fall on {phases} of 16 parts of a pixel: the PSF "
            f"between the pixels is a guess. An empirical PSF takes {_FEWEST_STARS} stars on {_FEWEST_PHASES} parts."
        )
    half = min(round(config.psf_radius / setting.pixel_mas), max(stars.left.shape) // 2)
    half = max(half, 5)
    shape = (len(chosen), 2 * half * fine + 1, 2 * half * fine + 1)
    images, variances, weights = (np.zeros(shape, np.float32) for _ in range(3))
    for number, star in enumerate(job.track(list(chosen), len(chosen), "Putting stars together")):
        images[number], variances[number], weights[number] = _shifted(stars, int(star), setting, half, fine)
    return Aligned(chosen, images, variances, weights, fine, "shifted", note)


def _phases(stars: Stars, chosen: npt.NDArray[np.intp]) -> int:
    """How many of 4 x 4 parts of a pixel the stars fall on."""
    x, y = (np.floor((values[chosen] + 0.5) % 1 * 4).astype(int) for values in (stars.x, stars.y))
    return len(set(zip(x.tolist(), y.tolist(), strict=True)))


def _shifted(stars: Stars, star: int, setting: Setting, half: int, fine: int) -> tuple[Singles, Singles, Singles]:
    """One star in the middle of a picture of its own; holes are filled with its round profile and count little."""
    margin = 14
    side = 2 * (half + margin) + 1
    column, row = int(stars.corner[star, 0]), int(stars.corner[star, 1])
    ny, nx = stars.left.shape
    rows, columns = np.arange(side) + row - half - margin, np.arange(side) + column - half - margin
    inside = np.ix_((rows >= 0) & (rows < ny), (columns >= 0) & (columns < nx))
    whole = np.ix_(rows[(rows >= 0) & (rows < ny)], columns[(columns >= 0) & (columns < nx)])
    cut, kept = np.zeros((side, side)), np.zeros((side, side), np.bool_)
    noise = np.zeros((side, side))
    cut[inside], kept[inside] = stars.left[whole], stars.good[whole]
    noise[inside] = stars.variance[whole]
    distance = np.hypot(rows[:, None] - stars.y[star], columns[None, :] - stars.x[star])
    if stars.profile is not None:
        radius = (np.arange(stars.profile.size) + 0.5) * RING
        cut += stars.brightness[star] * np.interp(distance, radius, stars.profile, right=0.0)
        reach = 2.5 * setting.width_pixel
        for other in np.flatnonzero(stars.neighbours[star] < 1.5 * half):
            near = np.hypot(rows[:, None] - stars.y[other], columns[None, :] - stars.x[other]) < reach
            kept &= ~near
    ring = stars.rings.of(star)
    cut = np.where(kept, cut, np.interp(distance, ring.radius, ring.mean)) - stars.background[star]
    # the cut-out has the core's own holes filled better
    core = slice(half + margin - HALF, half + margin + HALF + 1)
    if half + margin >= HALF:
        lost = ~stars.kept[star] & (distance[core, core] < 3 * setting.width_pixel)
        cut[core, core][lost] = stars.cuts[star][lost]
    top_x = column - HALF + stars.shapes.x[star] - (column - half - margin)
    top_y = row - HALF + stars.shapes.y[star] - (row - half - margin)
    count = 2 * half * fine + 1
    sampling = setting.core_pixel
    along = shift_matrix(side, top_x - half, 1 / fine, count, sampling)
    across = shift_matrix(side, top_y - half, 1 / fine, count, sampling)
    image = across @ cut @ along.T
    variance = (across**2) @ noise @ (along**2).T
    nearest_x = np.clip(np.rint(top_x - half + np.arange(count) / fine).astype(int), 0, side - 1)
    nearest_y = np.clip(np.rint(top_y - half + np.arange(count) / fine).astype(int), 0, side - 1)
    seen = kept.copy()
    seen[inside] &= ~stars.filled[whole]
    weight = np.where(kept[np.ix_(nearest_y, nearest_x)], 1.0, 1e-3)
    # what was filled counts little beside stars of which it was seen
    weight[~seen[np.ix_(nearest_y, nearest_x)]] *= _LITTLE
    return image.astype(np.float32), variance.astype(np.float32), weight.astype(np.float32)


def _epsf(stars: Stars, chosen: npt.NDArray[np.intp], fine: int) -> Aligned | None:
    """The ePSF of photutils (Anderson & King 2000), of the core alone."""
    from astropy.nddata import NDData
    from astropy.table import Table
    from photutils.psf import EPSFBuilder, EPSFStars, extract_stars

    cut = slice(HALF - _EPSF_HALF - 2, HALF + _EPSF_HALF + 3)
    size = 2 * _EPSF_HALF + 1
    made = []
    with listening("photutils.psf.epsf_builder", "photutils.psf.epsf_stars"), np.errstate(all="ignore"):
        for star in chosen:
            middle = _EPSF_HALF + 2
            place = Table(
                {
                    "x": [middle + stars.x[star] - stars.corner[star, 0]],
                    "y": [middle + stars.y[star] - stars.corner[star, 1]],
                }
            )
            data = NDData(stars.cuts[star][cut, cut].astype(np.float64), mask=~stars.kept[star][cut, cut])
            made += list(extract_stars(data, place, size=size))
        try:
            built = EPSFBuilder(oversampling=fine, maxiters=8, progress_bar=False)(EPSFStars(made))
        except (ValueError, TypeError):
            return None
    epsf = np.asarray(built[0].data, np.float32)
    if not np.isfinite(epsf).all() or not epsf.sum() > 0:
        return None
    noise = float(np.sqrt((stars.variances[chosen][:, HALF, HALF]).sum()) / max(stars.height[chosen].sum(), 1e-30))
    scale = np.float32(1 / epsf.sum())
    variance = np.full(epsf.shape, noise**2 / fine**4, np.float32)
    return Aligned(
        np.asarray(chosen), (epsf * scale)[None], variance[None], np.ones((1, *epsf.shape), np.float32), fine, "ePSF"
    )


def put_together(
    aligned: Aligned, flux: Floats, excluded: npt.NDArray[np.bool_]
) -> tuple[Singles, Singles, int] | None:
    """The mean of aligned stars, weighted by their flux, of sum 1.

    Parameters
    ----------
    aligned : Aligned
        Stars.
    flux : ndarray of float64, shape (n,)
        Of all stars; NaN for none.
    excluded : ndarray of bool, shape (n,)
        Stars to leave out; an ePSF is left as it is.

    Returns
    -------
    tuple of ndarray of float32, ndarray of float32, int, or None
        Image, error, number of stars; None where no star is left.
    """
    if not len(aligned.images):
        return None
    if aligned.way == "ePSF":
        image = aligned.images[0]
        return image, np.sqrt(aligned.variances[0]), len(aligned.stars)
    own = flux[aligned.stars]
    use = np.flatnonzero(~excluded[aligned.stars] & np.isfinite(own) & (own > 0))
    if not use.size:
        return None
    total = np.zeros(aligned.images.shape[1:], np.float64)
    weight, variance = np.zeros_like(total), np.zeros_like(total)
    for k in use:
        share = aligned.weights[k].astype(np.float64)
        total += share * aligned.images[k]
        weight += share * own[k]
        variance += share**2 * aligned.variances[k]
    image = total / weight
    size = float(image.sum())
    if not (size > 0 and math.isfinite(size)):
        return None
    return (image / size).astype(np.float32), (np.sqrt(variance) / weight / size).astype(np.float32), int(use.size)
