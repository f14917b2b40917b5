"""The figures of a residual."""

import math

import numpy as np

from calgui.core.algorithms.dispersion.fitting import span
from calgui.core.algorithms.dispersion.residual import Agreement, Residual, Star
from calgui.core.algorithms.registry import Metric


def adopted_mas(made: Residual) -> float:
    """Largest shift between two wavelengths of the residual that was adopted, mas.

    Parameters
    ----------
    made : Residual
        Of the star where there is one, else computed.

    Returns
    -------
    float
    """
    measured = _measured_mas(made)
    sky = made.sky()
    return measured if math.isfinite(measured) else span(*sky) if sky is not None else math.nan


def _measured_mas(made: Residual) -> float:
    """The same of the star, NaN without one."""
    if made.star is None or made.scale is None:
        return math.nan
    return made.scale.value * span(*made.measured_pixels())


def metrics(made: Residual) -> dict[str, Metric]:
    """The figures of a residual.

    Parameters
    ----------
    made : Residual
        Any.

    Returns
    -------
    dict of str to Metric
    """
    return {**_shifts(made), **_agreement(made.agreement), **_conditions(made), **_fit(made.star)}


def _shifts(made: Residual) -> dict[str, Metric]:
    sky, pixels, computed = made.sky(), made.pixels(), made.computed
    of = "of the star" if made.star is not None else "computed"
    apart = float(np.nanmax(np.hypot(*sky))) if sky is not None else math.nan
    if sky is None and made.star is not None and made.scale is not None:
        apart = made.scale.value * float(np.nanmax(np.hypot(*made.measured_pixels())))
    return {
        "max_shift_mas": _metric(adopted_mas(made), "mas", f"Largest residual shift between two wavelengths, {of}."),
        "max_shift_from_reference_mas": _metric(apart, "mas", "Largest one from the reference wavelength."),
        "max_shift_pixel": _metric(
            span(*pixels) if pixels is not None else None, "pixel", "Between two wavelengths, on the picture."
        ),
        "computed_shift_mas": _metric(
            span(computed.along, computed.across) if computed else None,
            "mas",
            "Between two wavelengths, by air and corrector.",
        ),
        "measured_shift_mas": _metric(_measured_mas(made), "mas", "Between two wavelengths, by the fit to the star."),
        "air_shift_mas": _metric(float(np.ptp(computed.air)) if computed else None, "mas", "What the air alone makes."),
        "air_error_mas": _metric(
            computed.error if computed else None,
            "mas",
            "Error of that, one sigma: by the option air_error, and for air that Mathar 2007 did not fit.",
        ),
    }


def _agreement(found: Agreement | None) -> dict[str, Metric]:
    chi2 = chance = rms = worst = part = angle = None
    if found is not None:
        chi2, chance, rms = found.chi2, found.chance, found.rms
        worst, part, angle = found.worst, found.part, found.angle
    return {
        "chi2": _metric(
            chi2,
            "",
            "Of measured less computed, over the degrees of freedom: 1 where errors alone keep them apart.",
        ),
        "chance": _metric(chance, "", "That errors alone make so large a chi²."),
        "difference_rms_mas": _metric(rms, "mas", "Of measured less computed, along one axis."),
        "difference_max_mas": _metric(worst, "mas", "Largest distance of the fit from what was computed."),
        "seen_fraction": _metric(part, "", "Dispersion of the star over that of the air alone."),
        "seen_angle_deg": _metric(
            angle,
            "deg",
            "From the zenith to where shorter wavelengths are seen; 180 where the corrector did too much.",
        ),
    }


def _conditions(made: Residual) -> dict[str, Metric]:
    return {
        "reference_um": Metric(made.reference, "um", "Wavelength that shifts are counted from, vacuum."),
        "zenith_angle_deg": Metric(made.computed.conditions.zenith if made.computed else None, "deg", "Of the star."),
        "parallactic_angle_deg": Metric(
            None if isinstance(made.lying, str) else made.lying.zenith, "deg", "Position angle of the zenith."
        ),
        "pixel_scale_mas": Metric(made.scale.value if made.scale else None, "mas", "Plate scale."),
    }


def _fit(star: Star | None) -> dict[str, Metric]:
    fit = star.fit if star is not None else None
    error = None
    if star is not None and fit is not None:
        error = float(np.median(np.concatenate([star.x_error[fit.used], star.y_error[fit.used]])))
    return {
        "n_used": Metric(int(fit.used.sum()) if fit else None, "", "Ranges of wavelength in the fit."),
        "n_rejected": Metric(int(fit.rejected.sum()) if fit else None, "", "Ranges that lie off the fit."),
        "fit_chi2": _metric(fit.chi2 if fit else None, "", "Reduced chi² of the polynomials."),
        "fit_rms_pixel": _metric(fit.rms if fit else None, "pixel", "Of the star about them, one axis."),
        "error_pixel": _metric(error, "pixel", "Of one place along one axis, median."),
    }


def _metric(value: float | None, unit: str, help: str) -> Metric:
    return Metric(float(value) if value is not None and math.isfinite(value) else None, unit, help)
