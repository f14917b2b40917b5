"""Metrics, verdict and keywords of a subtracted sky."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from calgui.core.algorithms.cubesky.applying import Recipe
from calgui.core.algorithms.cubesky.config import CubeSkyConfig
from calgui.core.algorithms.cubesky.linemodel import Measured
from calgui.core.algorithms.cubesky.residuals import BAD, GOOD, Left, planes_of, rms
from calgui.core.algorithms.cubesky.scaling import UNCERTAIN, Fit
from calgui.core.algorithms.cubesky.spaxels import Empty
from calgui.core.algorithms.cubesky.unlisted import REST
from calgui.core.algorithms.registry import Metric, Verdict

_FWHM = 2.3548
#: widths of the lines that differ by more are of another resolution
_OTHER_WIDTH = 0.04


def metrics(
    recipe: Recipe, empty: Empty, measured: Measured, left: Left, age: float | None, unit: str
) -> dict[str, Metric]:
    """All numbers of a result.

    Parameters
    ----------
    recipe : Recipe
        What was subtracted.
    empty : Empty
        Spaxels that were used.
    measured : Measured
        Lines in the sky.
    left : Left
        Residuals.
    age : float or None
        Minutes between sky and science.
    unit : str
        Of the cube.

    Returns
    -------
    dict of str to Metric
    """
    fit, field = recipe.fit, recipe.field
    made = {
        "scale": Metric(fit.overall, "", "What all lines of the sky together were multiplied by."),
        "scale_error": Metric(fit.overall_error, "", "One standard deviation of it."),
        "residual_rms": Metric(
            rms(left.after, left.on_line), unit, "RMS over the sky lines in spaxels without an object."
        ),
        "expected_rms": Metric(
            rms(left.expected, left.on_line), unit, "What noise leaves there: sqrt(var_science + scale² var_sky)."
        ),
        "residual_ratio": Metric(
            left.ratio(left.on_line), "", f"Residual over noise on the sky lines; good below {GOOD}, bad above {BAD:g}."
        ),
        "residual_ratio_before": Metric(
            left.ratio(left.on_line, "before"), "", "The same for the sky as it is, neither moved nor scaled."
        ),
        "shift_pixel": Metric(fit.shift, "pixel", "How far the sky was moved towards larger plane numbers."),
        "shift_error_pixel": Metric(fit.shift_error, "pixel", "One standard deviation of it."),
        "shift_across_pixel": Metric(
            float(np.hypot(field.along_x, field.along_y)) if field.parts >= 4 else None,
            "pixel",
            "Change of the shift across the field" + ("; applied." if field.applied else "; too small to be applied."),
        ),
        "lsf_fwhm_pixel": Metric(
            measured.sigma * _FWHM if measured.found else None, "pixel", "Width of the sky's lines at half height."
        ),
        "lsf_ratio": Metric(
            fit.width if measured.found else None, "", "Width of the lines in the science cube over that in the sky."
        ),
        "line_offset_pixel": Metric(
            measured.offset if measured.found else None, "pixel", "Lines of the sky less the list's wavelengths."
        ),
        "continuum": Metric(_median(fit.continuum), unit, "Continuum that was subtracted, median over wavelength."),
        "continuum_change": Metric(
            _median(fit.continuum - fit.sky_continuum), unit, "Continuum of the science's sky less that of the sky."
        ),
        "n_sky_spaxels": Metric(int(empty.chosen.sum()), "spaxel", "Spaxels without an object that were fitted."),
        "object_fraction": Metric(
            1 - float(empty.chosen.sum()) / max(empty.usable, 1), "", "Part of the field taken to hold an object."
        ),
        "sky_age_minutes": Metric(age, "minute", "Between the middles of the two exposures."),
    }
    made |= _family_metrics(fit, left)
    if fit.rotational:
        made["rotational_change"] = Metric(
            fit.rotational, "", "Relative change of a line for a rotational energy of kT at 190 K."
        )
    return made


def _family_metrics(fit: Fit, left: Left) -> dict[str, Metric]:
    """Scale of each family, its error, and what is left on its lines."""
    made: dict[str, Metric] = {}
    for number, name in enumerate(fit.names):
        if name == "all":
            continue
        key = name.replace("-", "_").lower()
        made[f"scale_{key}"] = Metric(float(fit.scales[number]), "", f"Scale of the lines of {_told(name)}.")
        made[f"scale_{key}_error"] = Metric(float(fit.errors[number]), "", "One standard deviation of it.")
        made[f"ratio_{key}"] = Metric(
            left.ratio(planes_of(fit, left, number)), "", f"Residual over noise on the lines of {_told(name)}."
        )
    return made


def verdict(
    recipe: Recipe,
    empty: Empty,
    measured: Measured,
    left: Left,
    told: Sequence[str],
    config: CubeSkyConfig,
) -> tuple[Verdict, tuple[str, ...]]:
    """Judge a result.

    Parameters
    ----------
    recipe, empty, measured, left
        As for `metrics`.
    told : sequence of str
        What the headers give reason to doubt.
    config : CubeSkyConfig
        Options.

    Returns
    -------
    tuple of str and tuple of str
        Verdict and its reasons.
    """
    ratio = left.ratio(left.on_line)
    reasons = [
        *told,
        *_of_residuals(recipe, left, ratio),
        *_of_lines(recipe.fit, measured, left, ratio),
        *_of_field(recipe, empty, left, config),
    ]
    bad = ratio is not None and ratio > BAD
    return ("bad" if bad else "doubtful" if reasons else "good"), tuple(reasons)


def _of_residuals(recipe: Recipe, left: Left, ratio: float | None) -> list[str]:
    """What is left on the lines, beside the noise."""
    if ratio is None:
        return []
    if ratio > GOOD:
        worst = _worst(recipe, left)
        return [
            f"On the sky lines {ratio:.2f} times the expected noise is left; the limit is {GOOD}{worst}. Choose a sky "
            "nearer in time, or look whether objects fill the field."
        ]
    high = [(name, value) for value, name in _by_family(recipe.fit, left) if value > GOOD]
    if not high:
        return []
    text = " and ".join(f"{_told(name)} ({value:.2f})" for name, value in high)
    return [f"The lines of {text} leave more than {GOOD} times the expected noise. Look at them."]


def _of_lines(fit: Fit, measured: Measured, left: Left, ratio: float | None) -> list[str]:
    """What was found of the lines: whether there are any, their shift, width and scale."""
    reasons = []
    if not measured.found:
        reasons.append(
            "No line of the list stands out in the sky, so lines could neither be scaled nor moved: the sky was "
            "subtracted as it is. Choose a sky of longer exposure, or of the right filter."
        )
    elif measured.lines.names == (REST,):
        reasons.append(
            f"No line of the list stands out in the sky: its {len(measured.lines.place)} lines, which are in no list, "
            "were moved and scaled all alike. Look at the wavelengths of the sky."
        )
    elif ratio is None and not np.isfinite(left.expected).any():
        reasons.append("The science cube has no ERR, so the residuals cannot be judged. Give a cube with errors.")
    if fit.limited:
        reasons.append(
            f"The shift came to its limit of {abs(fit.shift):g} pixel. Look at the wavelengths of both cubes, or raise "
            "the option max_shift."
        )
    if measured.found and abs(fit.width - 1) > _OTHER_WIDTH:
        reasons.append(
            f"The lines of the science cube are {abs(fit.width - 1):.0%} {'wider' if fit.width > 1 else 'narrower'} "
            f"than those of the sky; up to {_OTHER_WIDTH:.0%} is usual. Choose a sky of the same grating and spaxels."
        )
    if measured.found and not 0.3 < fit.overall < 3:
        reasons.append(
            f"The lines of the sky were scaled by {fit.overall:.2f}; skies of one night differ by less than 3. Choose "
            "another sky."
        )
    return reasons


def _of_field(recipe: Recipe, empty: Empty, left: Left, config: CubeSkyConfig) -> list[str]:
    """What was found of the continuum, of the field, and of the wavelengths that the sky reaches."""
    fit, reasons = recipe.fit, []
    change, own = _median(fit.continuum - fit.sky_continuum), abs(_median(fit.sky_continuum))
    noise = _median(np.where(np.isfinite(left.expected), left.expected, np.sqrt(empty.chosen.sum()) * left.mean_noise))
    if abs(change) > max(own, noise):
        reasons.append(
            f"The continuum in the empty spaxels is {'above' if change > 0 else 'below'} that of the sky by "
            f"{abs(change) / max(own, 1e-30):.1f} times the latter, and was subtracted. If an object fills the field, "
            "set the option continuum to sky."
        )
    if empty.crowded:
        level = (
            "its continuum is that of the sky as it was" if config.continuum != "fitted" else "it may hold their light"
        )
        reasons.append(
            "No part of the field is surely free of objects: the sky was scaled in the faintest quarter of it, and "
            f"{level}. Look at the mean of the empty spaxels; a sky taken right before or after is safest here."
        )
    if empty.dark > 0.02 * max(empty.usable, 1):
        reasons.append(
            f"{empty.dark} spaxels are far fainter than the others: the sky seems to hold an object of its own. Choose "
            "another sky, or set the option cube_sky to spectrum."
        )
    covered = float(recipe.resampler.covered.mean())
    if covered < 1:
        reasons.append(
            f"The sky reaches {covered:.1%} of the wavelengths; other planes are NaN and flagged. Choose a sky of the "
            "same range."
        )
    return reasons


def keywords(recipe: Recipe, config: CubeSkyConfig) -> dict[str, tuple[Any, str]]:
    """What the product's header says.

    Parameters
    ----------
    recipe : Recipe
        What was subtracted.
    config : CubeSkyConfig
        Options.

    Returns
    -------
    dict
        Keyword to value and comment.
    """
    fit = recipe.fit
    made: dict[str, tuple[Any, str]] = {
        "S_BKDSUB": ("COMPLETE", "sky subtraction"),
        "SKYSCAL": (round(fit.overall, 6), "scale of all lines of the sky"),
        "SKYSHIFT": (round(fit.shift, 5), "[pixel] shift of the sky in wavelength"),
        "SKYKIND": (config.cube_sky, "sky of each spaxel, or mean spectrum"),
        "SKYCONT": (config.continuum, "continuum fitted, or of the sky"),
    }
    if recipe.field.applied:
        made["SKYSHIFX"] = (round(recipe.field.along_x, 5), "[pixel] change of the shift along x")
        made["SKYSHIFY"] = (round(recipe.field.along_y, 5), "[pixel] change of the shift along y")
    for number, name in enumerate(fit.names):
        if name != "all":
            key = "SKY_" + name.replace("-", "_").upper()
            held = " (follows others)" if fit.errors[number] > UNCERTAIN else ""
            made[key] = (round(float(fit.scales[number]), 5), f"scale of {_told(name)}{held}")
    return made


def _told(name: str) -> str:
    return {"O2": "O2", REST: "no list"}.get(name, f"OH {name}")


def _by_family(fit: Fit, left: Left) -> list[tuple[float, str]]:
    """Residual over noise on the lines of each family where it is known, and the family."""
    found = [(left.ratio(planes_of(fit, left, number)), name) for number, name in enumerate(fit.names)]
    return [(value, name) for value, name in found if value is not None]


def _worst(recipe: Recipe, left: Left) -> str:
    values = [one for one in _by_family(recipe.fit, left) if one[1] != "all"]
    if not values:
        return ""
    value, name = max(values)
    return f", and most on {_told(name)} ({value:.2f})"


def _median(values: Any) -> float:
    return float(np.nanmedian(values))
