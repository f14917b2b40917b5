"""What is told of a measured star: flux at an aperture, numbers, curves, marks, verdict."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from calgui.core.algorithms.fluxstar.config import StarConfig
from calgui.core.algorithms.fluxstar.growth import Corrected, Growth, best_radius, correct, grow, weights
from calgui.core.algorithms.fluxstar.inputs import Floats
from calgui.core.algorithms.fluxstar.photometry import Measured
from calgui.core.algorithms.marks import Marks
from calgui.core.algorithms.registry import Curve, Metric, Table, Verdict
from calgui.core.errors import AlgorithmError, InputError

#: signal to noise under which a star is doubtful, and bad
DOUBTFUL_SNR, BAD_SNR = 50.0, 10.0
#: part of the full well above which a star counts as saturated: dark and sky were subtracted from it
FULL = 0.9
#: growth in the last fifth of the flux radius, and light of neighbours and of filled pixels, that are worth a word
RISING, BESIDE, FILLED = 0.01, 0.01, 0.01
#: scatter of the parts of the annulus over noise that is worth a word
UNEVEN = 1.5
#: places along a circle
_CIRCLE = 97
_STATES = ("star", "neighbor", "other star")

#: what helps where a well is full
_SHORTER = "Choose a shorter exposure or a fainter star."


@dataclass(frozen=True, eq=False)
class Flux:
    """The flux of a star at an aperture.

    Attributes
    ----------
    radius : float
        Pixels.
    corrected : Corrected
        Flux and correction.
    psf : Growth or None
        Of the PSF star at the radii of the star's growth.
    filled : float
        Part of the aperture's light that was filled in.
    n_filled : int
        Pixels of the aperture that were filled in.
    n_saturated : int
        Pixels of the aperture that are flagged as saturated.
    """

    radius: float
    corrected: Corrected
    psf: Growth | None
    filled: float
    n_filled: int
    n_saturated: int


def flux_at(measured: Measured, config: StarConfig) -> Flux:
    """Flux at the aperture of the options, or at the best one.

    Parameters
    ----------
    measured : Measured
        The star.
    config : StarConfig
        ``radius``, ``correction``.

    Returns
    -------
    Flux

    Raises
    ------
    InputError
        When the aperture is larger than the flux radius.
    AlgorithmError
        When there is no light in the aperture.
    """
    growth, part = measured.growth, measured.part
    radius = config.radius / measured.facts.pixel_mas if config.radius is not None else best_radius(growth)
    last = float(growth.radius[-1])
    if radius > last * (1 + 1e-9):
        raise InputError(
            f"radius is {radius * measured.facts.pixel_mas:.4g} mas, larger than the flux radius of "
            f"{last * measured.facts.pixel_mas:.4g} mas.",
            cure="Give a smaller radius or a larger flux_radius.",
        )
    one = grow(
        part.data, part.variance, part.x, part.y, np.array([min(radius, last)]), measured.background.error
    )  # fmt: skip
    if not float(one.flux[0]) > 0 or not float(growth.flux[-1]) > 0:
        raise AlgorithmError(
            f"The light within {radius * measured.facts.pixel_mas:.4g} mas of {measured.star.x:.1f}, "
            f"{measured.star.y:.1f} is not more than the background.",
            cure="Choose another star by the option star, or a smaller flux_radius.",
        )
    psf = _psf_growth(measured, np.array([radius, last]))
    where, parts = weights(part.data.shape, part.x, part.y, radius)
    gone, light = part.gone[where] & (parts > 0), np.abs(part.data[where] * parts)
    return Flux(
        radius,
        correct(one, growth, psf, config.correction == "none"),
        _psf_growth(measured, growth.radius),
        float(light[gone].sum() / max(float(light.sum()), 1e-300)),
        int(np.count_nonzero(gone)),
        int(np.count_nonzero(part.saturated[where] & (parts > 0))),
    )


def _psf_growth(measured: Measured, radius: Floats) -> Growth | None:
    if measured.psf is None:
        return None
    part, error = measured.psf
    return grow(part.data, part.variance, part.x, part.y, radius, error)


def metrics_of(measured: Measured, flux: Flux) -> dict[str, Metric]:
    """Numbers of a star.

    Parameters
    ----------
    measured : Measured
        The star.
    flux : Flux
        At its aperture.

    Returns
    -------
    dict of str to Metric
    """
    mas, found, star = measured.facts.pixel_mas, flux.corrected, measured.star
    return {
        "flux_e_per_s": Metric(found.flux, "e-/s", "Flux within the flux radius."),
        "flux_error_e_per_s": Metric(found.error, "e-/s", "One sigma: pixels, background, aperture correction."),
        "flux_radius_mas": Metric(
            float(measured.growth.radius[-1]) * mas, "mas", "Radius within which the flux is counted."
        ),
        "aperture_mas": Metric(flux.radius * mas, "mas", "Radius of the aperture."),
        "aperture_correction": Metric(found.correction, "", "Factor from the aperture to the flux radius."),
        "aperture_correction_error": Metric(found.correction_error, "", "One sigma of it."),
        "aperture_flux_e_per_s": Metric(found.aperture_flux, "e-/s", "Flux within the aperture."),
        "aperture_error_e_per_s": Metric(found.aperture_error, "e-/s", "One sigma of it."),
        "snr": Metric(found.aperture_flux / found.aperture_error, "", "Signal to noise within the aperture."),
        "background_e_per_s": Metric(measured.background.level, "e-/s", "Background per pixel, at the star."),
        "background_error_e_per_s": Metric(measured.background.error, "e-/s", "One sigma of it."),
        "x_pixel": Metric(star.x, "pixel", "Place of the star, from 0."),
        "y_pixel": Metric(star.y, "pixel", "Place of the star, from 0."),
        "fwhm_mas": Metric(star.fwhm * mas, "mas", "Width of a round Gaussian fitted to the core, pixels taken out."),
        "peak_e": Metric(measured.peak_e, "e-", "Brightest pixel of one exposure, with its background."),
        "n_neighbours": Metric(len(measured.neighbours.x), "", "Other stars up to the annulus, which were masked."),
        "n_filled": Metric(flux.n_filled, "pixel", "Pixels of the aperture whose light was filled in."),
        "n_saturated": Metric(flux.n_saturated, "pixel", "Pixels of the aperture that are flagged SATURATED."),
    }


def judge(measured: Measured, flux: Flux, perfect: Floats | None) -> tuple[Verdict, tuple[str, ...]]:
    """Verdict on a measured star.

    Parameters
    ----------
    measured : Measured
        The star.
    flux : Flux
        At its aperture.
    perfect : ndarray of float64 or None
        Growth of a perfect star at the same radii.

    Returns
    -------
    tuple of str and tuple of str
    """
    bad, doubtful = _of_light(measured, flux)
    told: list[str] = []
    _of_surroundings(measured, flux, doubtful, told)
    if perfect is not None:
        faster = _faster(measured, perfect)
        if faster:
            doubtful.append(faster)
    verdict: Verdict = "bad" if bad else "doubtful" if doubtful else "good"
    return verdict, (*bad, *doubtful, *told)


def _of_light(measured: Measured, flux: Flux) -> tuple[list[str], list[str]]:
    bad: list[str] = []
    doubtful: list[str] = []
    facts, peak = measured.facts, measured.peak_e
    if flux.n_saturated:
        bad.append(f"{flux.n_saturated} pixels of the aperture are flagged as saturated: light is lost. {_SHORTER}")
    if peak is None:
        doubtful.append(
            "Saturation and linearity were not checked: the exposure time is not known (EFFINTTM, EXPTIME, EFFEXPTM, "
            "or the option exposure_time)."
        )
    elif peak >= FULL * facts.saturation_e:
        bad.append(
            f"The brightest pixel has {peak:.0f} e-, more than {100 * FULL:g} % of the full well of "
            f"{facts.saturation_e:.0f} e-: the star is saturated. {_SHORTER}"
        )
    elif peak > facts.linear_to_e and not facts.linearized:
        doubtful.append(
            f"The brightest pixel has {peak:.0f} e-, the detector is linear to {facts.linear_to_e:.0f} e-, and "
            "S_LINEAR does not say that this was corrected."
        )
    if measured.plateau:
        bad.append(
            f"{measured.plateau} pixels of the core are within 5 % of the brightest: a flat top is a full well. "
            f"{_SHORTER}"
        )
    snr = flux.corrected.aperture_flux / flux.corrected.aperture_error
    whole = flux.corrected.flux / flux.corrected.error
    if snr < BAD_SNR:
        bad.append(f"Signal to noise is {snr:.1f}, below {BAD_SNR:g}. Choose a longer exposure or a brighter star.")
    elif snr < DOUBTFUL_SNR:
        doubtful.append(f"Signal to noise is {snr:.1f}, below {DOUBTFUL_SNR:g}.")
    elif whole < DOUBTFUL_SNR:
        doubtful.append(
            f"The flux within the flux radius has a signal to noise of {whole:.1f}, below {DOUBTFUL_SNR:g}, the "
            f"aperture one of {snr:.0f}: a smaller flux_radius, or the growth of a PSF star, loses less."
        )
    return bad, doubtful


def _of_surroundings(measured: Measured, flux: Flux, doubtful: list[str], told: list[str]) -> None:
    mas, growth = measured.facts.pixel_mas, measured.growth
    if flux.filled > FILLED:
        doubtful.append(
            f"{100 * flux.filled:.1f} % of the aperture's light, more than {100 * FILLED:g} %, was filled in for "
            f"{flux.n_filled} pixels."
        )
    last = float(growth.radius[-1])
    before = float(np.interp(0.8 * last, growth.radius, growth.flux))
    rise = float(growth.flux[-1]) - before
    ring = Growth(growth.radius, growth.flux, growth.pixel_variance, growth.area, growth.background_error)
    inner = float(np.interp(0.8 * last, ring.radius, ring.pixel_variance))
    area = float(ring.area[-1]) * 0.36
    noise = math.sqrt(max(float(ring.pixel_variance[-1]) - inner, 0) + (area * ring.background_error) ** 2)
    if abs(rise) > max(3 * noise, RISING * float(growth.flux[-1])):
        doubtful.append(
            f"The growth changes by {100 * rise / float(growth.flux[-1]):.1f} % from {0.8 * last * mas:.0f} to "
            f"{last * mas:.0f} mas, more than {100 * RISING:g} % and 3 sigma: light beyond is not counted."
        )
    inside = [
        ratio
        for x, y, ratio in zip(*(getattr(measured.neighbours, name) for name in ("x", "y", "ratio")), strict=True)
        if math.hypot(x - measured.star.x, y - measured.star.y) < last
    ]
    if inside and sum(inside) > BESIDE:
        doubtful.append(
            f"{len(inside)} neighbors within the flux radius have {100 * sum(inside):.1f} % of the star's light, more "
            f"than {100 * BESIDE:g} %: they were masked, and what their halos leave stays."
        )
    elif inside:
        told.append(f"{len(inside)} neighbors within the flux radius were masked and filled in.")
    if measured.background.uneven > UNEVEN:
        told.append(
            f"Parts of the annulus differ by {measured.background.uneven:.1f} times what noise explains: "
            f"the background is known to {measured.background.error:.2g} e-/s per pixel, and a smaller flux_radius "
            "suffers less from it."
        )
    if not measured.counted:
        told.append("Errors do not hold the photons of the star: the image has no ERR, and its time is not known.")
    elif not measured.propagated:
        told.append("The image has no ERR: errors are of the annulus's scatter and the photons of the star.")
    if measured.limit:
        told.append(measured.limit)


def _faster(measured: Measured, perfect: Floats) -> str:
    growth = measured.growth
    whole = float(growth.flux[-1])
    usable = growth.radius > 1.0
    excess = (growth.flux / whole - perfect)[usable]
    noise = np.hypot(growth.error[usable], growth.flux[usable] / whole * float(growth.error[-1])) / whole
    worst = int(np.argmax(excess - 4 * noise))
    if excess[worst] <= max(0.03, 4 * float(noise[worst])):
        return ""
    radius = float(growth.radius[usable][worst]) * measured.facts.pixel_mas
    return (
        f"{100 * float(excess[worst]):.0f} % more light lies within {radius:.0f} mas than at the diffraction limit of "
        "TMT: plate scale, wavelength or flux radius are not right, or it is no star."
    )


def curves_of(measured: Measured, flux: Flux, perfect: Floats | None) -> tuple[Curve, ...]:
    """Curves of a star.

    Parameters
    ----------
    measured, flux, perfect
        As in `judge`.

    Returns
    -------
    tuple of Curve
    """
    growth, mas = measured.growth, measured.facts.pixel_mas
    radius, whole = growth.radius * mas, float(growth.flux[-1])
    lines: dict[str, tuple[Any, Any]] = {"star": (radius, growth.flux / whole)}
    if flux.psf is not None:
        lines["PSF star"] = (radius, flux.psf.flux / float(flux.psf.flux[-1]))
    if perfect is not None:
        lines["diffraction limit"] = (radius, perfect)
    at = flux.radius * mas
    lines["aperture"] = (np.array([at, at]), np.array([0.0, 1.0]))
    ratio = growth.signal_to_noise
    return (
        Curve("Curve of growth", "Radius (mas)", "Light within (fraction)", lines),
        Curve(
            "Signal to noise",
            "Radius (mas)",
            "Signal to noise",
            {"star": (radius, ratio), "aperture": (np.array([at, at]), np.array([0.0, float(ratio.max())]))},
        ),
    )


def marks_of(measured: Measured, flux: Flux) -> Marks:
    """The star, neighbours and other stars; its aperture and annulus as lines.

    Parameters
    ----------
    measured, flux
        As in `judge`.

    Returns
    -------
    Marks
    """
    star = measured.star
    turn = np.append(np.linspace(0, 2 * math.pi, _CIRCLE), np.nan)
    radii = (flux.radius, *measured.rings)
    circles = (
        np.concatenate([star.x + radius * np.cos(turn) for radius in radii]),
        np.concatenate([star.y + radius * np.sin(turn) for radius in radii]),
    )
    pieces: list[tuple[Any, Any, int]] = [([star.x], [star.y], 0)]
    pieces.append((measured.neighbours.x, measured.neighbours.y, 1))
    near = [
        place
        for place in measured.others
        if math.hypot(place[0] - star.x, place[1] - star.y) > max(measured.rings[1], 2 * star.fwhm)
    ]
    pieces.append(([place[0] for place in near], [place[1] for place in near], 2))
    x, y = (np.concatenate([np.asarray(piece[axis], np.float64) for piece in pieces]) for axis in (0, 1))
    state = np.concatenate([np.full(len(piece[0]), piece[2], np.int64) for piece in pieces])
    return Marks("stars", x, y, state, _STATES, np.ones(x.size, np.int64), adds="star", lines={1: circles})


def neighbours_table(measured: Measured) -> Table:
    """Neighbours, the brightest first.

    Parameters
    ----------
    measured : Measured
        The star.

    Returns
    -------
    Table
    """
    star, mas = measured.star, measured.facts.pixel_mas
    rows = tuple(
        (round(x, 1), round(y, 1), round(math.hypot(x - star.x, y - star.y) * mas, 1), round(100 * ratio, 3))
        for x, y, ratio in zip(measured.neighbours.x, measured.neighbours.y, measured.neighbours.ratio, strict=True)
    )
    return Table("Neighbors", ("x (pixel)", "y (pixel)", "Distance (mas)", "Of the star's peak (%)"), rows)


def keywords_of(metrics: Mapping[str, Metric]) -> dict[str, tuple[Any, str]]:
    """Keywords of the product.

    Parameters
    ----------
    metrics : mapping
        Of `metrics_of`.

    Returns
    -------
    dict
    """

    def value(name: str) -> Any:
        return metrics[name].value

    return {
        "S_EXTR1D": ("COMPLETE", "extraction of the star"),
        "APRADIUS": (value("aperture_mas"), "[mas] radius of the aperture"),
        "APCORR": (value("aperture_correction"), "aperture correction to FLUXRAD"),
        "FLUXRAD": (value("flux_radius_mas"), "[mas] radius of the whole star"),
    }
