"""From a picture of a pinhole mask to the centres of its spots, and their places on the mask's grid."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.exposure import ADU_PER_S, ELECTRON_PER_S, scale_of, unit_of
from calgui.core.algorithms.geometry import region_of
from calgui.core.algorithms.pinholes.centroid import (
    GAUSSIAN,
    Fits,
    Pixels,
    Profile,
    fit_spots,
    measured_profile,
    starting,
    with_profile,
)
from calgui.core.algorithms.pinholes.config import PinholeConfig
from calgui.core.algorithms.pinholes.find import Candidates, find_spots
from calgui.core.algorithms.pinholes.judging import alike, blended, far_from_edge, plain, saturated, states_of
from calgui.core.algorithms.pinholes.lattice import Placement, place_spots, placement_of, strays
from calgui.core.algorithms.pinholes.spots import NO_PLACE, SATURATED, STATES, USED, Spots
from calgui.core.errors import InputError
from calgui.core.frames import dq
from calgui.core.frames.frame import FrameLike
from calgui.core.jobs import Job

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

_BAD = dq.DO_NOT_USE | dq.DEAD | dq.HOT | dq.NON_SCIENCE | dq.REFERENCE_PIXEL
#: pinholes nearer to each other than so many of their widths have no centres of their own
_WIDTHS_APART = 3.0
#: what a Gaussian, and what the measured profile, may be wrong as a part of the peak
_SLACK, _MEASURED_SLACK = 0.03, 0.01
#: least light, in its own errors, of a pinhole that the search did not find
_SEEN = 5.0


@dataclass(frozen=True)
class _Image:
    """What was read of the frame."""

    pixels: Pixels
    hidden: Bools  # pixels in which no spot is looked for
    active: Bools
    saturated: Bools | None


def measure_pinholes(frame: FrameLike, config: PinholeConfig, job: Job, bad: Bools | None = None) -> Spots:
    """Find the spots of a pinhole mask, fit the centre of each, and give each its place on the grid.

    Parameters
    ----------
    frame : FrameLike
        An image, (ny, nx). Errors of its ERR extension count where it has one; else the noise is that of the
        background as measured, and of the photons. Pixels that DQ flags DO_NOT_USE, HOT or DEAD are left out.
    config : PinholeConfig
        Options.
    job : Job
        Progress and cancel.
    bad : ndarray of bool, shape (ny, nx), optional
        More pixels to leave out, such as those of a bad-pixel map.

    Returns
    -------
    Spots

    Raises
    ------
    InputError
        No image; unit, gain, or exposure time is missing; no spots, too few of them, no lattice in them, all saturated,
        or closer to each other than three of their widths.
    """
    read = _read(frame, config, bad)
    try:
        return _measured(read, config, job)
    except InputError as error:
        if error.path is None:
            error.path = frame.path
        raise


def _read(frame: FrameLike, config: PinholeConfig, bad: Bools | None) -> _Image:
    """Electrons of one exposure, their variance, and which pixels count."""
    if len(frame.shape) != 2:
        raise InputError(
            f"A picture of pinholes has two axes, this one has {len(frame.shape)}.",
            path=frame.path,
            cure="Choose an image, or fit the ramp first.",
        )
    unit = unit_of([frame], config.unit)
    needs_time = unit in {ELECTRON_PER_S, ADU_PER_S}
    factor = scale_of([frame], config.unit, config.gain, config.exposure_time, needs_time=needs_time).to_counts
    rows = frame.rows(0, frame.shape[0])
    image = np.array(rows.data, np.float32)
    image *= np.float32(factor)
    active = region_of(frame).mask()
    out = ~np.isfinite(image)
    out |= ~active
    if bad is not None:
        out |= bad
    flooded: Bools | None = None
    if rows.dq is not None:
        out |= (rows.dq & np.uint32(_BAD)) != 0
        flooded = (rows.dq & np.uint32(dq.SATURATED)) != 0
    if config.saturation is not None:
        above = image >= config.saturation
        flooded = above if flooded is None else flooded | above
    hidden = out
    if flooded is not None:
        # they are no part of a fit, but without them a spot would be a ring
        flooded &= active
        lost = flooded & ~np.isfinite(image)
        image[lost] = np.max(image, initial=1.0, where=np.isfinite(image))
        hidden, out = out & ~flooded, out | flooded
    variance = np.empty((0, 0), np.float32)
    if rows.err is not None:
        variance = np.array(rows.err, np.float32)
        variance *= np.float32(factor)
        np.square(variance, out=variance)
        known = np.isfinite(variance)
        known &= variance > 0
        # errors that are there in no pixel are none
        if known[active].any():
            out |= ~known
        else:
            variance = np.empty((0, 0), np.float32)
    return _Image(Pixels(image, variance, out), hidden, active, flooded)


def _measured(read: _Image, config: PinholeConfig, job: Job) -> Spots:
    shape = (int(read.active.shape[0]), int(read.active.shape[1]))
    pixels = read.pixels
    found = find_spots(pixels.image, read.hidden, config.threshold, job.part(0, 0.5))
    job.report(0.5, f"Fitting {found.x.size} spots")
    own = np.arange(found.x.size)
    start = starting(found.points, found.peak, found.level, found.fwhm)
    fits = fit_spots(pixels, start, found.noise, GAUSSIAN, found.points, own, _SLACK, job)
    fits, points = _centers(fits, found, found.fwhm)
    job.report(0.65, "Finding the grid")
    placement = place_spots(points, shape, job, alike(fits))
    fwhm = _typical(fits, placement, GAUSSIAN)
    _far_enough(placement, fwhm)
    full = saturated(read.pixels, read.saturated, points, found, fwhm)
    mixed = blended(points, fits.values[:, 2], fwhm)
    profile = _profile(config, pixels, fits, placement, points, found, full | mixed, job)
    job.report(0.8, "Fitting the centers")
    if profile is not GAUSSIAN:
        again = with_profile(fits, profile)
        again[~fits.good] = starting(points, found.peak, found.level, found.fwhm)[~fits.good]
        fits = fit_spots(pixels, again, found.noise, profile, points, own, _MEASURED_SLACK, job)
        fits, points = _centers(fits, found, fwhm)
    gone = strays(placement, points, fits.errors[:, 0])
    i, j = np.where(gone, NO_PLACE, placement.i), np.where(gone, NO_PLACE, placement.j)
    placement = placement_of(points, i, j)
    more, more_fits = _second_look(pixels, placement, points, fits, found, profile, fwhm, job)
    if len(more):
        fits = fits.joined(more_fits)
        points = np.concatenate([points, more_fits.values[:, :2]])
        i, j = np.concatenate([i, more[:, 0]]), np.concatenate([j, more[:, 1]])
        full = np.concatenate([full, np.zeros(len(more), bool)])
        mixed = blended(points, fits.values[:, 2], fwhm)
        placement = placement_of(points, i, j)
    near = ~far_from_edge(points, read.active, fwhm)
    state = states_of(fits, placement, points, full, mixed, near)
    _any_used(state, placement)
    return _spots(points, fits, placement, state, profile, shape)


def _centers(fits: Fits, found: Candidates, fwhm: float) -> tuple[Fits, Floats]:
    """The fits, failed where they went astray, and the centres: peaks where the fit failed."""
    near = np.hypot(fits.values[:, 0] - found.x, fits.values[:, 1] - found.y) < max(fwhm, 1.5)
    fits = replace(fits, errors=np.where(near[:, None], fits.errors, np.nan))
    return fits, np.where(fits.good[:, None], fits.values[:, :2], found.points)


def _typical(fits: Fits, placement: Placement, profile: Profile) -> float:
    """Median width of spots that have a place and were fitted."""
    chosen = fits.good & (placement.i != NO_PLACE)
    if not chosen.any():
        raise InputError(
            "No spot has the shape of a pinhole: the fit of each failed.",
            cure="Choose a picture of the pinhole mask that is in focus and not saturated.",
        )
    return float(np.median(fits.values[chosen, 4])) * profile.fwhm


def _far_enough(placement: Placement, fwhm: float) -> None:
    steps = min(placement.lattice.pitch_i, placement.lattice.pitch_j)
    if steps < _WIDTHS_APART * fwhm:
        raise InputError(
            f"The pinholes are {steps:.1f} pixels apart, and {fwhm:.1f} wide: they flow into each other under "
            f"{_WIDTHS_APART:g} widths.",
            cure="Choose a mask with a wider grid, or focus it.",
        )


def _profile(
    config: PinholeConfig, pixels: Pixels, fits: Fits, placement: Placement, points: Floats, found: Candidates,
    faulty: Bools, job: Job,
) -> Profile:  # fmt: skip
    """The profile that is fitted at last."""
    if config.spot != "measured":
        return GAUSSIAN
    chosen = plain(fits) & (placement.i != NO_PLACE) & ~faulty
    return measured_profile(pixels, fits, chosen, found.noise, points, job) or GAUSSIAN


def _second_look(
    pixels: Pixels, placement: Placement, points: Floats, fits: Fits, found: Candidates, profile: Profile, fwhm: float,
    job: Job,
) -> tuple[Ints, Fits]:  # fmt: skip
    """Places that seem empty, looked at by a fit: a dead pixel may hide a spot from the search, or little light."""
    from scipy.spatial import cKDTree

    chosen = fits.good & (placement.i != NO_PLACE)
    usual = fits.values[chosen].mean(axis=0)
    at = placement.surface(placement.missing.astype(np.float64))
    ny, nx = pixels.image.shape
    within = ((at > 0) & (at < np.array([nx - 1, ny - 1]))).all(axis=1)
    missing, at = placement.missing[within], at[within]
    start = np.column_stack([at, np.tile(usual[2:], (len(at), 1))])
    # the level and the noise there are those of the nearest spot
    nearest = cKDTree(found.points).query(at)[1] if len(at) else np.empty(0, np.int64)
    noise, start[:, 3] = found.noise[nearest], found.level[nearest]
    own = np.full(len(at), -1)
    seen = fit_spots(pixels, start, noise, profile, points, own, _MEASURED_SLACK, job)
    reach = np.maximum(8 * np.hypot(placement.lattice.scatter, np.nan_to_num(seen.errors[:, 0])), 0.02 * fwhm)
    good = (
        seen.good
        & (seen.values[:, 2] > _SEEN * seen.errors[:, 2])
        & (np.hypot(*(seen.values[:, :2] - at).T) < np.minimum(reach, 0.5 * fwhm))
        & (np.abs(seen.values[:, 4] / usual[4] - 1) < np.maximum(0.2, 4 * seen.errors[:, 4] / usual[4]))
        & (seen.lost < 0.5)
    )
    return missing[good], seen.only(good)


def _any_used(state: Ints, placement: Placement) -> None:
    placed = state[placement.i != NO_PLACE]
    full = int(np.count_nonzero(placed == SATURATED))
    if full > 0.8 * placed.size:
        raise InputError(
            f"{full} of {placed.size} pinholes are saturated.", cure="Expose for a shorter time, or dim the lamp."
        )
    if not (placed == USED).any():
        count = np.bincount(placed, minlength=len(STATES))
        kinds = ", ".join(f"{n} {name}" for n, name in zip(count.tolist(), STATES, strict=True) if n)
        raise InputError(
            f"None of {placed.size} pinholes has a center that can be used: {kinds}.",
            cure="Choose a picture of the pinhole mask in focus, with more light, and its bad pixels flagged.",
        )


def _spots(
    points: Floats, fits: Fits, placement: Placement, state: Ints, profile: Profile, shape: tuple[int, int]
) -> Spots:
    """Put everything together, in the order of the grid."""
    order = np.lexsort((points[:, 0], points[:, 1], placement.i, placement.j, placement.i == NO_PLACE))
    missing = placement.surface(placement.missing.astype(np.float64))
    inside = ((missing >= 0) & (missing <= np.array([shape[1] - 1, shape[0] - 1]))).all(axis=1)
    width = np.where(fits.good, fits.values[:, 4] * profile.fwhm, np.nan)
    return Spots(
        x=points[order, 0],
        y=points[order, 1],
        x_error=fits.errors[order, 0],
        y_error=fits.errors[order, 1],
        flux=fits.values[order, 2],
        flux_error=fits.errors[order, 2],
        fwhm=width[order],
        chi2=fits.chi2[order],
        i=placement.i[order],
        j=placement.j[order],
        state=state[order],
        missing_x=missing[inside, 0],
        missing_y=missing[inside, 1],
        missing_i=placement.missing[inside, 0],
        missing_j=placement.missing[inside, 1],
        lattice=placement.lattice,
        model="gaussian" if profile is GAUSSIAN else "measured",
    )
