"""A new flux star beside the one in use: flux or spectrum, growth, width, and what they mean for the zero point."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.exposure import file_name, number
from calgui.core.algorithms.known import known
from calgui.core.algorithms.matching import text
from calgui.core.algorithms.registry import Curve, Metric, algorithm
from calgui.core.errors import AlgorithmError, InputError
from calgui.core.frames.frame import Frame
from calgui.core.jobs import Job
from calgui.core.runs.comparing.both import SIGMAS, Pair, check_serves, table_of
from calgui.core.runs.comparing.values import Comparison
from calgui.core.runs.tableframes import Columns, TableFrame, tables_of

Floats = npt.NDArray[np.float64]


def compare(new: Frame, old: Frame, job: Job | None = None) -> Comparison:
    """Compare two flux stars.

    Parameters
    ----------
    new, old : TableFrame
        Products of ``extract-star``; the old one may be an image or cube of a star, which is extracted likewise.
    job : Job, optional
        Progress and cancel.

    Returns
    -------
    Comparison
        There is no picture; light is compared within the smaller one of both flux radii.

    Raises
    ------
    InputError
        When the one in use has no star, another filter, or is a spectrum where the new one is an image.
    """
    job = job or Job("Compare flux stars")
    assert isinstance(new, TableFrame)
    assert isinstance(old, TableFrame)
    check_serves(new, old, "FILTER")
    job.report(0.1, "Measuring the one in use")
    anew = "GROWTH" not in old.tables
    used = _extracted(new, old, job) if anew else old
    if ("SPECTRUM" in new.tables) != ("SPECTRUM" in used.tables):
        kinds = [("a spectrum" if "SPECTRUM" in one.tables else "of an image") for one in (used, new)]
        raise InputError(f"It is {kinds[0]}, the new one {kinds[1]}.", path=old.path, cure="Choose another.")
    job.report(0.8, "Comparing")
    growth = [one.tables["GROWTH"] for one in (new, used)]
    radius = min(float(one["radius"][-1]) for one in growth)
    pairs = _pairs(new, used, growth, radius)
    curves = [_growth_curve(growth, radius)]
    flux = pairs[0]
    if "SPECTRUM" in new.tables:
        flux, spectra = _spectra(new.tables["SPECTRUM"], used.tables["SPECTRUM"], old)
        pairs[0] = flux
        curves = [*spectra, *curves]
    ratio, error = _ratio(flux)
    same, said = _same_star(new, old)
    zero = 2.5 * math.log10(ratio) if ratio is not None and ratio > 0 and same else None
    metrics: dict[str, Metric] = {
        "flux_ratio": Metric(ratio, "", "Flux of the new one over that of the one in use, within the same radius."),
        "flux_ratio_error": Metric(error, "", "One sigma of it."),
        "zero_point_difference_mag": Metric(
            zero, "mag", "New less old zero point, if both are of one star through one filter at one airmass."
        ),
        "zero_point_difference_error_mag": Metric(
            None if zero is None or error is None or ratio is None else 2.5 / math.log(10) * error / ratio,
            "mag",
            "One sigma of it.",
        ),
        "compared_within_mas": Metric(radius, "mas", "Radius within which the light of both was counted."),
        "verdict_new": Metric(text(new.header, "CALVERD").lower() or None, "", "Verdict of the new one."),
        "verdict_old": Metric(text(used.header, "CALVERD").lower() or None, "", "Verdict of the one in use."),
    }
    for pair in pairs:
        metrics |= pair.metrics()
    job.report(1.0, "Compared")
    message = _sentence(old, ratio, error, zero, said, pairs)
    if anew:
        message += " The one in use is an exposure: it was extracted as the new one was."
    return Comparison("compared", message, old.path, metrics=metrics, curves=tuple(curves), tables=(table_of(pairs),))


def _extracted(new: TableFrame, old: TableFrame, job: Job) -> TableFrame:
    """An exposure of a star, measured as the new one was."""
    if old.data.ndim < 2:
        raise InputError("It has neither a table GROWTH nor an image of a star.", path=old.path, cure="Choose another.")
    how = algorithm("extract-star")
    given: dict[str, Any] = {"unit": "electron/s"} if not old.unit else {}
    scale = number(new.header, "SCALE")
    if number(old.header, "SCALE") is None and scale:
        # the rules select it for this mode: its pixels are those of the new one
        given["pixel_scale_mas"] = 1000 * scale
    within = number(new.header, "FLUXRAD")
    tried = [{"flux_radius": within}, {}] if within else [{}]
    for last, more in enumerate(tried, 1):
        try:
            made = how.run([old], {}, how.config(**given, **more), job.part(0.1, 0.8))
        except AlgorithmError as error:
            raise InputError(error.message, path=old.path, cure=error.cure) from None
        except InputError:
            # its star may stand nearer to an edge
            if last == len(tried):
                raise
        else:
            break
    return replace(tables_of(made), path=old.path)


def _pairs(new: TableFrame, old: TableFrame, growth: list[Columns], radius: float) -> list[Pair]:
    flux, errors, parts = [], [], []
    for one in growth:
        at, light = one["radius"], one["flux"]
        flux.append(float(np.interp(radius, at, light)))
        errors.append(float(np.interp(radius, at, one["flux_error"])))
        parts.append([_radius_of(at, light, share * flux[-1]) for share in (0.5, 0.8)])
    made = [Pair("flux", "e-/s", known(flux[0]), known(flux[1]), known(math.hypot(*errors)), "Flux")]
    for name, words in (("fwhm_mas", "Width at half maximum"), ("aperture_correction", "Aperture correction")):
        values = [_figure(one, name) for one in (new, old)]
        sigma = [_figure(one, f"{name}_error") for one in (new, old)]
        error = math.hypot(sigma[0], sigma[1]) if sigma[0] is not None and sigma[1] is not None else None
        unit = "mas" if name == "fwhm_mas" else ""
        made.append(Pair(name.removesuffix("_mas"), unit, values[0], values[1], error, words))
    for index, (name, share) in enumerate((("ee50", "half"), ("ee80", "80 %"))):
        both = [known(one[index]) for one in parts]
        made.append(Pair(name, "mas", both[0], both[1], None, f"Radius with {share} of the light"))
    return [pair for pair in made if pair.new is not None or pair.old is not None]


def _figure(one: TableFrame, name: str) -> float | None:
    column = one.tables.get("PHOTOMETRY", {}).get(name)
    return known(float(column[0])) if column is not None and len(column) else None


def _radius_of(radius: Floats, light: Floats, wanted: float) -> float:
    above = np.flatnonzero(light >= wanted)
    if not above.size or not above[0]:
        return math.nan
    k = int(above[0])
    step = light[k] - light[k - 1]
    return float(radius[k - 1] + (wanted - light[k - 1]) / step * (radius[k] - radius[k - 1]))


def _spectra(new: Columns, old: Columns, frame: Frame) -> tuple[Pair, list[Curve]]:
    """Mean flux where both have one, and the curves of both and of their ratio."""
    wave = new["wavelength"] * 1e3
    other = old["wavelength"] * 1e3
    order = np.argsort(other)
    inside = (wave >= other.min()) & (wave <= other.max())
    theirs = np.interp(wave, other[order], old["flux"][order])
    error = np.interp(wave, other[order], old["flux_error"][order])
    # steps of another width hold other light
    width = _steps(wave) / np.interp(wave, other[order], _steps(other[order]))
    theirs, error = theirs * width, error * width
    use = inside & np.isfinite(new["flux"]) & np.isfinite(theirs) & (theirs > 0)
    if not use.any():
        raise InputError("No wavelength is in both spectra.", path=frame.path, cure="Choose another.")
    count = int(use.sum())
    sigma = math.sqrt(float(np.nansum(new["flux_error"][use] ** 2 + error[use] ** 2))) / count
    pair = Pair(
        "flux", "e-/s", float(new["flux"][use].mean()), float(theirs[use].mean()), known(sigma),
        "Mean flux of a step of wavelength",
    )  # fmt: skip
    both = {"new": (wave, new["flux"]), "in use": (wave[inside], theirs[inside])}
    label = "wavelength (nm, vacuum)"
    curves = [
        Curve("Spectra of both", label, "flux (e-/s)", both),
        Curve("Ratio of the spectra", label, "new over in use", {"ratio": (wave[use], new["flux"][use] / theirs[use])}),
    ]
    return pair, curves


def _steps(wave: Floats) -> Floats:
    return np.abs(np.gradient(wave)) if wave.size > 1 else np.ones(wave.shape)


def _ratio(flux: Pair) -> tuple[float | None, float | None]:
    if flux.new is None or not flux.old:
        return None, None
    # the error of the difference, as part of the smaller flux
    return flux.new / flux.old, None if flux.error is None else flux.error / abs(flux.old)


def _same_star(new: Frame, old: Frame) -> tuple[bool, str]:
    """Whether they may be of one star, and what is to be said of it."""
    ours, theirs = (
        next((name for key in ("TARGNAME", "TARGET", "OBJECT") if (name := text(one.header, key))), "")
        for one in (new, old)
    )
    if not ours or not theirs:
        return True, "if both are of one star, which the headers do not say"
    if ours == theirs:
        return True, ""
    return False, f"The stars are others ({ours}, and {theirs} in use): fluxes say nothing of the zero point."


def _growth_curve(growth: list[Columns], radius: float) -> Curve:
    lines = {}
    for name, one in zip(("new", "in use"), growth, strict=True):
        use = one["radius"] <= radius * (1 + 1e-9)
        lines[name] = (one["radius"][use], one["flux"][use] / float(np.interp(radius, one["radius"], one["flux"])))
    return Curve("Growth of both", "radius (mas)", "part of the light", lines)


def _sentence(
    old: Frame, ratio: float | None, error: float | None, zero: float | None, said: str, pairs: list[Pair]
) -> str:
    made = f"Against {file_name(old)}"
    if ratio is None:
        return f"{made} no flux can be compared."
    made += f" the flux is {ratio:.4f}" + (f" ± {error:.4f}" if error else "") + " times as large"
    width = next((pair for pair in pairs if pair.name == "fwhm"), None)
    if width is not None and width.new is not None and width.old is not None:
        made += f", the width {width.new:.1f} mas (was {width.old:.1f})"
    if zero is None:
        return f"{made}. {said}".rstrip()
    made += f"; the zero point moves by {zero:+.3f} mag"
    made += f" ({said})" if said else ""
    if error and abs(ratio - 1) > SIGMAS * error:
        return f"{made}: {abs(ratio - 1) / error:.1f} sigma, more than {SIGMAS:g}: they differ."
    return f"{made}: they agree within {SIGMAS:g} sigma." if error else f"{made}."
