"""The slow part: spectra are read, lines are found, named without help, and measured on all spectra."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.arcs.config import ArcConfig
from calgui.core.algorithms.arcs.field.solving import FieldMeasured, measure_field
from calgui.core.algorithms.arcs.finding import FoundLines, Noise, extent, find_lines
from calgui.core.algorithms.arcs.identified import identified
from calgui.core.algorithms.arcs.identifying import FEWEST, Blind
from calgui.core.algorithms.arcs.inputs import Stack, check_arc, read_stack
from calgui.core.algorithms.arcs.lamps import LampLines, lamp_lines, lamps_of
from calgui.core.algorithms.arcs.mainfit import main_solution
from calgui.core.algorithms.arcs.naming import Named
from calgui.core.algorithms.arcs.ranges import Rough, rough_range
from calgui.core.algorithms.arcs.solution import Solution1D
from calgui.core.algorithms.matching import text
from calgui.core.algorithms.spectrumedits import parse_identified, parse_wavelengths
from calgui.core.errors import AlgorithmError, CalguiError, InputError
from calgui.core.frames.frame import FrameLike
from calgui.core.jobs import Job
from calgui.core.spectra.axis import spectral_axis

Floats = npt.NDArray[np.float64]

#: what LAMP says where none was on
_OFF = ("NONE", "OFF", "N/A")
#: spectra of a stack that are tried for the main one
_TRIED = 4
_NO_LINES = "Choose an arc, or a lower threshold; a dark, or an arc whose lamps were off, shows none."


@dataclass(frozen=True)
class Measured:
    """Everything that the fit needs.

    Attributes
    ----------
    stack : Stack
        The spectra.
    main : int
        Index of the spectrum that was solved first.
    found : FoundLines
        Its lines.
    lamps : tuple of str
        That were asked for.
    rough : Rough
        Where the spectrum should lie.
    blind : Blind or None
        How it was identified; None where it could not be.
    failure : CalguiError or None
        Why.
    named : Named or None
        Its lines with names.
    field : FieldMeasured or None
        Of several spectra: the lines of all.
    """

    stack: Stack
    main: int
    found: FoundLines
    lamps: tuple[str, ...]
    rough: Rough
    blind: Blind | None
    failure: CalguiError | None
    named: Named | None
    field: FieldMeasured | None

    @property
    def pixels(self) -> int:
        """Of each spectrum."""
        return int(self.stack.flux.shape[1])

    @property
    def lines(self) -> LampLines:
        """Of the lamps that are on, or may be, as listed."""
        return lamp_lines(self.blind.lamps if self.blind is not None else self.lamps)


def check_inputs(frames: Sequence[FrameLike], config: object = None) -> None:
    """Refuse what is no arc, or lacks what must be known.

    Parameters
    ----------
    frames : sequence of FrameLike
        Only headers and shapes are looked at.
    config : ArcConfig, optional
        With it, lamps and range are looked at too.

    Raises
    ------
    InputError
        Naming the file and the cure.
    UsageError
        An option holds what it cannot.
    """
    for frame in frames:
        check_arc(frame)
        if isinstance(config, ArcConfig):
            needed_lamps(frame, config)
            rough_range(frame, config, _axis(frame))
            parse_identified(config.identify)
            parse_wavelengths(config.exclude)


def needed_lamps(frame: FrameLike, config: ArcConfig) -> tuple[str, ...]:
    """The lamps that were on, by the option or the header.

    Parameters
    ----------
    frame : FrameLike
        Its header is looked at.
    config : ArcConfig
        ``lamps``.

    Returns
    -------
    tuple of str

    Raises
    ------
    InputError
        Neither says it, or there is no list of such a lamp.
    """
    said = config.lamps.strip() or text(frame.header, "LAMP")
    if said.strip().upper() in _OFF:
        raise InputError(
            f"No lamp was on: LAMP is {said.strip()}. This is no arc.",
            path=frame.path,
            cure="Choose an arc, or give the lamps that were on by the option lamps, such as lamps=Ar,Kr.",
        )
    try:
        found = lamps_of(said)
    except InputError as error:
        raise InputError(error.message, path=frame.path, cure=error.cure) from None
    if not found:
        raise InputError(
            "Which lamps were on is not known: LAMP is missing.",
            path=frame.path,
            cure="Give the option lamps, such as lamps=Ar,Kr.",
        )
    return found


def measure(frames: Sequence[FrameLike], references: Mapping[str, FrameLike], config: ArcConfig, job: Job) -> Measured:
    """Measure an arc.

    Parameters
    ----------
    frames : sequence of FrameLike
        One arc.
    references : mapping
        None are used.
    config : ArcConfig
        See its options.
    job : Job
        Progress and cancel.

    Returns
    -------
    Measured

    Raises
    ------
    InputError
        There is no line, or nothing to go by.
    """
    check_inputs(frames, config)
    frame = frames[0]
    lamps = needed_lamps(frame, config)
    rough = rough_range(frame, config, _axis(frame))
    stack = read_stack(frame, config, job.part(0, 0.15))
    directions = {"auto": (1, -1), "rising": (1,), "falling": (-1,)}[config.direction]
    order = _candidates(stack)
    best: tuple[int, FoundLines] | None = None
    failure: CalguiError | None = None
    work = job.part(0.15, 0.4)
    for number, main in enumerate(order):
        found = find_main(stack, main, config)
        if best is None or len(found) > len(best[1]):
            best = main, found
        if int((~found.saturated).sum()) < FEWEST:
            continue
        try:
            part = work.part(number / len(order), 1)
            blind, named = identified(found, lamps, rough, directions, stack.flux.shape[1], part)
        except AlgorithmError as error:
            failure = failure or error
            continue
        made = Measured(stack, main, found, lamps, rough, blind, None, named, None)
        return with_field(made, job.part(0.4, 1))
    if best is None:
        raise InputError("There is no light in this arc.", cure=_NO_LINES)
    if failure is None:
        failure = _too_few(best[1])
    return Measured(stack, *best, lamps, rough, None, failure, None, None)


def with_field(measured: Measured, job: Job) -> Measured:
    """Measure the lines of all spectra, from the main one's solution on.

    Parameters
    ----------
    measured : Measured
        With names on the main spectrum.
    job : Job
        Progress and cancel.

    Returns
    -------
    Measured
        The same where there is one spectrum, or where the field was measured from nearly the same solution.
    """
    stack, named = measured.stack, measured.named
    if len(stack) < 2 or named is None:
        return measured
    main = _usual_solution(measured, named)
    if measured.field is not None and not _is_elsewhere(main, measured.field.main, measured.found):
        return measured
    flux = stack.flux
    if stack.saturated is not None:
        flux = np.where(stack.saturated, np.float32(np.nan), flux)
    field = measure_field(
        flux, stack.error, stack.place, main, named.listed, job, at=measured.main, photons=stack.photons or None
    )
    return replace(measured, field=field)


def _usual_solution(measured: Measured, named: Named) -> Solution1D:
    return main_solution(measured.found, named, measured.pixels, None, 4.0, np.zeros(0, np.int64)).solution


def holds_with(measured: Measured, named: Named) -> bool:
    """Whether the lines of all spectra stay as they were measured with other names on the main one.

    Parameters
    ----------
    measured : Measured
        With the lines of all spectra.
    named : Named
        Names of the main spectrum's lines.

    Returns
    -------
    bool
    """
    field = measured.field
    return field is not None and not _is_elsewhere(_usual_solution(measured, named), field.main, measured.found)


def _is_elsewhere(main: Solution1D, before: Solution1D, found: FoundLines) -> bool:
    """Whether lines would be looked for where others are: names by hand moved the solution by half a line's width."""
    pixel = np.linspace(found.first, found.last, 101)
    off = np.abs((main.wavelengths(pixel) - before.wavelengths(pixel)) / before.dispersion(pixel))
    return bool(off.max() > 0.5 * found.fwhm)


def find_main(stack: Stack, main: int, config: ArcConfig) -> FoundLines:
    """Lines of one spectrum of a stack.

    Parameters
    ----------
    stack : Stack
        Spectra.
    main : int
        Which.
    config : ArcConfig
        ``threshold``.

    Returns
    -------
    FoundLines
    """
    error = None if stack.error is None else stack.error[main].astype(np.float64)
    full = None if stack.saturated is None else stack.saturated[main]
    noise = Noise(error, 0.0 if error is not None or not stack.photons else 1 / stack.photons)
    return find_lines(stack.flux[main].astype(np.float64), noise, config.threshold, saturated=full)


def _too_few(found: FoundLines) -> InputError:
    count, full = len(found), int(found.saturated.sum())
    if full and count - full < FEWEST:
        return InputError(
            f"{full} of {count} lines are saturated: those that are left are too few (limit {FEWEST}).",
            cure="Take a shorter exposure, or a fainter lamp.",
        )
    if count == 0:
        return InputError("No line stands out: this is no arc, or its lamps were off.", cure=_NO_LINES)
    what = "Only one line stands out" if count == 1 else f"Only {count} lines stand out"
    return InputError(
        f"{what}: a straight line has two coefficients and takes {FEWEST} lines.",
        cure="Take a longer exposure or more lamps, or choose a lower threshold.",
    )


def _candidates(stack: Stack) -> list[int]:
    """Spectra that may be the main one: bright, whole, near the middle of the field."""
    n = len(stack)
    if n == 1:
        return [0]
    step = max(1, n // 4000)
    chosen = np.arange(0, n, step)
    part = stack.flux[chosen].astype(np.float64)
    lit = np.isfinite(part) & (part != 0)
    length = np.array([last - first + 1 for first, last in map(extent, part)], np.float64)
    whole = lit.sum(axis=1) / max(float(lit.sum(axis=1).max()), 1.0)
    filled = np.where(lit, part, 0.0)
    bright = np.percentile(filled, 99, axis=1) - np.median(filled, axis=1)
    if stack.place is not None:
        row, column = (one[chosen].astype(np.float64) for one in stack.place)
    else:
        row, column = chosen.astype(np.float64), np.zeros(len(chosen))
    apart = np.hypot(row - np.median(row), column - np.median(column))
    fit = (whole > 0.9) & (length >= 0.9 * length.max()) & (bright >= np.median(bright[whole > 0.5]))
    order = np.lexsort((apart, ~fit))
    return [int(one) for one in chosen[order[:_TRIED]]]


def _axis(frame: FrameLike) -> int | None:
    return spectral_axis(frame.header, len(frame.shape))
