"""What wavelength solutions say in numbers: metrics, keywords, curves, tables."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.arcs.field.spread import spread_curves
from calgui.core.algorithms.arcs.gaussians import FWHM
from calgui.core.algorithms.arcs.mainfit import MISSING, REJECTED, UNIDENTIFIED, USED, missing_lines
from calgui.core.algorithms.arcs.product import lines_of_one
from calgui.core.algorithms.arcs.solution import Solution1D
from calgui.core.algorithms.arcs.solving import Solved
from calgui.core.algorithms.arcs.verdict import shares, solution_error
from calgui.core.algorithms.registry import Curve, Metric, Table
from calgui.core.algorithms.spectrummarks import LINE_STATES, SPECTRUM_STATES, Spectra
from calgui.core.spectra.wavelength import to_air

Floats = npt.NDArray[np.float64]

_KM_S = 299_792.458
#: rows of the table of spectra, the worst first
_WORST = 20
#: widths of lines, in that of the median one, that are not drawn
_BROAD = 5.0


def spectra_of(solved: Solved) -> Spectra:
    """The spectra with solutions and lines, for the views.

    Parameters
    ----------
    solved : Solved
        Solutions.

    Returns
    -------
    Spectra
    """
    measured, field = solved.measured, solved.field
    stack, main = measured.stack, solved.main.solution
    if field is None:
        listed = solved.named.listed
        lines = lines_of_one(solved, missing_lines(solved.found, solved.named, main))
        coefficients = main.coefficients[None, :]
        state, rms, fwhm = np.zeros(1, np.int64), np.array([main.rms]), np.array([main.fwhm])
        domain, why, maps = main.domain, {}, {}
    else:
        listed = measured.field.listed if measured.field is not None else solved.named.listed
        lines, coefficients, state = field.lines, field.coefficients, field.state
        rms, fwhm, domain = field.rms, field.fwhm, field.domain
        why, maps = dict(field.why), dict(field.maps)
    return Spectra(
        stack.flux, coefficients, domain, state, rms, fwhm, lines, measured.main, listed.species, listed.wavelength,
        listed.intensity, stack.place, why, maps, "identify", "exclude",
    )  # fmt: skip


def metrics(solved: Solved, spectra: Spectra) -> dict[str, Metric]:
    """Numbers of the solutions.

    Parameters
    ----------
    solved : Solved
        Solutions.
    spectra : Spectra
        All of them.

    Returns
    -------
    dict of str to Metric
    """
    return {**_residuals(solved, spectra), **_counts(solved, spectra), **_scale(solved, spectra), **_search(solved)}


def _residuals(solved: Solved, spectra: Spectra) -> dict[str, Metric]:
    main = solved.main.solution
    rms, rms_nm = _rms(spectra.lines.residual[spectra.lines.state == USED]), _rms_nm(solved, spectra)
    wave = float(main.wavelengths(_middle(main))[0])
    look = solved.main.look(main.order)
    return {
        "rms_pixel": Metric(rms, "pixel", "Residuals of the lines that were used, of all spectra."),
        "rms_nm": Metric(rms_nm, "nm", "The same in wavelength."),
        "rms_km_per_s": Metric(rms_nm / wave * _KM_S, "km/s", "The same as a velocity."),
        "rms_cross_validated_pixel": Metric(
            look.cross_validated if look is not None else None,
            "pixel",
            "Main spectrum: residuals of each line against the solution of those that are not near it.",
        ),
    }


def _counts(solved: Solved, spectra: Spectra) -> dict[str, Metric]:
    count, lines, state = shares(solved), spectra.lines, spectra.state
    has_solution = state <= 1
    per = np.bincount(lines.spectrum[lines.state == USED], minlength=len(state))[has_solution]
    used = count.used if len(state) == 1 else int(np.median(per)) if per.size else 0
    # as the spectrum is shown: of many spectra the main one is solved again with those around it
    mine = lines.state[lines.of(spectra.main)]
    missing, rejected, unnamed = (int(np.sum(mine == state)) for state in (MISSING, REJECTED, UNIDENTIFIED))
    return {
        "n_lines": Metric(used, "", "Lines that were used; of several spectra the median."),
        "n_rejected": Metric(rejected, "", "Main spectrum: lines with a name that lie too far off."),
        "n_unidentified": Metric(unnamed, "", "Main spectrum: lines without a name: not listed, or blended."),
        "n_missing": Metric(missing, "", "Main spectrum: listed lines that should be bright enough and are not seen."),
        "n_saturated": Metric(int(solved.found.saturated.sum()), "", "Main spectrum: lines that are saturated."),
        "n_narrow": Metric(solved.found.narrow, "", "Main spectrum: peaks narrower than light can be."),
        "n_spectra": Metric(int(has_solution.sum()), "", "Spectra with a solution."),
        "n_doubtful": Metric(int((state == 1).sum()), "", "Spectra whose solution is doubtful."),
        "n_failed": Metric(int((state == 2).sum()), "", "Spectra without a solution, though they have light."),
        "n_empty": Metric(int((state == 3).sum()), "", "Spectra without light."),
    }


def _scale(solved: Solved, spectra: Spectra) -> dict[str, Metric]:
    main = solved.main.solution
    middle, ends = _middle(main), main.wavelengths(np.array(main.domain))
    step = float(main.dispersion(middle)[0])
    width = float(np.nanmedian(spectra.fwhm)) if np.isfinite(spectra.fwhm).any() else math.nan
    resolution = float(main.wavelengths(middle)[0]) / (width * abs(step)) if width > 0 else None
    covered = 1 - shares(solved).beyond
    return {
        "order": Metric(main.order, "", "Of the polynomials."),
        "best_order": Metric(solved.main.best, "", "Lowest order that cross-validation finds no fault with."),
        "solution_error_pixel": Metric(
            solution_error(solved), "pixel",
            "Main spectrum: error of the solution between the first and the last line, from its covariance.",
        ),
        "dispersion_nm_per_pixel": Metric(step, "nm/pixel", "At the middle of the main spectrum; negative: falling."),
        "wavelength_first_um": Metric(float(ends[0]) / 1e3, "um", "Of the first pixel of the main spectrum, vacuum."),
        "wavelength_last_um": Metric(float(ends[1]) / 1e3, "um", "Of the last pixel."),
        "coverage_fraction": Metric(covered, "", "Part of the main spectrum between its first and last line."),
        "fwhm_pixel": Metric(width, "pixel", "Full width at half maximum of lines, median."),
        "resolution": Metric(resolution, "", "Wavelength over the width of lines, at the middle."),
        **_shape(solved, width),
    }  # fmt: skip


def _shape(solved: Solved, width: float) -> dict[str, Metric]:
    """What centres were fitted with: of many spectra in the middle of the field."""
    field = solved.measured.field
    shape = solved.found.shape if field is None else field.shape.middle
    sigma = width / FWHM if width > 0 else math.nan
    is_told = shape.is_measured and sigma > 0
    return {
        "line_shape": Metric(
            "measured" if shape.is_measured else "Gaussian", "", "What was fitted to lines; a Gaussian where they do "
            "not tell their shape."
        ),
        "line_shape_lines": Metric(shape.lines, "", "Lines that told their shape."),
        "line_shape_error_pixel": Metric(
            shape.error * sigma if is_told else None, "pixel",
            "Error of the mean of the shape, which is the place of a line: all wavelengths share it.",
        ),
        "gaussian_centre_pixel": Metric(
            shape.gaussian_centre(sigma) if is_told else 0.0, "pixel",
            "Where a fitted Gaussian would have the centre, less the mean of the shape.",
        ),
    }  # fmt: skip


def _search(solved: Solved) -> dict[str, Metric]:
    blind = solved.measured.blind
    lamps = blind.lamps if blind is not None else solved.measured.lamps
    return {
        "lamps": Metric(",".join(lamps), "", "Lamps whose lines are seen."),
        "chance": Metric(
            max(blind.chance, 1e-300) if blind is not None else None, "",
            "How likely chance reaches the score of the identification, from lists that were shuffled.",
        ),
        "score": Metric(
            blind.score if blind is not None else None, "",
            "Logarithm of the likelihood of the identification over chance.",
        ),
    }  # fmt: skip


def _middle(main: Solution1D) -> Floats:
    return np.array([(main.domain[0] + main.domain[1]) / 2])


def _rms(values: Floats) -> float:
    return math.sqrt(float(np.mean(np.square(values)))) if values.size else math.nan


def _rms_nm(solved: Solved, spectra: Spectra) -> float:
    """Residuals times the dispersion of the pixel where each line is: the main spectrum's serves for all."""
    used = spectra.lines.state == USED
    main = solved.main.solution
    first, last = math.floor(main.domain[0]), math.ceil(main.domain[1])
    # hundreds of thousands of lines: the dispersion is looked up, not computed for each
    step = main.dispersion(np.arange(first, last + 1, dtype=np.float64))
    at = np.clip(np.rint(spectra.lines.pixel[used]).astype(np.int64) - first, 0, last - first)
    return _rms(spectra.lines.residual[used] * step[at])


def keywords(solved: Solved, said: dict[str, Metric]) -> dict[str, tuple[Any, str]]:
    """What the primary header says.

    Parameters
    ----------
    solved : Solved
        Solutions.
    said : dict of str to Metric
        Their metrics.

    Returns
    -------
    dict
        Keyword to value and comment.
    """

    def value(name: str) -> Any:
        found = said[name].value
        return None if isinstance(found, float) and not math.isfinite(found) else found

    rough = solved.measured.rough
    return {
        "S_WCAL": ("SKIPPED", "a solution, applied to nothing"),
        "WCALORDR": (value("order"), "order of the Legendre polynomials"),
        "WCALRMS": (value("rms_pixel"), "[pixel] residuals of lines used"),
        "WCALRMSN": (value("rms_nm"), "[nm] the same"),
        "WCALERR": (value("solution_error_pixel"), "[pixel] error of the main solution"),
        "WCALNLIN": (value("n_lines"), "lines used"),
        "WCALNREJ": (value("n_rejected"), "lines rejected, main spectrum"),
        "WCALNSPE": (value("n_spectra"), "spectra solved"),
        "WCALNFAI": (value("n_failed"), "spectra failed"),
        "WCALMAIN": (solved.measured.main, "main spectrum, from 0"),
        "WCALLAMP": (value("lamps"), "lamps whose lines are seen"),
        "WCALDISP": (value("dispersion_nm_per_pixel"), "[nm/pixel] at the middle"),
        "WCALRES": (value("resolution"), "wavelength over width of lines"),
        "WCALSHAP": (value("line_shape"), "shape that was fitted to lines"),
        "WCALSHEL": (value("line_shape_lines"), "lines that told it"),
        "WCALSHEE": (value("line_shape_error_pixel"), "[pixel] error of its mean, of all lines"),
        "WCALSHEG": (value("gaussian_centre_pixel"), "[pixel] where a Gaussian has it"),
        "WCALLOW": (rough.low / 1e3, "[um] rough range it was looked for in"),
        "WCALHIGH": (rough.high / 1e3, f"[um] by {rough.source}"),
        "WAVEMIN": (min(_um(said)), "[um] of the main spectrum, vacuum"),
        "WAVEMAX": (max(_um(said)), "[um] of the main spectrum, vacuum"),
    }


def _um(said: dict[str, Metric]) -> tuple[float, float]:
    first, last = said["wavelength_first_um"].value, said["wavelength_last_um"].value
    assert isinstance(first, float)
    assert isinstance(last, float)
    return first, last


def curves(solved: Solved) -> tuple[Curve, ...]:
    """Diagnostics of the main spectrum.

    Parameters
    ----------
    solved : Solved
        Solutions.

    Returns
    -------
    tuple of Curve
        Residuals, in pixels and as velocities; the dispersion; widths of lines; RMS by order.
    """
    one, field = solved.main.solution, solved.measured.field
    air = solved.config.medium == "air"
    shown = to_air if air else _same
    label = f"wavelength in {solved.config.medium} (nm)"
    pixel = np.linspace(*one.domain, 400)
    wave = shown(one.wavelengths(pixel))
    parts = [(name, one.state == number) for number, name in enumerate(LINE_STATES[:3]) if (one.state == number).any()]
    velocity = one.residual * one.dispersion(one.pixel) / one.wavelengths(one.pixel) * _KM_S
    names = tuple(name for name, _ in parts)
    # of many spectra each is solved again: its residuals stand below it
    of = "lines" if field is None else "global solution"
    # that of two lines in one says nothing of the optics, and would hide what the others say
    width = solved.found.width
    sound = width < _BROAD * float(np.nanmedian(width))
    orders = np.array([look.order for look in solved.main.looks], np.float64)
    made = [
        Curve(f"Residuals of the {of}", label, "residual (pixel)",
              {name: (shown(one.wavelength[here]), one.residual[here]) for name, here in parts}, points=names),
        Curve("Residuals as velocities", label, "residual (km/s)",
              {name: (shown(one.wavelength[here]), velocity[here]) for name, here in parts}, points=names),
        Curve("Dispersion", label, "nm per pixel", {"solution": (wave, one.dispersion(pixel))}),
        Curve("Off a straight line", label, "pixel",
              {"solution": (wave, _bend(one.wavelengths(pixel), pixel))}),
        Curve("Widths of the lines", label, "FWHM (pixel)",
              {"lines": (shown(one.wavelengths(one.pixel[sound])), width[sound])}, points=("lines",)),
    ]  # fmt: skip
    if len(orders) > 1:
        made.append(
            Curve("RMS by order", "order", "RMS (pixel)", {
                "residuals": (orders, np.array([look.rms for look in solved.main.looks])),
                "cross-validated": (orders, np.array([look.cross_validated for look in solved.main.looks])),
            }, log_y=True)
        )  # fmt: skip
    if field is not None:
        made += spread_curves(field.spread)
    return tuple(made)


def _same(wave: Floats) -> Floats:
    return wave


def _bend(wave: Floats, pixel: Floats) -> Floats:
    slope, level = np.polyfit(pixel, wave, 1)
    return np.asarray((wave - slope * pixel - level) / slope, np.float64)


def tables(solved: Solved, spectra: Spectra) -> tuple[Table, ...]:
    """Small tables to show.

    Parameters
    ----------
    solved : Solved
        Solutions.
    spectra : Spectra
        All of them.

    Returns
    -------
    tuple of Table
        Lines of the main spectrum; orders; of several spectra the worst.
    """
    made = [_lines(solved), _orders(solved)]
    if len(spectra.state) > 1:
        made.append(_worst(spectra))
    return tuple(made)


def _lines(solved: Solved) -> Table:
    one, listed = solved.main.solution, solved.named.listed
    shown = to_air if solved.config.medium == "air" else _same
    wave, solution = shown(one.wavelength), shown(one.wavelengths(one.pixel))
    rows = []
    for at in range(len(one.pixel)):
        name = listed.species[one.listed[at]] if one.listed[at] >= 0 else "—"
        rows.append(
            (round(float(one.pixel[at]), 3), round(float(one.pixel_error[at]), 4), name, _short(wave[at], 4),
             _short(solution[at], 4), _short(one.residual[at], 4), float(f"{one.flux[at]:.4g}"),
             "saturated" if solved.found.saturated[at] else LINE_STATES[one.state[at]])
        )  # fmt: skip
    medium = solved.config.medium
    head = ("pixel", "error (pixel)", "species", f"listed, {medium} (nm)", f"solution, {medium} (nm)",
            "residual (pixel)", "flux", "state")  # fmt: skip
    flagged = tuple(place for place, row in enumerate(rows) if row[-1] in ("rejected", "saturated"))
    of = "main spectrum" if solved.measured.field is None else "global solution"
    return Table(f"Lines of the {of}", head, tuple(rows), flagged)


def _orders(solved: Solved) -> Table:
    looks, order = solved.main.looks, solved.main.solution.order
    return Table(
        "Residuals by order",
        ("order", "RMS (pixel)", "cross-validated (pixel)"),
        tuple((look.order, round(look.rms, 4), round(look.cross_validated, 4)) for look in looks),
        tuple(place for place, look in enumerate(looks) if look.order == order),
    )


def _worst(spectra: Spectra) -> Table:
    key = (
        np.where(np.isfinite(spectra.rms), spectra.rms, -1.0) + 1e6 * (spectra.state == 2) + 1e3 * (spectra.state == 1)
    )
    key[spectra.state == 3] = -2.0
    order = np.argsort(-key, kind="stable")[:_WORST]
    place = spectra.place
    rows = []
    for at in order:
        where = (int(place[0][at]), int(place[1][at])) if place is not None else ()
        rows.append(
            (
                int(at),
                *where,
                SPECTRUM_STATES[spectra.state[at]],
                _short(spectra.rms[at], 4),
                spectra.why.get(int(at), ""),
            )
        )
    head = ("spectrum", *(("row", "column") if place is not None else ()), "state", "RMS (pixel)", "why")
    return Table("Worst spectra", head, tuple(rows), tuple(n for n, row in enumerate(rows) if "failed" in row))


def _short(value: float, digits: int) -> float | str:
    return round(float(value), digits) if math.isfinite(value) else "—"
