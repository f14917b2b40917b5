"""The registered algorithm: spectra of the sky and a WAVECAL in, the shift between them out."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from calgui.core.algorithms.exposure import canonical_unit, exposure_time, number
from calgui.core.algorithms.known import known
from calgui.core.algorithms.nightshift.combining import Combined, combine
from calgui.core.algorithms.nightshift.config import NightShiftConfig
from calgui.core.algorithms.nightshift.measuring import LIGHT, Measured, measure
from calgui.core.algorithms.nightshift.reporting import curves, extensions, lines_of, tables
from calgui.core.algorithms.nightshift.showing import spectra_of
from calgui.core.algorithms.registry import Algorithm, Metric, Result, Verdict, in_two_steps
from calgui.core.algorithms.spectralgrid.spectra import Stack, layout_of, read_spectra
from calgui.core.errors import InputError
from calgui.core.frames.frame import FrameLike
from calgui.core.jobs import Job

#: a change along the spectrum or over the field counts from so many sigma
_SIGMA = 4.0
#: options that the combination alone looks at
REFITS = ("limit", "clip")
#: features that a shift should rest on
_FEW = 3


@dataclass(frozen=True)
class Seen:
    """Spectra of the sky with their features.

    Attributes
    ----------
    stack : Stack
        Spectra, with the wavelengths of the solution.
    lines : Measured
        Features on them.
    """

    stack: Stack
    lines: Measured


def see(frames: Sequence[FrameLike], references: Mapping[str, FrameLike], config: NightShiftConfig, job: Job) -> Seen:
    """Measure the lines of the sky.

    Parameters
    ----------
    frames : sequence of FrameLike
        One: a spectrum of the sky, extracted spectra (n, pixels), or a cube (wavelength, y, x); before sky
        subtraction.
    references : mapping
        ``WAVECAL``, the solution: wavelength of each pixel, vacuum.
    config : NightShiftConfig
        See its options.
    job : Job
        Progress and cancel.

    Returns
    -------
    Seen

    Raises
    ------
    InputError
        They do not belong together, or there is no solution.
    AlgorithmError
        No line of the sky is known or seen.
    """
    job.report(0.0, "Reading")
    stack = read_spectra(frames[0], references)
    measured = measure(stack, _photons(frames[0]), config, job.part(0.1, 1))
    # here lines are Gaussians, and the solution may hold the mean of a skew line for its place
    off = number(references["WAVECAL"].header, "WCALSHEG") or 0.0
    return Seen(stack, replace(measured, shift=measured.shift - (-off if stack.falling else off)))


def combined(measured: Seen, config: Any, job: Job) -> Result:
    """Say how far the solution is off.

    Parameters
    ----------
    measured : Seen
        Features on the spectra.
    config : NightShiftConfig
        Of its options those in `REFITS`.
    job : Job
        Progress and cancel.

    Returns
    -------
    Result
        Tables ``SHIFT`` of spectra and ``LINES`` of features; no image.

    Notes
    -----
    A shift is where a line is less where the solution has it: positive towards larger pixel numbers, and in nm what the
    solution gives too much. Wavelengths of Rousselot et al. (2000, A&A 354, 1134). Lines that are not resolved, such as
    the two of a Lambda doublet, are fitted as one feature of fixed composition.
    """
    stack, lines = measured.stack, measured.lines
    found = combine(
        lines.shift, lines.error, lines.features.doubt / lines.usual_pace, lines.centre, stack.layout.pixels,
        config.clip, stack.layout.place,
    )  # fmt: skip
    job.report(0.95, "Judging")
    sign = -1.0 if stack.falling else 1.0
    verdict, reasons = _judged(found, lines, config, sign)
    columns = lines_of(found, lines, sign)
    return Result(
        frame=None,
        metrics=_metrics(found, lines, config, sign),
        verdict=verdict,
        reasons=reasons,
        curves=curves(columns, found, sign),
        tables=tables(columns),
        keywords={
            "WSHIFT": (sign * found.shift, "[pixel] lines of the sky less solution"),
            "WSHIFTE": (found.error, "[pixel] its error"),
            "WSHIFTNM": (found.shift * lines.usual_pace, "[nm] the solution gives too much by this"),
            "WSHIFTKM": (_speed(found.shift, lines), "[km/s] the same"),
        },
        extensions=extensions(columns, found, lines, stack, sign),
        spectra=spectra_of(found, lines, stack),
    )


def _photons(frame: FrameLike) -> float:
    """Electrons in a unit of flux; infinite where the header does not say."""
    unit = canonical_unit(frame.unit) or ""
    gain, seconds = number(frame.header, "GAIN"), exposure_time(frame.header)
    made = 1.0 if unit.startswith("electron") else math.inf
    if unit.startswith("adu") and gain is not None and gain > 0:
        made = gain
    if unit.endswith("/s"):
        made = made * seconds[0] if seconds is not None else math.inf
    return made


def _speed(shift: float, measured: Measured) -> float:
    """km/s of a shift in pixels."""
    return shift * measured.usual_pace / measured.middle * LIGHT


def _metrics(found: Combined, measured: Measured, config: NightShiftConfig, sign: float) -> dict[str, Metric]:
    columns, rows = found.across
    many = np.isfinite(found.each)
    field = float(np.std(found.each[many])) if np.count_nonzero(many) > 1 else None
    used = int(np.count_nonzero(found.used.any(axis=0)))
    return {
        "shift_pixel": Metric(
            known(sign * found.shift), "pixel", f"Lines of the sky less solution; at most {config.limit:g}."
        ),
        "shift_error_pixel": Metric(known(found.error), "pixel", "One standard deviation."),
        "shift_nm": Metric(known(found.shift * measured.usual_pace), "nm", "What the solution gives too much."),
        "shift_km_per_s": Metric(known(_speed(found.shift, measured)), "km/s", "The same as a speed."),
        "shift_error_km_per_s": Metric(known(_speed(found.error, measured)), "km/s", "Its error."),
        "along_pixel": Metric(
            known(sign * found.along), "pixel", "Change of the shift from the first to the last wavelength."
        ),
        "along_error_pixel": Metric(known(found.along_error), "pixel", "Its error."),
        "across_columns_pixel": Metric(known(sign * columns), "pixel", "Change from the first to the last column."),
        "across_rows_pixel": Metric(known(sign * rows), "pixel", "Change from the first to the last row."),
        "across_error_pixel": Metric(known(found.across_error), "pixel", "Error of either."),
        "field_scatter_pixel": Metric(field, "pixel", "Standard deviation of the shifts of the spectra."),
        "scatter_pixel": Metric(known(found.scatter), "pixel", "Scatter of the lines of a spectrum about its shift."),
        "n_lines": Metric(used, "", "Features of the sky that were used; most are several lines."),
        "n_spectra": Metric(int(np.count_nonzero(many)), "", f"Spectra with a shift, of {len(many)}."),
        "fwhm_pixel": Metric(known(measured.fwhm), "pixel", "Width of lines, that of the pixel taken out."),
    }


def _judged(
    found: Combined, measured: Measured, config: NightShiftConfig, sign: float
) -> tuple[Verdict, tuple[str, ...]]:
    reasons = []
    verdict: Verdict = "good"
    size, limit = abs(found.shift), config.limit
    if size > limit:
        verdict = "bad" if size - 2 * found.error > limit else "doubtful"
        reasons.append(
            f"The lines of the sky lie {sign * found.shift:+.3f} ± {found.error:.3f} pixels from where the solution "
            f"has them (limit {limit:g}): {found.shift * measured.usual_pace:+.4f} nm."
        )
    elif size + 2 * found.error > limit:
        verdict = "doubtful"
        reasons.append(
            f"The shift is known to {found.error:.3f} pixels only: {sign * found.shift:+.3f} may be beyond the limit "
            f"of {limit:g}."
        )
    changes = [("along the spectrum", found.along, found.along_error)]
    sides = ("from the first column to the last", "from the first row to the last")
    changes += [(name, value, found.across_error) for name, value in zip(sides, found.across, strict=True)]
    for what, change, error in changes:
        if math.isfinite(change) and abs(change) > limit and abs(change) > _SIGMA * error:
            verdict = "doubtful" if verdict == "good" else verdict
            reasons.append(
                f"The shift changes by {sign * change:+.3f} ± {error:.3f} pixels {what} (limit {limit:g}): one number "
                "does not correct it."
            )
    used = int(np.count_nonzero(found.used.any(axis=0)))
    if used < _FEW:
        verdict = "doubtful" if verdict == "good" else verdict
        reasons.append(f"The shift rests on {used} feature{'s' if used != 1 else ''} of the sky (limit {_FEW}).")
    return verdict, tuple(reasons)


def check(frames: Sequence[FrameLike], config: Any = None) -> None:
    """Refuse what holds no spectra, or no sky.

    Parameters
    ----------
    frames : sequence of FrameLike
        One; only its shape and header are looked at.
    config : NightShiftConfig, optional
        Its options.

    Raises
    ------
    InputError
        Naming the file and the cure.
    """
    for frame in frames:
        layout_of(frame)
        if str(frame.header.get("S_SKYSUB") or frame.header.get("S_BKDSUB") or "").strip().upper() == "COMPLETE":
            raise InputError(
                "The sky was subtracted from these spectra: no line of it is left.",
                path=frame.path,
                cure="Choose spectra before sky subtraction.",
            )


ALGORITHMS = (
    Algorithm(
        name="night-shift",
        title="Wavelength shift in the night",
        summary="Measures how far a wavelength solution is off, by the lines of OH on spectra of the night sky.",
        inputs="a spectrum of the sky, extracted spectra, or a cube, before sky subtraction",
        config=NightShiftConfig,
        run=in_two_steps(see, combined),
        measure=see,
        refit=combined,
        refits=REFITS,
        takes=("spectrum", "image", "cube"),
        maximum_inputs=1,
        references=("WAVECAL",),
        check=check,
        previewable=False,
        source="Rousselot et al. 2000; Osterbrock et al. 1996",
    ),
)
