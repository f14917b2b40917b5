"""``instrument-dispersion``: where the image of a white-light fiber is, against wavelength and over the field."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.dispersion.config import INSTRUMENT_REFITS, InstrumentConfig
from calgui.core.algorithms.dispersion.fibers import Fiber, Traced, check_fibers, measure_fibers, trace
from calgui.core.algorithms.dispersion.images import kind_of_inputs
from calgui.core.algorithms.dispersion.paths import reasons_of
from calgui.core.algorithms.marks import Marks
from calgui.core.algorithms.registry import Algorithm, Curve, Metric, Result, Table, Verdict, in_two_steps
from calgui.core.errors import InputError
from calgui.core.frames.frame import FrameLike
from calgui.core.frames.writing import ExtraHdu
from calgui.core.jobs import Job

Floats = npt.NDArray[np.float64]

_BAD = 5.0
#: reduced chi² of the polynomials, and the part of the fibers that may be worse
_ROUGH = 3.0
_MANY = 0.2
#: the part of the band that a fiber is seen in
_COVERED = 0.8
#: the longest arrow over the field, as a part of it
_ARROW = 0.25
#: traces that are drawn, the largest shifts first
_DRAWN = 4
#: pixels of shifts that are not drawn
_NOTHING = 1e-5


def refit(measured: Any, config: Any, job: Job) -> Result:
    """Fit polynomials to the traces.

    Parameters
    ----------
    measured : Traces
        From `measure_fibers`.
    config : InstrumentConfig
        See its options.
    job : Job
        Progress.

    Returns
    -------
    Result
        Tables ``TRACE`` (of each fiber and wavelength) and ``FIBERS`` (of each fiber, with its coefficients).

    Raises
    ------
    InputError
        No fiber has places enough.
    """
    made = trace(measured, config)
    verdict, reasons = _judge(made)
    said = _metrics(made)
    job.report(1.0, "Fitted")
    return Result(
        frame=None,
        metrics=said,
        verdict=verdict,
        reasons=reasons,
        curves=_curves(made),
        tables=(_table(made),),
        keywords={
            "INSREFW": (round(made.reference, 6), "[um] wavelength that shifts are counted from"),
            "INSORDER": (config.order, "order of the polynomials"),
            "INSMAX": (round(float(said["max_shift_pixel"].value or 0.0), 6), "[pixel] largest shift"),
            "INSFIBER": (len(made.used), "fibers with a fit"),
            "INSFROM": (made.traces.kind, "wavelengths: planes, filters or traces"),
            **_of_traces(made),
        },
        extensions=(_traces(made), _fibers(made)),
        picture=measured.paths[0].picture,
        marks=_marks(made),
        first="plots",
    )


def _of_traces(made: Traced) -> dict[str, tuple[Any, str]]:
    drawn = made.traces.drawn
    if not drawn:
        return {}
    return {
        "INSAXIS": (drawn[0].axis, "along which light is drawn out: places there less an even dispersion"),
        "INSWAVE": (drawn[0].said, "what says the wavelengths"),
    }


def _largest(made: Traced) -> Fiber:
    return max(made.used, key=lambda fiber: fiber.shift)


def _metrics(made: Traced) -> dict[str, Metric]:
    used = made.used
    worst = _largest(made)
    ends = np.array([(fiber.end_x, fiber.end_y) for fiber in used])
    fits = [fiber.fit for fiber in used if fiber.fit is not None]
    spread = float(np.hypot(*(ends - ends.mean(axis=0)).T).max()) if len(used) > 1 else None
    return {
        "max_shift_pixel": Metric(worst.shift, "pixel", "Largest shift between two wavelengths, of the worst fiber."),
        "median_shift_pixel": Metric(
            float(np.median([fiber.shift for fiber in used])), "pixel", "The same, median of the fibers."
        ),
        "end_shift_x_pixel": Metric(
            float(np.median(ends[:, 0])), "pixel", "From the first wavelength to the last, along x, median."
        ),
        "end_shift_y_pixel": Metric(float(np.median(ends[:, 1])), "pixel", "The same along y."),
        "end_shift_error_pixel": Metric(
            float(np.median([fiber.end_error for fiber in used])), "pixel", "Of that, of one fiber along one axis."
        ),
        "field_spread_pixel": Metric(
            spread, "pixel", "Largest difference of a fiber's shift from first to last wavelength from their mean."
        ),
        "rms_pixel": Metric(
            math.sqrt(float(np.mean([fit.rms**2 for fit in fits]))), "pixel", "Of places about their fit, one axis."
        ),
        "fit_chi2": Metric(float(np.median([fit.chi2 for fit in fits])), "", "Reduced chi² of the fits, median."),
        "n_fibers": Metric(len(used), "", "Fibers with a fit."),
        "n_found": Metric(len(made.fibers), "", "Fibers that were found or given."),
        "n_rejected": Metric(sum(int(fit.rejected.sum()) for fit in fits), "", "Places that lie off their fit."),
        "reference_um": Metric(made.reference, "um", "Wavelength that shifts are counted from, vacuum."),
    }


def _judge(made: Traced) -> tuple[Verdict, tuple[str, ...]]:
    bad: list[str] = []
    doubtful: list[str] = []
    worst, limit = _largest(made), made.config.limit
    if worst.shift > limit:
        said = (
            f"The image moves by {worst.shift:.3f} pixels between two wavelengths (limit {limit:g}), at {worst.x:.1f}, "
            f"{worst.y:.1f}."
        )
        (bad if worst.shift > _BAD * limit else doubtful).append(said)
    rough = [fiber for fiber in made.used if fiber.fit is not None and fiber.fit.chi2 > _ROUGH]
    if len(rough) > _MANY * len(made.used):
        chi2 = float(np.median([fiber.fit.chi2 for fiber in rough if fiber.fit is not None]))
        doubtful.append(
            f"{len(rough)} of {len(made.used)} fibers scatter about polynomials of order {made.config.order} with a "
            f"reduced chi² of {chi2:.1f} (limit {_ROUGH:g}): try a higher order."
        )
    lost = [fiber for fiber in made.fibers if fiber.fit is None and not fiber.left_out]
    if lost:
        doubtful.append(f"{len(lost)} of {len(made.fibers)} fibers have too few places for a fit.")
    for fiber in made.used:
        assert fiber.fit is not None
        seen = made.traces.paths[fiber.number - 1].wavelength[fiber.index][fiber.fit.used]
        part = float(np.ptp(seen)) / float(np.ptp(made.wavelength))
        if part < _COVERED:
            doubtful.append(
                f"The fiber at {fiber.x:.1f}, {fiber.y:.1f} is seen over {100 * part:.0f} % of the wavelengths only "
                f"(limit {100 * _COVERED:.0f} %)."
            )
            break
    for number, paths in enumerate(made.traces.paths, 1):
        gone = float(np.mean(~paths.usable))
        if gone > _MANY:
            words = ", ".join(f"{count} {word}" for word, count in reasons_of(paths.flags).items())
            doubtful.append(
                f"{100 * gone:.0f} % of the places on input {number} cannot be used ({words}; limit "
                f"{100 * _MANY:.0f} %)."
            )
    return ("bad" if bad else "doubtful" if doubtful else "good"), (*bad, *doubtful, *_said(made))


def _said(made: Traced) -> tuple[str, ...]:
    """What to know of traces."""
    drawn = made.traces.drawn
    if not drawn:
        return ()
    one = drawn[0]
    along = f"Light is drawn out along {one.axis}: shifts along it are what an even dispersion leaves"
    if one.said == "WAVECAL":
        return (f"{along}, by WAVECAL.",)
    if one.said == "CTYPE":
        return (f"{along}, by the coordinates of the header.",)
    why = (
        f"the {one.unlike} spectra of the WAVECAL are not those of the {one.paths.count} traces"
        if one.unlike
        else "give a WAVECAL"
    )
    return (f"{along}; wavelengths are from WAVEMIN to WAVEMAX, which are only roughly true: {why}.",)


def _curves(made: Traced) -> tuple[Curve, ...]:
    drawn = sorted(made.used, key=lambda fiber: -fiber.shift)[:_DRAWN]
    curves = []
    for axis, name in enumerate("xy"):
        if made.traces.drawn and not any(np.nanmax(np.abs(made.shifts(one)[axis])) > _NOTHING for one in drawn):
            # along traces of even dispersion
            continue
        gap = np.array([np.nan])
        fits = [one for fiber in drawn for one in (made.shifts(fiber)[axis], gap)]
        wave = [one for _ in drawn for one in (made.wavelength, gap)]
        lines: dict[str, tuple[Any, Any]] = {"fit": (np.concatenate(wave), np.concatenate(fits))}
        out: list[tuple[Floats, Floats]] = []
        for fiber in drawn:
            assert fiber.fit is not None
            paths = made.traces.paths[fiber.number - 1]
            seen = paths.wavelength[fiber.index]
            values = (paths.x, paths.y)[axis][fiber.index] - (fiber.x, fiber.y)[axis]
            lines[_name(made, fiber) if len(made.used) > 1 else "places"] = _single(
                seen[fiber.fit.used], values[fiber.fit.used]
            )
            left = fiber.fit.rejected | fiber.fit.excluded
            out.append((seen[left], values[left]))
        if any(one.size for one, _ in out):
            lines["left out"] = _single(*(np.concatenate(column) for column in zip(*out, strict=True)))
        title = f"Shift along {name}" + (f", the {len(drawn)} largest" if len(made.used) > len(drawn) else "")
        curves.append(Curve(title, "wavelength (µm)", f"shift along {name} (pixel)", lines, points=tuple(lines)[1:]))
    lines = {"x": _residuals(made, 0), "y": _residuals(made, 1)}
    curves.append(Curve("Residuals", "wavelength (µm)", "measured less fit (pixel)", lines, points=("x", "y")))
    if len(made.used) > 1:
        curves.append(_field(made))
    return tuple(curves)


def _field(made: Traced) -> Curve:
    """Where the fibers of all inputs are, and how far each moves, drawn larger than it is."""
    at = np.array([(fiber.x, fiber.y) for fiber in made.used])
    ends = np.array([(fiber.end_x, fiber.end_y) for fiber in made.used])
    largest = max(float(np.ptp(at[:, 0])), float(np.ptp(at[:, 1])), 1.0)
    wanted = _ARROW * largest / max(float(np.hypot(*ends.T).max()), 1e-9)
    factor = 10.0 ** math.floor(math.log10(wanted))
    factor *= next(step for step in (5, 2, 1) if step * factor <= wanted)
    gap = np.full(len(at), np.nan)
    x = np.column_stack([at[:, 0], at[:, 0] + factor * ends[:, 0], gap]).ravel()
    y = np.column_stack([at[:, 1], at[:, 1] + factor * ends[:, 1], gap]).ravel()
    times = "" if factor == 1 else f", {factor:g} times as long"
    lines = {f"first to last wavelength{times}": (x, y), "fibers": _single(at[:, 0], at[:, 1])}
    return Curve("Shift over the field", "x (pixel)", "y (pixel)", lines, points=("fibers",))


def _residuals(made: Traced, axis: int) -> tuple[Any, Any]:
    wave, left = [], []
    for fiber in made.used:
        assert fiber.fit is not None
        wave.append(made.traces.paths[fiber.number - 1].wavelength[fiber.index][fiber.fit.used])
        left.append((fiber.fit.x_residual, fiber.fit.y_residual)[axis][fiber.fit.used])
    return _single(np.concatenate(wave), np.concatenate(left))


def _single(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Places that no line joins."""
    gap = np.full(x.shape, np.nan)
    return np.column_stack([x, gap]).ravel(), np.column_stack([y, gap]).ravel()


def _name(made: Traced, fiber: Fiber) -> str:
    at = f"{fiber.x:.0f},{fiber.y:.0f}"
    return f"{fiber.number}:{at}" if len(made.traces.paths) > 1 else at


def _state(fiber: Fiber) -> str:
    return "used" if fiber.fit is not None else "left out" if fiber.left_out else "too few places"


def _table(made: Traced) -> Table:
    def number(value: float, digits: int) -> float | None:
        return round(value, digits) if math.isfinite(value) else None

    rows = tuple(
        (
            fiber.number, round(fiber.x, 3), round(fiber.y, 3), number(fiber.shift, 4), number(fiber.end_x, 4),
            number(fiber.end_y, 4), number(fiber.end_error, 4),
            number(fiber.fit.rms, 4) if fiber.fit is not None else None, _state(fiber),
        )
        for fiber in made.fibers
    )  # fmt: skip
    columns = (
        "input", "x (pixel)", "y (pixel)", "largest shift (pixel)", "first to last, x", "first to last, y", "error",
        "rms (pixel)", "state",
    )  # fmt: skip
    flagged = tuple(k for k, fiber in enumerate(made.fibers) if fiber.fit is None)
    return Table("Fibers", columns, rows, flagged)


def _traces(made: Traced) -> ExtraHdu:
    n = len(made.wavelength)
    parts: dict[str, list[Any]] = {
        name: [] for name in ("input", "fiber", "wavelength", "x", "y", "shift_x", "shift_y", "error_x", "error_y")
    }
    for k, fiber in enumerate(made.used, 1):
        assert fiber.fit is not None
        x, y = fiber.fit.told(made.wavelength)
        dx, dy = made.shifts(fiber)
        ex, ey = (np.where(np.isfinite(x), e, np.nan) for e in fiber.fit.errors_from(made.wavelength, made.reference))
        values = (np.full(n, fiber.number, np.int32), np.full(n, k, np.int32), made.wavelength, x, y, dx, dy, ex, ey)
        for name, value in zip(parts, values, strict=True):
            parts[name].append(value)
    units = dict.fromkeys(("x", "y", "shift_x", "shift_y", "error_x", "error_y"), "pixel") | {"wavelength": "um"}
    return ExtraHdu("TRACE", {name: np.concatenate(values) for name, values in parts.items()}, units)


def _fibers(made: Traced) -> ExtraHdu:
    used = made.used
    fits = [fiber.fit for fiber in used if fiber.fit is not None]
    columns: dict[str, Any] = {
        "fiber": np.arange(1, len(used) + 1, dtype=np.int32),
        "input": np.array([fiber.number for fiber in used], np.int32),
        "x": np.array([fiber.x for fiber in used]),
        "y": np.array([fiber.y for fiber in used]),
        "max_shift": np.array([fiber.shift for fiber in used]),
        "end_x": np.array([fiber.end_x for fiber in used]),
        "end_y": np.array([fiber.end_y for fiber in used]),
        "end_error": np.array([fiber.end_error for fiber in used]),
        "rms": np.array([fit.rms for fit in fits]),
        "chi2": np.array([fit.chi2 for fit in fits]),
        "coefficients_x": np.array([fit.x for fit in fits]),
        "coefficients_y": np.array([fit.y for fit in fits]),
        "wavelength_first": np.array([fit.domain[0] for fit in fits]),
        "wavelength_last": np.array([fit.domain[1] for fit in fits]),
    }
    units: dict[str, str] = {}
    if made.traces.drawn:
        # along the trace a wavelength is at x (or y) + (wavelength - INSREFW) / dispersion
        columns["dispersion"] = np.array([made.traces.drawn[one.number - 1].step[one.index] for one in used])
        units["dispersion"] = "um/pixel"
    pixels = ("x", "y", "max_shift", "end_x", "end_y", "end_error", "rms", "coefficients_x", "coefficients_y")
    units |= dict.fromkeys(pixels, "pixel") | {"wavelength_first": "um", "wavelength_last": "um"}
    return ExtraHdu("FIBERS", columns, units)


def _marks(made: Traced) -> Marks:
    states = ("used", "left out", "too few places")
    fibers = made.fibers
    return Marks(
        "fibers",
        np.array([fiber.x for fiber in fibers]),
        np.array([fiber.y for fiber in fibers]),
        np.array([states.index(_state(fiber)) for fiber in fibers], np.int64),
        states,
        np.array([fiber.number for fiber in fibers], np.int64),
        vectors=(np.array([fiber.end_x for fiber in fibers]), np.array([fiber.end_y for fiber in fibers])),
        vectors_name="from the first wavelength to the last",
        values={
            "largest shift (pixel)": np.array([fiber.shift for fiber in fibers]),
            "first to last along x (pixel)": np.array([fiber.end_x for fiber in fibers]),
            "first to last along y (pixel)": np.array([fiber.end_y for fiber in fibers]),
        },
        toggles="leave_out",
        adds="fibers",
    )


def _wants(frames: Sequence[FrameLike], config: Any) -> Sequence[str]:
    """Wavelengths along traces alone are from a reference."""
    try:
        traces = kind_of_inputs(frames, config.images) == "traces"
    except InputError:
        return ()
    return ("WAVECAL",) if traces else ()


INSTRUMENT = Algorithm(
    name="instrument-dispersion",
    title="Dispersion of the instrument",
    summary="Follows the image of white-light fibers through the wavelengths of cubes, through filters, or along "
    "traces, and fits where it is.",
    inputs="cubes of white-light fibers; or images of one through several filters, or of traces of white light",
    config=InstrumentConfig,
    run=in_two_steps(measure_fibers, refit),
    takes=("cube", "image"),
    optional_references=("WAVECAL",),
    wants=_wants,
    product="INSDISP",
    measure=measure_fibers,
    refit=refit,
    refits=INSTRUMENT_REFITS,
    check=check_fibers,
    previewable=False,
    source="weighted least squares on Legendre polynomials",
)
