"""``zero-point``: the AB magnitude of one electron per second, from a star of known magnitude."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from calgui.core.algorithms.exposure import number
from calgui.core.algorithms.fluxstar.config import ZeroPointConfig
from calgui.core.algorithms.fluxstar.photometry import Measured
from calgui.core.algorithms.fluxstar.reporting import (
    curves_of,
    flux_at,
    judge,
    marks_of,
    metrics_of,
    neighbours_table,
)
from calgui.core.algorithms.fluxstar.synthetic import Filter, colour_of_black_body, needed_filter
from calgui.core.algorithms.registry import Curve, Metric, Result, Table, Verdict
from calgui.core.errors import InputError
from calgui.core.jobs import Job

#: 2.5 / ln 10
_MAG = 2.5 / math.log(10)
#: an error, mag, and a throughput that are doubtful
DOUBTFUL_ERROR, LOW_THROUGHPUT = 0.05, 0.05


@dataclass(frozen=True)
class Standard:
    """The star as the catalogue has it, in the filter of the image.

    Attributes
    ----------
    row : Filter
        Of the image.
    given : float
        As given.
    system : str
        ``AB`` or ``Vega``.
    color : float
        Added, from the catalogue's filter to that of the image.
    to_ab : float
        Added, from that system to AB.
    airmass : float or None
        Of the exposure.
    extinction : float
        Magnitudes of the exposure; 0 where no coefficient is given.
    error : float
        Of magnitude and extinction, mag.
    """

    row: Filter
    given: float
    system: str
    color: float
    to_ab: float
    airmass: float | None
    extinction: float
    error: float

    @property
    def ab(self) -> float:
        """AB magnitude in the filter of the image."""
        return self.given + self.color + self.to_ab


def standard_of(header: Mapping[str, Any], path: Path | None, config: ZeroPointConfig) -> Standard:
    """What is known of the star.

    Parameters
    ----------
    header : mapping
        Asked for FILTER and AIRMASS.
    path : pathlib.Path or None
        The file, for messages.
    config : ZeroPointConfig
        Magnitude, extinction, what stands in for keywords.

    Returns
    -------
    Standard

    Raises
    ------
    InputError
        Naming what is missing.
    """
    if config.magnitude is None:
        raise InputError("The magnitude of the star is missing.", path=path, cure="Give the option magnitude.")
    if config.magnitude_system is None:
        raise InputError(
            "The system of the magnitude is missing: AB and Vega differ by 0.5 to 1.9 mag in these filters.",
            path=path,
            cure="Give the option magnitude_system: AB or Vega.",
        )
    row = needed_filter(config.filter or str(header.get("FILTER") or ""), "FILTER", path)
    color = _color(row, config)
    airmass = config.airmass if config.airmass is not None else number(header, "AIRMASS")
    extinction = error = 0.0
    if config.extinction is not None:
        if airmass is None or airmass < 1:
            raise InputError(
                "AIRMASS is missing, which the extinction is multiplied by.",
                path=path,
                cure="Add AIRMASS to the header, or give the option airmass.",
            )
        extinction, error = config.extinction * airmass, config.extinction_error * airmass
    return Standard(
        row,
        config.magnitude,
        config.magnitude_system,
        color,
        row.ab_minus_vega if config.magnitude_system == "Vega" else 0.0,
        airmass,
        extinction,
        math.hypot(config.magnitude_error, error),
    )


def _color(row: Filter, config: ZeroPointConfig) -> float:
    if config.color is not None:
        return config.color * config.color_term
    if not config.magnitude_filter.strip():
        return 0.0
    given = needed_filter(config.magnitude_filter, "magnitude_filter")
    if given.name == row.name:
        return 0.0
    if config.temperature is None:
        raise InputError(
            f"The magnitude is that in {given.name}, the image is in {row.name}: they differ by the star's color.",
            cure="Give the option temperature of the star, or color and color_term.",
        )
    assert config.magnitude_system is not None
    return colour_of_black_body(row, given, config.temperature, config.magnitude_system)


def zero_point(measured: Measured, config: ZeroPointConfig, job: Job) -> Result:
    """The zero point that a measured star gives.

    Parameters
    ----------
    measured : Measured
        See `calgui.core.algorithms.fluxstar.photometry.measure_star`.
    config : ZeroPointConfig
        See its options.
    job : Job
        Progress and cancel.

    Returns
    -------
    Result
        No product; metrics, curves, a table of what the zero point is made of.

    Notes
    -----
    ``ZP = m_AB + 2.5 log10(F) + k X``, the last term where an extinction coefficient is given: the zero point is then
    that above the atmosphere. The throughput is F over the photons that synthetic photometry lets come through the
    filter's curve to the collecting area.
    """
    header = measured.picture.header
    standard = standard_of(header, measured.picture.path, config)
    flux = flux_at(measured, config)
    job.check()
    perfect = measured.perfect
    found = flux.corrected
    own = _MAG * found.error / found.flux
    value = standard.ab + 2.5 * math.log10(found.flux) + standard.extinction
    error = math.hypot(own, standard.error)
    expected = standard.row.ab_photons(standard.ab) * config.area
    throughput = found.flux * 10 ** (0.4 * standard.extinction) / expected
    metrics = _metrics(standard, config, value, error, throughput, expected) | metrics_of(measured, flux)
    verdict, reasons = judge(measured, flux, perfect)
    verdict, reasons = _judged(verdict, reasons, standard, config, error, throughput)
    growth = measured.growth
    light = growth.flux > 0
    against = Curve(
        "Zero point",
        "Radius within which flux is counted (mas)",
        "AB magnitude of 1 e-/s",
        {
            "zero point": (
                growth.radius[light] * measured.facts.pixel_mas,
                standard.ab + standard.extinction + 2.5 * np.log10(growth.flux[light]),
            )
        },
    )
    tables = (_terms(standard, config, found.flux, own, value, error),)
    return Result(
        frame=None,
        metrics=metrics,
        verdict=verdict,
        reasons=reasons,
        curves=(*curves_of(measured, flux, perfect), against),
        tables=(*tables, neighbours_table(measured)) if measured.neighbours.x else tables,
        picture=measured.picture,
        marks=marks_of(measured, flux),
    )


def _metrics(
    standard: Standard, config: ZeroPointConfig, value: float, error: float, throughput: float, expected: float
) -> dict[str, Metric]:
    where = "above the atmosphere" if config.extinction is not None else "at the airmass of the exposure"
    what = "all but the filter's curve" if standard.row.measured else "the filter too, taken as even between its edges"
    return {
        "zero_point_ab_mag": Metric(value, "mag (AB)", f"AB magnitude of 1 e-/s within the flux radius, {where}."),
        "error_mag": Metric(error, "mag", "One sigma: flux, magnitude, extinction."),
        "zero_point_vega_mag": Metric(
            value - standard.row.ab_minus_vega, "mag (Vega)", f"Vega magnitude of 1 e-/s, {where}."
        ),
        "magnitude_ab_mag": Metric(standard.ab, "mag (AB)", "Of the star in the filter of the image."),
        "ab_minus_vega_mag": Metric(standard.row.ab_minus_vega, "mag", f"AB less Vega in {standard.row.name}."),
        "color_mag": Metric(standard.color, "mag", "From the filter of the magnitude to that of the image."),
        "extinction_mag": Metric(
            standard.extinction if config.extinction is not None else None, "mag", "Extinction of the exposure."
        ),
        "airmass": Metric(standard.airmass, "", "Airmass of the exposure."),
        "throughput": Metric(throughput, "", f"e-/s over photons that arrive, {where}, on {config.area:g} m²: {what}."),
        "expected_photons_per_s": Metric(
            expected, "photon/s", "That come through the filter's curve, outside of the atmosphere."
        ),
        "pivot_um": Metric(standard.row.pivot_um, "µm", "Pivot wavelength of the filter."),
    }


def _judged(
    verdict: Verdict,
    reasons: tuple[str, ...],
    standard: Standard,
    config: ZeroPointConfig,
    error: float,
    throughput: float,
) -> tuple[Verdict, tuple[str, ...]]:
    bad, doubtful, told = [], [], []
    if throughput > 1:
        bad.append(
            f"The throughput is {throughput:.2f}: more electrons than photons. Magnitude, system ({standard.system}), "
            "filter, gain or unit are not right."
        )
    elif throughput < LOW_THROUGHPUT:
        doubtful.append(f"The throughput is {throughput:.3f}, below {LOW_THROUGHPUT:g}: is the magnitude right?")
    if error > DOUBTFUL_ERROR:
        doubtful.append(f"The error is {error:.3f} mag, above {DOUBTFUL_ERROR:g}.")
    if config.extinction is None:
        air = f"airmass {standard.airmass:.3f}" if standard.airmass is not None else "an airmass that is not known"
        told.append(f"The zero point is that at {air}, for no extinction is given.")
    if config.magnitude_error == 0:
        told.append("The magnitude has no error of its own: that of the zero point is too small.")
    if not standard.row.measured:
        told.append(f"No curve of {standard.row.name} is known: it is taken as even between its edges.")
    if bad:
        verdict = "bad"
    elif doubtful and verdict == "good":
        verdict = "doubtful"
    return verdict, (*bad, *reasons, *doubtful, *told) if bad else (*reasons, *doubtful, *told)


def _terms(standard: Standard, config: ZeroPointConfig, flux: float, own: float, value: float, error: float) -> Table:
    rows: list[tuple[Any, ...]] = [(f"Magnitude given ({standard.system})", standard.given, config.magnitude_error)]
    if standard.color:
        rows.append(("Color, to the filter of the image", standard.color, None))
    if standard.to_ab:
        rows.append((f"Vega to AB in {standard.row.name}", standard.to_ab, None))
    rows.append(("2.5 log10 of the flux in e-/s", 2.5 * math.log10(flux), own))
    if config.extinction is not None:
        assert standard.airmass is not None
        rows.append(("Extinction of the exposure", standard.extinction, config.extinction_error * standard.airmass))
    rows.append(("Zero point (AB)", value, error))
    shown = tuple((name, round(mag, 4), None if one is None else round(one, 4)) for name, mag, one in rows)
    return Table("What the zero point is made of", ("Term", "mag", "Error (mag)"), shown)
