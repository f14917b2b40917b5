"""From what was measured to solutions: names by hand, exclusions, the order, and all other spectra."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from numpy.polynomial import legendre

from calgui.core.algorithms.arcs.config import ArcConfig
from calgui.core.algorithms.arcs.field.fitting import fit_one, planned
from calgui.core.algorithms.arcs.field.solving import FieldFit, fit_field
from calgui.core.algorithms.arcs.finding import FoundLines
from calgui.core.algorithms.arcs.identified import identified
from calgui.core.algorithms.arcs.mainfit import MainFit, main_solution
from calgui.core.algorithms.arcs.measuring import Measured, holds_with, with_field
from calgui.core.algorithms.arcs.naming import Named, name_lines
from calgui.core.algorithms.arcs.ranges import Rough
from calgui.core.algorithms.spectrumedits import Identified, nearest_listed, parse_identified, parse_wavelengths
from calgui.core.algorithms.spectrummarks import Spectra
from calgui.core.errors import AlgorithmError, InputError
from calgui.core.jobs import Job

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

#: a line named by hand is the found one within so many widths, and a listed one within so many
_CLICKED, _LISTED = 1.5, 1.0
#: a wavelength to leave out is that of a listed line within so many nm, and so much of the wavelength
_EXCLUDED = (0.1, 2e-4)


@dataclass(frozen=True)
class Solved:
    """Solutions with everything that they came from.

    Attributes
    ----------
    measured : Measured
        Lines, with the names that the solution is of.
    config : ArcConfig
        Options.
    named : Named
        Names of the main spectrum's lines.
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
    named: Named
    main: MainFit
    field: FieldFit | None
    stray: tuple[str, ...]
    by_hand: int

    @property
    def found(self) -> FoundLines:
        """Lines of the main spectrum."""
        return self.measured.found


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
    named = measured.named
    if len(pairs) > 1 and (named is None or _contradict(measured, named, pairs)):
        named = _from_pairs(measured, pairs, job.part(0, 0.1))
        measured = replace(measured, blind=None, field=None)
    if named is None:
        assert measured.failure is not None
        raise measured.failure
    named, stray = _by_hand(measured.found, named, pairs, measured.pixels)
    excluded, more = _excluded(named, parse_wavelengths(config.exclude))
    order = None if config.order == "auto" else int(config.order)
    main = main_solution(measured.found, named, measured.pixels, order, config.clip, excluded)
    job.check()
    if pairs:
        measured = with_field(replace(measured, named=named), job.part(0.1, 0.6))
    fitted = None
    if measured.field is not None:
        gone = [float(named.listed.wavelength[place]) for place in excluded]
        fitted = fit_field(measured.field, order, config.clip, gone, job.part(0.6, 1))
    return Solved(measured, config, named, main, fitted, (*stray, *more), len(pairs))


def glance(measured: Measured, config: ArcConfig, before: Spectra, spectrum: int) -> Spectra | None:
    """Fit one spectrum of many, as `solve` fits it among all others, in a part of the time.

    Parameters
    ----------
    measured : Measured
        Lines.
    config : ArcConfig
        As of `solve`.
    before : Spectra
        What an earlier `solve` gave of the same lines.
    spectrum : int
        Which.

    Returns
    -------
    Spectra
        As before, but for that spectrum; None where it takes all of them to tell.
    """
    field, named = measured.field, measured.named
    if field is None or named is None or before.lines.pixel is not field.table.pixel:
        return None
    if pairs := parse_identified(config.identify):
        if len(pairs) > 1 and _contradict(measured, named, pairs):
            return None
        named, _ = _by_hand(measured.found, named, pairs, measured.pixels)
        if not holds_with(measured, named):
            return None
    excluded, _ = _excluded(named, parse_wavelengths(config.exclude))
    gone = [float(named.listed.wavelength[place]) for place in excluded]
    plan = planned(field, None if config.order == "auto" else int(config.order), config.clip, gone)
    one = fit_one(field, plan, config.clip, spectrum)
    return before.with_one(spectrum, one) if one is not None else None


def _contradict(measured: Measured, named: Named, pairs: tuple[Identified, ...]) -> bool:
    """Whether most lines named by hand, and two at least, are elsewhere by the names that were found: those are wrong.

    One alone may be a mistake of the hand, and cannot tell the range of the others.
    """
    half, fwhm = (measured.pixels - 1) / 2, _width(measured.found)
    u = np.array([one.pixel for one in pairs]) / half - 1
    step = np.abs(legendre.legval(u, legendre.legder(named.coefficients))) / half
    off = np.abs(legendre.legval(u, named.coefficients) - [one.wavelength for one in pairs])
    return int((off > _CLICKED * fwhm * step).sum()) > max(1, len(pairs) // 2)


def _width(found: FoundLines) -> float:
    return found.fwhm if np.isfinite(found.fwhm) else 3.0


def _from_pairs(measured: Measured, pairs: tuple[Identified, ...], job: Job) -> Named:
    """Names of all lines by those that were named by hand: they tell the range, and else a curve."""
    pixels = measured.pixels
    half = (pixels - 1) / 2
    pixel, wave = (np.array([getattr(one, name) for one in pairs]) for name in ("pixel", "wavelength"))
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
        named = identified(found, measured.lamps, rough, (1 if slope > 0 else -1,), pixels, job)[1]
    except AlgorithmError:
        return None
    apart = np.abs(legendre.legval(2 * pixel / (pixels - 1) - 1, named.coefficients) - wave)
    if apart.max() > _CLICKED * _width(found) * abs(float(slope)):
        return None
    return named


def _by_hand(
    found: FoundLines, named: Named, pairs: tuple[Identified, ...], pixels: int
) -> tuple[Named, tuple[str, ...]]:
    half = (pixels - 1) / 2
    stray: list[str] = []
    index = named.index.copy()
    listed = named.listed
    fwhm = _width(found)
    for one in pairs:
        pixel, wave = one.pixel, one.wavelength
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
    return replace(named, index=index), tuple(stray)


def _excluded(named: Named, waves: tuple[float, ...]) -> tuple[Whole, tuple[str, ...]]:
    within = _EXCLUDED[0] + _EXCLUDED[1] * np.asarray(waves, np.float64)
    meant = nearest_listed(waves, named.listed.wavelength, within)
    stray = [
        f"There is no listed line at {wave:g} nm to exclude."
        for wave, place in zip(waves, meant, strict=True)
        if place < 0
    ]
    return np.unique(meant[meant >= 0]), tuple(stray)
