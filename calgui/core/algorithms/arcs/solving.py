"""From what was measured to solutions: names by hand, exclusions, the order, and all other spectra."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from numpy.polynomial import legendre

from calgui.core.algorithms.arcs.config import ArcConfig, parse_excluded, parse_identified
from calgui.core.algorithms.arcs.field.solving import FieldFit, fit_field
from calgui.core.algorithms.arcs.finding import FoundLines
from calgui.core.algorithms.arcs.identifying import identify_blind, lit_to_whole
from calgui.core.algorithms.arcs.lamps import lamp_lines
from calgui.core.algorithms.arcs.mainfit import MainFit, main_solution
from calgui.core.algorithms.arcs.measuring import Measured, with_field
from calgui.core.algorithms.arcs.naming import Named, name_lines
from calgui.core.algorithms.arcs.ranges import Rough
from calgui.core.errors import AlgorithmError, InputError
from calgui.core.jobs import Job

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

#: a line named by hand is the found one within so many widths, and a listed one within so many
_CLICKED, _LISTED = 1.5, 1.0


@dataclass(frozen=True)
class Solved:
    """Solutions with everything that they came from.

    Attributes
    ----------
    measured : Measured
        Lines.
    config : ArcConfig
        Options.
    found : FoundLines
        Lines of the main spectrum, with those named by hand where none was found.
    named : Named
        Their names.
    main : MainFit
        Its solution.
    field : FieldFit or None
        Of all spectra, where there are several.
    stray : tuple of str
        Sentences about lines named or excluded by hand that are not there.
    by_hand : int
        Lines named by hand.
    """

    measured: Measured
    config: ArcConfig
    found: FoundLines
    named: Named
    main: MainFit
    field: FieldFit | None
    stray: tuple[str, ...]
    by_hand: int


def solve(measured: Measured, config: ArcConfig, job: Job) -> Solved:
    """Fit solutions to measured lines.

    Parameters
    ----------
    measured : Measured
        Lines.
    config : ArcConfig
        Of its options those in `calgui.core.algorithms.arcs.config.REFITS`.
    job : Job
        Progress and cancel.

    Returns
    -------
    Solved

    Raises
    ------
    InputError, AlgorithmError
        The lines could not be identified, or are too few for the order.
    """
    pairs = parse_identified(config.identify)
    found, named = measured.found, measured.named
    if named is None:
        if len(pairs) < 2:
            assert measured.failure is not None
            raise measured.failure
        named = _from_pairs(measured, pairs, job.part(0, 0.1))
    found, named, stray = _by_hand(found, named, pairs, measured.pixels)
    excluded, more = _excluded(named, parse_excluded(config.exclude))
    order = None if config.order == "auto" else int(config.order)
    main = main_solution(found, named, measured.pixels, order, config.clip, excluded)
    job.check()
    field = measured.field
    if field is None and len(measured.stack) > 1:
        field = with_field(replace(measured, found=found, named=named), config, job.part(0.1, 0.6)).field
    fitted = None
    if field is not None:
        gone = [float(named.listed.wavelength[place]) for place in excluded]
        fitted = fit_field(field, order, config.clip, gone, job.part(0.6, 1))
    return Solved(measured, config, found, named, main, fitted, (*stray, *more), len(pairs))


def _from_pairs(measured: Measured, pairs: tuple[tuple[float, float], ...], job: Job) -> Named:
    """Names of all lines by those that were named by hand: they tell the range, and else a curve."""
    pixels = measured.pixels
    half = (pixels - 1) / 2
    pixel, wave = (np.array(one, np.float64) for one in zip(*pairs, strict=True))
    if len(set(pixel)) < len(pixel) or np.ptp(wave) == 0:
        raise InputError(
            "Two lines were identified at one place, or with one wavelength.", cure="Take one of them out of identify."
        )
    guided = _guided(measured, pixel, wave, job)
    if guided is not None:
        return guided
    degree = min(len(pairs) - 1, 2)
    coefficients = legendre.legfit(pixel / half - 1, wave, degree)
    found = measured.found
    nearest = [int(np.argmin(np.abs(found.pixel - at))) for at in pixel] if len(found) else []
    light = float(np.median(np.log(found.flux[nearest]))) if nearest else 0.0
    lines = measured.lines
    own = [float(np.log(max(lines.intensity[int(np.argmin(np.abs(lines.wavelength - one)))], 1e-5))) for one in wave]
    level = dict.fromkeys(measured.lamps, light - float(np.median(own)))
    rough = np.asarray(coefficients, np.float64)
    return name_lines(found, lines, rough, level, pixels)


def _guided(measured: Measured, pixel: Floats, wave: Floats, job: Job) -> Named | None:
    """Lines that are identified in the range that those named by hand tell; None where they are no part of it."""
    found, pixels = measured.found, measured.pixels
    slope, level = np.polyfit(pixel, wave, 1)
    ends = level + slope * np.array([0.0, pixels - 1.0])
    low, high = float(ends.min()), float(ends.max())
    rough = Rough(low, high, "lines named by hand")
    try:
        blind = identify_blind(found, measured.lamps, lamp_lines(measured.lamps), rough, (1 if slope > 0 else -1,), job)
    except AlgorithmError:
        return None
    coefficients = lit_to_whole(blind.coefficients, found, pixels)
    apart = np.abs(legendre.legval(2 * pixel / (pixels - 1) - 1, coefficients) - wave)
    width = found.fwhm if np.isfinite(found.fwhm) else 3.0
    if apart.max() > _CLICKED * width * abs(float(slope)):
        return None
    return name_lines(found, lamp_lines(blind.lamps), coefficients, blind.level, pixels)


def _by_hand(
    found: FoundLines, named: Named, pairs: tuple[tuple[float, float], ...], pixels: int
) -> tuple[FoundLines, Named, tuple[str, ...]]:
    if not pairs:
        return found, named, ()
    half = (pixels - 1) / 2
    stray: list[str] = []
    index = named.index.copy()
    listed = named.listed
    fwhm = found.fwhm if np.isfinite(found.fwhm) else 3.0
    for pixel, wave in pairs:
        step = abs(float(legendre.legval(pixel / half - 1, legendre.legder(named.coefficients)))) / half
        place = int(np.argmin(np.abs(listed.wavelength - wave))) if len(listed) else -1
        if place < 0 or abs(listed.wavelength[place] - wave) > _LISTED * fwhm * step:
            stray.append(f"No listed line lies near {wave:g} nm, which was named by hand at pixel {pixel:g}.")
            continue
        at = int(np.argmin(np.abs(found.pixel - pixel))) if len(found) else -1
        if at < 0 or abs(found.pixel[at] - pixel) > _CLICKED * fwhm:
            stray.append(f"There is no line at pixel {pixel:g}, where {wave:g} nm was named by hand.")
            continue
        index[index == place] = -1
        index[at] = place
    usable = found.usable.copy()
    return replace(found, usable=usable), replace(named, index=index), tuple(stray)


def _excluded(named: Named, waves: tuple[float, ...]) -> tuple[Whole, tuple[str, ...]]:
    chosen, stray = [], []
    for wave in waves:
        place = int(np.argmin(np.abs(named.listed.wavelength - wave))) if len(named.listed) else -1
        if place < 0 or abs(named.listed.wavelength[place] - wave) > 0.1 + 2e-4 * wave:
            stray.append(f"There is no listed line at {wave:g} nm to exclude.")
            continue
        chosen.append(place)
    return np.array(sorted(set(chosen)), np.int64), tuple(stray)
