"""The slow part of measuring a star of an image: pixels, background, neighbours, curve of growth."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from calgui.core.algorithms.fluxstar.config import StarConfig
from calgui.core.algorithms.fluxstar.filling import find_whole_star
from calgui.core.algorithms.fluxstar.finding import Star, around, candidates, find_star
from calgui.core.algorithms.fluxstar.growth import Growth, grow, radii
from calgui.core.algorithms.fluxstar.inputs import Facts, Floats, Mask, Pixels, facts_of, read_pixels
from calgui.core.algorithms.fluxstar.limit import control_radius, perfect_growth
from calgui.core.algorithms.fluxstar.surroundings import (
    Background,
    Neighbours,
    fill,
    find_neighbours,
    fit_background,
    without_halo,
)
from calgui.core.algorithms.noise import MAD_TO_SIGMA
from calgui.core.algorithms.positions import parse_positions
from calgui.core.algorithms.stripes import STRIPES_MAS, Common, find_stripes
from calgui.core.errors import InputError
from calgui.core.frames.frame import Frame, FrameLike
from calgui.core.jobs import Job

#: flux radius where there is room, mas
FLUX_RADIUS_MAS = 1000.0
#: smallest circle of the growth, in widths of the star
_SMALLEST = 0.4


@dataclass(frozen=True, eq=False)
class Part:
    """A star with what is around it, less the background.

    Attributes
    ----------
    x, y : float
        Place of the star in this part.
    data, variance : ndarray of float64, shape (ny, nx)
        e-/s less the background, and its square; what says nothing is filled in.
    gone : ndarray of bool
        What was filled in: bad pixels, those of neighbours, odd ones.
    bad, saturated, odd : ndarray of bool
        See `Pixels` and `Neighbours`.
    """

    x: float
    y: float
    data: Floats
    variance: Floats
    gone: Mask
    bad: Mask
    saturated: Mask
    odd: Mask


@dataclass(frozen=True, eq=False)
class Measured:
    """All that was measured of a star.

    Attributes
    ----------
    picture : Frame
        The input in e-/s.
    facts : Facts
        Units.
    star : Star
        Where it is on the image.
    part : Part
        Its surroundings.
    background : Background
        Beyond the flux radius.
    neighbours : Neighbours
        In pixels of the image.
    growth : Growth
        To the flux radius.
    rings : tuple of float
        Inner and outer radius of the annulus, pixels.
    peak_e : float or None
        Electrons of the brightest pixel in one exposure, with the background; None where the time is not known.
    plateau : int
        Pixels of the core that are within 5 % of its brightest, where they are more than a star has; else 0.
    propagated : bool
        Whether errors are those of the image's ERR.
    counted : bool
        Whether the photons of the star are in the errors.
    psf : tuple of Part and float, or None
        Of a PSF star, and the error of its background per pixel.
    limit : str
        Why the flux radius is smaller than usual; empty where it is not.
    perfect : ndarray of float64 or None
        Growth of a perfect star at the same radii; None where the wavelength is not known.
    others : tuple
        Other places that look like stars: x, y, sigma.
    """

    picture: Frame
    facts: Facts
    star: Star
    part: Part
    background: Background
    neighbours: Neighbours
    growth: Growth
    rings: tuple[float, float]
    peak_e: float | None
    plateau: int
    propagated: bool
    counted: bool
    psf: tuple[Part, float] | None
    limit: str
    perfect: Floats | None
    others: tuple[tuple[float, float, float], ...]


def place_of(config: StarConfig) -> tuple[float, float] | None:
    """The star's place that the options name; the last one where clicks left several."""
    found = parse_positions(config.star, "star")
    return (found[-1].x, found[-1].y) if found else None


def measure_star(
    frames: Sequence[FrameLike], references: Mapping[str, FrameLike], config: StarConfig, job: Job
) -> Measured:
    """Find a star and measure all that does not depend on the aperture.

    Parameters
    ----------
    frames : sequence of FrameLike
        One image.
    references : mapping of str to FrameLike
        Perhaps a PSFSTAR.
    config : StarConfig
        Options.
    job : Job
        Progress and cancel.

    Returns
    -------
    Measured

    Raises
    ------
    InputError, AlgorithmError
        When there is no star, or it cannot be measured.
    """
    frame = frames[0]
    facts = facts_of(frame, config)
    pixels = read_pixels(frame, facts, job.part(0, 0.3))
    return measure_pixels(pixels, frame, facts, references, config, job.part(0.3, 1))


def measure_pixels(
    pixels: Pixels,
    frame: FrameLike,
    facts: Facts,
    references: Mapping[str, FrameLike],
    config: StarConfig,
    job: Job,
) -> Measured:
    """The same of an image that was read.

    Parameters
    ----------
    pixels : Pixels
        e-/s.
    frame : FrameLike
        Where it is from: header and path.
    facts : Facts
        Units.
    references, config, job
        As in `measure_star`.

    Returns
    -------
    Measured

    Raises
    ------
    InputError, AlgorithmError
        As in `measure_star`.
    """
    job.report(0, "Looking for the star")
    star, pixels = find_whole_star(pixels, place_of(config), frame.header, facts)
    pixels, common = _without_stripes(pixels, star, facts)
    job.check()
    others = tuple(candidates(pixels.data, pixels.bad))
    job.check()
    control = control_radius(frame.header, facts.pixel_mas)
    found = _measure(pixels, facts, star, config, control, common)
    neighbours, part, background, rings, limit, errors = found
    job.report(0.5, "Measuring the growth")
    radius = radii(_SMALLEST * star.fwhm, rings[0] / config.annulus_inner)
    growth = grow(part.data, part.variance, part.x, part.y, radius, background.error)
    job.check()
    psf = None
    if config.correction == "psf":
        psf = _psf(references, config, rings, facts.pixel_mas, control, job.part(0.8, 1))
    header = {key: value for key, value in frame.header.items() if key not in {"HISTORY", "COMMENT"}}
    shown = np.where(pixels.bad & (pixels.data == 0), np.float32(np.nan), pixels.data)
    picture = Frame(shown, None, None, header | {"BUNIT": "electron/s"}, frame.path)
    return Measured(
        picture=picture,
        facts=facts,
        star=star,
        part=part,
        background=background,
        neighbours=neighbours,
        growth=growth,
        rings=rings,
        peak_e=_peak(pixels, star, facts),
        plateau=_plateau(pixels, star),
        propagated=errors[0],
        counted=errors[1],
        psf=psf,
        limit=limit,
        perfect=perfect_growth(frame.header, facts.pixel_mas, radius),
        others=others,
    )


def _without_stripes(pixels: Pixels, star: Star, facts: Facts) -> tuple[Pixels, Common | None]:
    """Subtract offsets of rows and columns around the star that are beyond noise."""
    reach = math.ceil(STRIPES_MAS / facts.pixel_mas)
    part = around(pixels.data.shape, (star.x, star.y), reach)
    data, good = pixels.data[part], ~(pixels.bad[part] | pixels.saturated[part])
    good &= np.isfinite(data)
    if not good.any():
        return pixels, None
    middle = float(np.median(data[good]))
    noise = float(MAD_TO_SIGMA * np.median(np.abs(data[good] - middle)))
    variance = np.full(data.shape, noise**2, np.float32)
    if facts.seconds:
        variance += np.maximum(np.nan_to_num(data) - np.float32(middle), 0) / np.float32(facts.seconds)
    stripes = find_stripes(data, variance, good, star.x - part[1].start, star.y - part[0].start) if noise > 0 else None
    if stripes is None:
        return pixels, None
    cleaned = pixels.data.copy()
    cleaned[part] -= np.where(good, stripes.plane, np.float32(0))
    return replace(pixels, data=cleaned), stripes.common


def _measure(
    pixels: Pixels, facts: Facts, star: Star, config: StarConfig, control: float | None, common: Common | None = None
) -> tuple[Neighbours, Part, Background, tuple[float, float], str, tuple[bool, bool]]:
    radius, limit = _flux_radius(pixels.data.shape, star, facts, config)
    rings = radius * config.annulus_inner, radius * max(config.annulus_outer, config.annulus_inner * 1.01)
    rows, columns = around(pixels.data.shape, (star.x, star.y), math.ceil(rings[1]) + 2)
    data = pixels.data[rows, columns].astype(np.float64)
    bad, saturated = pixels.bad[rows, columns], pixels.saturated[rows, columns]
    x, y = star.x - columns.start, star.y - rows.start
    _check_centre(bad & ~saturated, x, y, star)
    dy, dx = np.indices(data.shape, np.float64)
    dx, dy = dx - x, dy - y
    distance = np.hypot(dx, dy)
    annulus = (distance > rings[0]) & (distance <= rings[1])
    sloped = config.background == "plane"
    # once to know what stands out, and once without that
    first = fit_background(data, annulus & ~bad, dx, dy, sloped)
    flat = data - first.plane(dx, dy)
    variance, errors = _variance(pixels, (rows, columns), flat, first, facts)
    found = find_neighbours(
        flat, ~bad, distance, (x, y, star.fwhm, star.peak), np.sqrt(variance), config.neighbour_sigma
    )
    gone = (bad & ~saturated) | found.masked | found.odd
    background = fit_background(data, annulus & ~gone & ~saturated, dx, dy, sloped)
    if control is not None:
        flat = data - background.plane(dx, dy)
        background = without_halo(background, flat, ~(gone | saturated), distance, rings, control)
    if common is not None:
        # what of the stripes looks round is in the circle and in the annulus, and not the same in both
        differs = common.of_circle(radius) - common.of_circle(rings[1], rings[0])
        left = math.sqrt(max(float(differs @ common.covariance @ differs), 0.0))
        background = replace(background, error=math.hypot(background.error, left))
    flat = data - background.plane(dx, dy)
    variance, errors = _variance(pixels, (rows, columns), flat, background, facts)
    filled, variance = fill(flat, variance, gone, distance, x, y)
    if pixels.filled is not None:
        at = pixels.filled.rows - rows.start, pixels.filled.columns - columns.start
        variance[at], gone[at] = pixels.filled.holes.variance, True
    part = Part(x, y, filled, variance, gone, bad, saturated, found.odd)
    on_image = replace(found, x=tuple(at + columns.start for at in found.x), y=tuple(at + rows.start for at in found.y))
    return on_image, part, background, rings, limit, errors


def _flux_radius(shape: tuple[int, ...], star: Star, facts: Facts, config: StarConfig) -> tuple[float, str]:
    """Pixels, and why it is not the usual one."""
    edge = min(star.x, star.y, shape[1] - 1 - star.x, shape[0] - 1 - star.y) + 0.5
    asked = (config.flux_radius or FLUX_RADIUS_MAS) / facts.pixel_mas
    if config.flux_radius is not None:
        if asked > edge:
            raise InputError(
                f"flux_radius is {config.flux_radius:g} mas, but the star at {star.x:.1f}, {star.y:.1f} lies "
                f"{edge * facts.pixel_mas:.0f} mas from the edge of the image.",
                cure="Give a smaller flux_radius, or leave it out.",
            )
        return asked, ""
    # half of the annulus may lie beyond the edge: a plane is fitted to the rest
    room = 2 * edge / (config.annulus_inner + config.annulus_outer)
    if asked <= room:
        return asked, ""
    return min(room, edge), (
        f"Flux is counted within {room * facts.pixel_mas:.0f} mas, for the star lies {edge * facts.pixel_mas:.0f} mas "
        f"from the edge; usual are {FLUX_RADIUS_MAS:g} mas, beyond which a halo of adaptive optics still has light."
    )


def _check_centre(bad: Mask, x: float, y: float, star: Star) -> None:
    rows, columns = around(bad.shape, (x, y), 1)
    near = np.hypot(np.arange(columns.start, columns.stop)[None, :] - x, np.arange(rows.start, rows.stop)[:, None] - y)
    if (bad[rows, columns] & (near <= max(1.0, 0.35 * star.fwhm))).any():
        raise InputError(
            f"A pixel in the core of the star at {star.x:.1f}, {star.y:.1f} is NaN or flagged: its light cannot be "
            "told from the others.",
            cure="Choose another exposure, dithered, or another star by the option star.",
        )


def _variance(
    pixels: Pixels, part: tuple[slice, slice], flat: Floats, background: Background, facts: Facts
) -> tuple[Floats, tuple[bool, bool]]:
    """Variance of each pixel, whether it is that of ERR, and whether it holds the star's photons."""
    usual = background.scatter**2
    if pixels.variance is not None:
        found = pixels.variance[part].astype(np.float64)
        known = np.isfinite(found) & (found > 0)
        return np.where(known, found, usual + np.maximum(flat, 0) / (facts.seconds or math.inf)), (True, True)
    photons = np.maximum(flat, 0) / facts.seconds if facts.seconds else np.zeros(flat.shape)
    return usual + photons, (False, facts.seconds is not None)


def _peak(pixels: Pixels, star: Star, facts: Facts) -> float | None:
    if facts.seconds is None:
        return None
    rows, columns = around(pixels.data.shape, (star.x, star.y), max(1, round(star.fwhm)))
    part = pixels.data[rows, columns][~(pixels.bad[rows, columns] & ~pixels.saturated[rows, columns])]
    return float(part.max()) * facts.seconds if part.size else None


def _plateau(pixels: Pixels, star: Star) -> int:
    """A flat top: a well that is full, whatever was subtracted from it and divided into it since."""
    rows, columns = around(pixels.data.shape, (star.x, star.y), max(2, math.ceil(star.fwhm)))
    part = pixels.data[rows, columns][~pixels.bad[rows, columns]]
    top = int(np.count_nonzero(part > 0.95 * float(part.max()))) if part.size else 0
    # of a Gaussian, 0.95 of the peak is exceeded by this part of the square of its width
    usual = -math.log(0.95) * math.pi / (4 * math.log(2)) * star.fwhm**2
    return top if top >= 5 and top > 3 * usual else 0


def _psf(
    references: Mapping[str, FrameLike], config: StarConfig, rings: tuple[float, float], pixel_mas: float,
    control: float | None, job: Job,
) -> tuple[Part, float]:  # fmt: skip
    """The star of a PSF reference, with the same annulus: what a halo loses to it is the same in both."""
    if "PSFSTAR" not in references:
        raise InputError(
            "There is no PSF star to correct the aperture by.",
            cure="Give one as reference PSFSTAR, give a cache whose rules select one, or choose correction=star.",
        )
    frame = references["PSFSTAR"]
    normalized = not frame.unit or frame.unit == "1"
    own = replace(
        config, star="", flux_radius=None, unit="electron/s" if normalized else config.unit, pixel_scale_mas=None
    )
    facts = facts_of(frame, replace(own, pixel_scale_mas=pixel_mas) if "SCALE" not in frame.header else own)
    if abs(facts.pixel_mas / pixel_mas - 1) > 1e-3:
        raise InputError(
            f"SCALE of the PSF star is {facts.pixel_mas:g} mas per pixel, that of the image {pixel_mas:g}.",
            path=frame.path,
            cure="Choose a PSF star of the same plate scale.",
        )
    pixels = read_pixels(frame, facts, job)
    star = find_star(pixels.data, pixels.bad, None)
    radius = rings[0] / config.annulus_inner
    edge = min(star.x, star.y, pixels.data.shape[1] - 1 - star.x, pixels.data.shape[0] - 1 - star.y) + 0.5
    if radius > edge:
        raise InputError(
            f"The PSF star is known to {edge * pixel_mas:.0f} mas, the flux radius is {radius * pixel_mas:.0f} mas.",
            path=frame.path,
            cure=f"Give flux_radius={edge * pixel_mas / 1.3:.0f}, or a larger PSF, or choose correction=star.",
        )
    measured = _measure(pixels, facts, star, replace(own, flux_radius=radius * facts.pixel_mas), control)
    return measured[1], measured[2].error
