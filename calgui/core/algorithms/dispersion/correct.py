"""``correct-dispersion``: a cube whose planes are moved so that a star stands at one place."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.dispersion.bands import reference_of
from calgui.core.algorithms.dispersion.conditions import Lying, lying_of, scale_of_picture
from calgui.core.algorithms.dispersion.config import CorrectConfig
from calgui.core.algorithms.dispersion.fitting import span
from calgui.core.algorithms.dispersion.reference import Shifts, shifts_of
from calgui.core.algorithms.dispersion.shifting import moved
from calgui.core.algorithms.exposure import file_name, number
from calgui.core.algorithms.matching import done_before
from calgui.core.algorithms.psf.cubes import wavelengths_um
from calgui.core.algorithms.registry import Algorithm, Curve, Metric, Result, Verdict
from calgui.core.errors import InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame, FrameLike
from calgui.core.jobs import Job

Floats = npt.NDArray[np.float64]

_COLUMNS = {
    "adopted": ("shift_along", "shift_across"),
    "measured": ("fitted_along", "fitted_across"),
    "computed": ("computed_along", "computed_across"),
}
#: zenith angles of table and cube that differ by more degrees are told of
_APART = 0.5
#: pixels without value beyond this part of the field are told of
_LOST = 0.1


def check_correct(frames: Sequence[FrameLike], config: Any = None) -> None:
    """Refuse a cube that lacks wavelengths, scale or sky.

    Parameters
    ----------
    frames : sequence of FrameLike
        One cube; its header is looked at.
    config : CorrectConfig, optional
        Options stand in for keywords.

    Raises
    ------
    InputError
        Naming what is missing.
    """
    wavelengths_um(frames[0])
    _geometry(frames[0], config or CorrectConfig())


def _geometry(cube: FrameLike, config: CorrectConfig) -> tuple[Lying, float]:
    ny, nx = cube.shape[1:]
    middle = (nx - 1) / 2, (ny - 1) / 2
    lying = lying_of(cube.header, middle, config.parallactic_angle, config.position_angle)
    if isinstance(lying, str):
        raise InputError(lying, path=cube.path, cure="Add it to the header, or give the option.")
    scale, _ = scale_of_picture(cube.header, config.pixel_scale_mas, middle)
    if scale is None:
        raise InputError(
            "The plate scale is missing: there are no coordinates of the sky, and SCALE holds no number of arcsec.",
            path=cube.path,
            cure="Add SCALE to the header, or give the option pixel_scale_mas.",
        )
    return lying, scale.value


def correct(cube: FrameLike, reference: FrameLike, config: CorrectConfig, job: Job | None = None) -> Result:
    """Move each plane of a cube back by the shift at its wavelength.

    Parameters
    ----------
    cube : FrameLike
        (wavelength, y, x).
    reference : FrameLike
        The table ADC.
    config : CorrectConfig
        See its options.
    job : Job, optional
        Progress and cancel.

    Returns
    -------
    Result
        The cube on the same pixels, with errors and flags.

    Raises
    ------
    InputError
        The table does not cover the cube, or lacks columns; the sky of the cube is not known.
    """
    job = job or Job("Take out dispersion")
    wave = wavelengths_um(cube)
    first, last = float(wave.min()), float(wave.max())
    lying, mas = _geometry(cube, config)
    shifts = shifts_of(reference, *_COLUMNS[config.shift])
    if not shifts.covers(first, last):
        raise InputError(
            f"The table {file_name(reference)} tells of {shifts.wavelength[0]:.4f} to {shifts.wavelength[-1]:.4f} µm; "
            f"the cube spans {first:.4f} to {last:.4f} µm.",
            path=cube.path,
            cure="Choose an ADC reference of this band, or make one with adc-residual.",
        )
    middle = reference_of(cube.header, number(reference.header, "ADCREFW"), first, last)
    x, y = _moves(shifts, wave, min(max(middle, first), last), lying, mas)
    n = len(wave)
    data = np.empty(cube.shape, np.float32)
    bits = np.empty(cube.shape, np.uint32)
    err: npt.NDArray[np.float32] | None = None
    before = after = 0.0
    for k in job.track(range(n), n, "Moving planes"):
        rows = cube.rows(k, k + 1)
        plane = rows.data[0]
        made = moved(
            plane, None if rows.err is None else rows.err[0], None if rows.dq is None else rows.dq[0], x[k], y[k]
        )
        data[k], bits[k] = made.data, made.dq
        if made.err is not None:
            err = np.empty(cube.shape, np.float32) if err is None else err
            err[k] = made.err
        before += float(np.nansum(plane, dtype=np.float64))
        after += float(np.nansum(made.data, dtype=np.float64))
    verdict, reasons, lost = _judge(cube, reference, bits)
    job.report(1.0, "Moved")
    return Result(
        frame=Frame(data, err, bits, cube.header, cube.path),
        metrics={
            "max_shift_mas": Metric(mas * span(x, y), "mas", "Largest shift between two wavelengths that was undone."),
            "max_shift_pixel": Metric(span(x, y), "pixel", "The same."),
            "lost_fraction": Metric(lost, "", "Values that came from outside the field, or from pixels without one."),
            "flux_ratio": Metric(
                after / before if before else None, "", "Sum of the cube over what it was: light at the edges is lost."
            ),
            "reference_um": Metric(middle, "um", "Wavelength whose plane stays where it is."),
        },
        verdict=verdict,
        reasons=reasons,
        curves=(
            Curve(
                "Shift that was undone",
                "wavelength (µm)",
                "shift (pixel)",
                {"along x": (wave, x), "along y": (wave, y)},
            ),
        ),
        keywords={
            "S_ADC": ("COMPLETE", "dispersion taken out of the cube"),
            "ADCSHIFT": (config.shift, "columns of the ADC reference that were used"),
            "ADCREFW": (round(middle, 6), "[um] wavelength whose plane stays"),
            "ADCMAX": (round(mas * span(x, y), 5), "[mas] largest shift that was undone"),
        },
    )


def _moves(shifts: Shifts, wave: Floats, middle: float, lying: Lying, mas: float) -> tuple[Floats, Floats]:
    """Where each plane is, from the plane at the reference wavelength, pixels."""
    along, across = shifts.at(np.append(wave, middle))
    along, across = along[:-1] - along[-1], across[:-1] - across[-1]
    x, y = lying.orientation.to_picture(along, across, lying.zenith)
    return x / mas, y / mas


def _judge(
    cube: FrameLike, reference: FrameLike, bits: npt.NDArray[np.uint32]
) -> tuple[Verdict, tuple[str, ...], float]:
    reasons = done_before(cube, "S_ADC", "the dispersion was taken out of")
    theirs, ours = number(reference.header, "ZENITH"), number(cube.header, "EL")
    if theirs is not None and ours is not None and abs(90 - ours - theirs) > _APART:
        reasons.append(
            f"The table is for a zenith angle of {theirs:.2f}°, the cube was taken at {90 - ours:.2f}° (limit "
            f"{_APART:g}° apart)."
        )
    if str(reference.header.get("CALVERD") or "") == "bad" and reference.header.get("ADCFROM") != "measured":
        reasons.append(f"The table {file_name(reference)} was judged bad when it was made.")
    lost = float(np.mean((bits & np.uint32(flags.DO_NOT_USE)) != 0))
    if lost > _LOST:
        reasons.append(f"{100 * lost:.0f} % of the cube have no value now (limit {100 * _LOST:.0f} %).")
    if not math.isfinite(lost) or lost > 0.5:
        return "bad", tuple(reasons), lost
    return "doubtful" if reasons else "good", tuple(reasons), lost


def _run(frames: Sequence[FrameLike], references: Mapping[str, FrameLike], config: Any, job: Job) -> Result:
    return correct(frames[0], references["ADC"], config, job)


CORRECT = Algorithm(
    name="correct-dispersion",
    title="Take out dispersion",
    summary="Moves each plane of a cube back by what the air and its corrector left at that wavelength.",
    inputs="one cube",
    config=CorrectConfig,
    run=_run,
    takes=("cube",),
    maximum_inputs=1,
    references=("ADC",),
    check=check_correct,
    source="cubic spline interpolation; Unser 1999",
)
