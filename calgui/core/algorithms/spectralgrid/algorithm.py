"""The registered algorithm: spectra in, the same on a common linear grid out."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.banding import over_bands
from calgui.core.algorithms.kernels import compiled_arcs, unwritten
from calgui.core.algorithms.matching import done_before
from calgui.core.algorithms.registry import Algorithm, Curve, Metric, Result, Verdict, in_two_steps
from calgui.core.algorithms.spectralgrid.config import GridConfig
from calgui.core.algorithms.spectralgrid.grid import Grid, grid_for
from calgui.core.algorithms.spectralgrid.spectra import Floats, Singles, Stack, Words, layout_of, read_spectra
from calgui.core.errors import AlgorithmError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame, FrameLike
from calgui.core.jobs import Job
from calgui.core.spectra.wavelength import to_air

Bools = npt.NDArray[np.bool_]

_UM = 1e-3
#: spectra of a part of the work
_CHUNK = 64
#: a step larger than that of the spectra by this loses resolution
_COARSE = 1.5
#: a unit of length in a unit of flux, and its power where that is negative
_LENGTH = re.compile(r"(?<![a-z])(?:nm|um|µm|microns?|angstroms?|aa)(?![a-z])(?:\*\*|\^)?\(?(-1)?")


class _Made:
    """Room for the results."""

    def __init__(self, count: int, cells: int) -> None:
        self.data: Singles = np.empty((count, cells), np.float32)
        self.error: Singles = np.empty((count, cells), np.float32)
        self.bits: Words = np.empty((count, cells), np.uint32)
        self.correlation: Singles = np.empty((count, cells), np.float32)
        self.sums: Floats = np.zeros((count, 4))


#: every option is one of the grid
REFITS = ("start", "step", "number", "range", "medium")


@dataclass(frozen=True)
class Read:
    """Spectra in memory.

    Attributes
    ----------
    head : Frame
        Header and place of the input, without its pixels.
    stack : Stack
        Its spectra, with their wavelengths.
    """

    head: Frame
    stack: Stack


def read(frames: Sequence[FrameLike], references: Mapping[str, FrameLike], config: GridConfig, job: Job) -> Read:
    """Read spectra.

    Parameters
    ----------
    frames : sequence of FrameLike
        One: a spectrum, extracted spectra (n, pixels), or a cube (wavelength, y, x); BUNIT may be per wavelength.
    references : mapping
        ``WAVECAL``: wavelength of each pixel, in vacuum.
    config : GridConfig
        None of its options counts.
    job : Job
        Progress and cancel.

    Returns
    -------
    Read

    Raises
    ------
    InputError
        They do not belong together, or there is no solution.
    """
    job.report(0.0, "Reading")
    frame = frames[0]
    head = Frame(np.empty((0, 0), np.float32), None, None, dict(frame.header), frame.path)
    return Read(head, read_spectra(frame, references))


def resample(measured: Read, config: Any, job: Job) -> Result:
    """Bring spectra to a common linear grid of wavelengths, and keep what they hold.

    Parameters
    ----------
    measured : Read
        Spectra in memory.
    config : GridConfig
        See its options.
    job : Job
        Progress and cancel.

    Returns
    -------
    Result
        With errors, flags, the world coordinates of the grid, and ``CORR``: how each pixel's error is correlated with
        that of the next.

    Raises
    ------
    AlgorithmError
        No spectrum lies on the grid.

    Notes
    -----
    A pixel's content is spread evenly over it, and each cell gets its share: sums are kept, and centroids to a
    hundredth of a pixel; lines become wider by what the overlap of pixel and cell adds. Cells that share a pixel have
    correlated errors (Fruchter & Hook 2002, PASP 114, 144; Carnall 2017, arXiv:1705.05165).
    """
    frame, stack = measured.head, measured.stack
    wavelength = to_air(stack.wavelength) if config.medium == "air" else stack.wavelength
    grid = grid_for(wavelength, config)
    made = _rebinned(stack, wavelength, grid, is_density(frame.unit), job.part(0.2, 1))
    filled: Bools = np.asarray(np.isfinite(made.data).any(axis=1))
    if not filled.any():
        raise AlgorithmError(
            "No spectrum lies on this grid.",
            cure=f"The spectra reach from {_um(np.nanmin(wavelength))} to {_um(np.nanmax(wavelength))} µm.",
        )
    return _result(frame, stack, wavelength, grid, made, filled, config)


def is_density(unit: str) -> bool:
    """Whether a unit is of a wavelength, rather than of a pixel.

    Parameters
    ----------
    unit : str
        Of the values.

    Returns
    -------
    bool
    """
    told = unit.lower()
    divided = told.find("/")
    return any(one.group(1) or -1 < divided < one.start() for one in _LENGTH.finditer(told))


def _rebinned(stack: Stack, wavelength: Floats, grid: Grid, density: bool, job: Job) -> _Made:
    kernel = compiled_arcs("rebinning").rebin
    made = _Made(len(wavelength), grid.number)
    estimated = np.uint32(flags.BY_NAME["FLUX_ESTIMATED"].value)
    none, nothing = np.empty((0, 0), np.float32), np.empty((0, 0), np.uint32)
    errors = none if stack.error is None else stack.error
    bits = nothing if stack.bits is None else stack.bits
    given = [unwritten(plane) for plane in (wavelength, stack.flux, errors, bits)]

    def work(start: int, stop: int) -> None:
        kernel(
            *given, np.uint32(flags.DO_NOT_USE), np.uint32(flags.OUTLIER),
            estimated, np.uint32(flags.DO_NOT_USE | flags.NON_SCIENCE), density, grid.edge,
            grid.step, start, stop, made.data, made.error, made.bits, made.correlation, made.sums,
        )  # fmt: skip

    over_bands(len(wavelength), _CHUNK, work, job, "Resampling")
    return made


def _result(
    frame: FrameLike, stack: Stack, wavelength: Floats, grid: Grid, made: _Made, filled: Bools, config: GridConfig
) -> Result:  # fmt: skip
    laid = stack.layout.laid
    known = np.asarray(np.isfinite(wavelength).all(axis=1))
    error = None if stack.error is None else laid(made.error)
    before, after, of_sum, apart = made.sums.sum(axis=0)
    factor = float(np.sqrt(of_sum / apart)) if apart > 0 else None
    correlation = float(np.nanmedian(made.correlation)) if np.isfinite(made.correlation).any() else None
    verdict, reasons = _judged(frame, known, grid, filled)
    header = _header(frame.header, stack.layout.axis, grid, config)
    product = Frame(laid(made.data), error, laid(made.bits), header, frame.path)
    metrics = {
        "n_spectra": Metric(len(known), "", "Spectra of the input."),
        "n_resampled": Metric(int(np.count_nonzero(filled)), "", "Spectra that have wavelengths."),
        "start_um": Metric(grid.start * _UM, "um", "Middle of the first pixel."),
        "step_um": Metric(grid.step * _UM, "um", "From pixel to pixel."),
        "n_wavelengths": Metric(grid.number, "", "Pixels of the grid."),
        "step_ratio": Metric(grid.step / grid.own, "", "Step of the grid over the median of the spectra's own."),
        "flux_ratio": Metric(
            float(after / before) if before else None, "", "Sum after over sum before, of good pixels."
        ),
        "correlation": Metric(correlation, "", "Median correlation of the errors of neighbouring pixels."),
        "noise_factor": Metric(factor, "", "Error of a sum of many pixels over that of its parts in quadrature."),
        "covered_fraction": Metric(float(np.isfinite(made.data[known]).mean()), "", "Part of the grid with a value."),
    }
    keywords: dict[str, tuple[Any, str]] = {
        "S_RESAMP": ("COMPLETE", "spectra resampled to a linear grid"),
        "RESMETH": ("area", "by overlap of pixels; sums are kept"),
        "COVARMED": (correlation, "correlation with the next pixel: plane CORR"),
        "NOISCORR": (factor, "error of a sum over parts in quadrature"),
    }
    return Result(
        frame=product,
        metrics=metrics,
        verdict=verdict,
        reasons=reasons,
        curves=_curves(stack, wavelength, grid, made, filled, frame.unit, config),
        keywords={key: value for key, value in keywords.items() if value[0] is not None},
        planes={} if error is None else {"CORR": laid(made.correlation)},
    )


def _judged(frame: FrameLike, known: Bools, grid: Grid, filled: Bools) -> tuple[Verdict, tuple[str, ...]]:
    reasons = list(done_before(frame, "S_RESAMP", "spectra were resampled in"))
    if grid.step > _COARSE * grid.own:
        reasons.append(
            f"The step of {grid.step * _UM:.3g} µm is {grid.step / grid.own:.1f} times that of the spectra "
            f"(limit {_COARSE}): resolution is lost."
        )
    lost = int(np.count_nonzero(~known))
    off = int(np.count_nonzero(known & ~filled))
    told = list(reasons)
    if lost:
        told.append(f"{lost} of {len(known)} spectra have no wavelengths in the WAVECAL: they are NaN.")
    if off:
        told.append(f"{off} of {len(known)} spectra have no good pixel on the grid: they are NaN.")
    doubtful = bool(reasons) or (lost + off) > 0.5 * len(known)
    return "doubtful" if doubtful else "good", tuple(told)


def _header(before: Mapping[str, Any], axis: int, grid: Grid, config: GridConfig) -> dict[str, Any]:
    """The header with world coordinates of the grid in place of those of the old spectral axis."""
    own = re.compile(
        rf"(?:CTYPE|CUNIT|CRVAL|CRPIX|CDELT|CNAME){axis}[A-Z]?|(?:CD|PC){axis}_{axis}|P[SV]{axis}_\d+[A-Z]?"
    )
    header = {key: value for key, value in before.items() if not own.fullmatch(key)}
    # beside a CD matrix CDELT does not count
    step = f"CD{axis}_{axis}" if any(re.fullmatch(r"CD\d_\d", key) for key in header) else f"CDELT{axis}"
    return header | {
        f"CTYPE{axis}": "AWAV" if config.medium == "air" else "WAVE",
        f"CUNIT{axis}": "um",
        f"CRPIX{axis}": 1.0,
        f"CRVAL{axis}": grid.start * _UM,
        step: grid.step * _UM,
    }


def _curves(
    stack: Stack, wavelength: Floats, grid: Grid, made: _Made, filled: Bools, unit: str, config: GridConfig
) -> tuple[Curve, ...]:  # fmt: skip
    """The spectrum in the middle before and after, per wavelength so that both have one height."""
    there = np.flatnonzero(filled)
    one = int(there[len(there) // 2])
    density = is_density(unit)
    pace = 1.0 if density else np.gradient(wavelength[one])
    step = 1.0 if density else grid.step
    label = (unit or "flux") + ("" if density else " / nm")
    before = (wavelength[one] * _UM, stack.flux[one] / pace)
    after = (grid.wavelengths * _UM, made.data[one] / step)
    return (
        Curve(
            f"Spectrum {one} before and after",
            f"wavelength in {config.medium} (µm)",
            label,
            {"before": before, "after": after},
        ),
    )


def _um(nm: float) -> str:
    return f"{nm * _UM:.5f}"


def check(frames: Sequence[FrameLike], config: Any = None) -> None:
    """Refuse what holds no spectra.

    Parameters
    ----------
    frames : sequence of FrameLike
        One; only its shape and header are looked at.
    config : GridConfig, optional
        Its options.

    Raises
    ------
    InputError
        Naming the file and the cure.
    """
    for frame in frames:
        layout_of(frame)


ALGORITHMS = (
    Algorithm(
        name="resample-spectra",
        title="Resample spectra",
        summary="Brings spectra to a common linear grid of wavelengths; sums are kept, errors and covariance noted.",
        inputs="a spectrum, extracted spectra, or a cube",
        config=GridConfig,
        run=in_two_steps(read, resample, 0.4),
        measure=read,
        refit=resample,
        refits=REFITS,
        takes=("spectrum", "image", "cube"),
        maximum_inputs=1,
        references=("WAVECAL",),
        check=check,
        previewable=False,
        source="Fruchter & Hook 2002; Carnall 2017",
    ),
)
