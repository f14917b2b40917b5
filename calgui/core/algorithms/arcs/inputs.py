"""What an arc may be: a spectrum, extracted spectra, traces on an image, or a cube; all become a stack of spectra."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.arcs.config import ArcConfig
from calgui.core.algorithms.arcs.traces import sum_traces
from calgui.core.algorithms.exposure import canonical_unit, exposure_time, number
from calgui.core.algorithms.fieldplaces import places_of
from calgui.core.algorithms.matching import text
from calgui.core.errors import InputError
from calgui.core.frames import dq
from calgui.core.frames.frame import FrameLike, Rows
from calgui.core.jobs import Job
from calgui.core.spectra.axis import spectral_axis

Singles = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]
Whole = npt.NDArray[np.int64]

#: spaxels of a cube are read in bands of so many values
_BAND = 1 << 24
#: pixels that a spectrum needs at least
SHORTEST = 16


@dataclass(frozen=True)
class Stack:
    """Spectra of one arc.

    Attributes
    ----------
    flux : ndarray of float32, shape (n, pixels)
        NaN where there is nothing, or a bad pixel.
    error : ndarray of float32, shape (n, pixels), or None
        One standard deviation.
    saturated : ndarray of bool, shape (n, pixels), or None
        None where nothing is flagged so.
    place : tuple of two ndarray of int, or None
        Row and column of each in the field of a cube.
    rows : ndarray of float64, shape (n,), or None
        Of traces: the row of the middle of each.
    axis : int or None
        The spectral axis of the input as in FITS, from 1.
    shape : tuple of int
        That WAVELENGTH has: (pixels,), (n, pixels) or (pixels, y, x).
    photons : float or None
        Electrons in a unit of flux; None where the header does not say.
    unit : str
        Of the flux.
    kind : str
        ``spectrum``, ``spectra``, ``traces`` or ``cube``.
    """

    flux: Singles
    error: Singles | None
    saturated: Flags | None
    place: tuple[Whole, Whole] | None
    rows: npt.NDArray[np.float64] | None
    axis: int | None
    shape: tuple[int, ...]
    photons: float | None
    unit: str
    kind: str

    def __len__(self) -> int:
        return len(self.flux)


def check_arc(frame: FrameLike) -> None:
    """Refuse, by its header and shape, what is no arc.

    Parameters
    ----------
    frame : FrameLike
        The input.

    Raises
    ------
    InputError
        Naming the file and the cure.
    """
    shape = frame.shape
    if len(shape) == 3 and spectral_axis(frame.header, 3) is None:
        raise InputError(
            "This cube does not say which axis is of wavelengths.",
            path=frame.path,
            cure="Set CTYPE3 to WAVE, with CRVAL3, CDELT3 and CUNIT3 as far as they are known; a raw ramp is fitted "
            "first, by fit-ramp.",
        )
    axis = spectral_axis(frame.header, len(shape))
    length = shape[::-1][(axis or 1) - 1] if shape else 0
    if length < SHORTEST or 0 in shape:
        raise InputError(
            f"A spectrum of {length} pixels is none (limit {SHORTEST}).", path=frame.path, cure="Choose another file."
        )


def read_stack(frame: FrameLike, config: ArcConfig, job: Job) -> Stack:
    """Read the spectra of an arc.

    Parameters
    ----------
    frame : FrameLike
        The input.
    config : ArcConfig
        ``layout``.
    job : Job
        Progress and cancel.

    Returns
    -------
    Stack

    Raises
    ------
    InputError
        It holds no spectra.
    """
    check_arc(frame)
    unit = canonical_unit(frame.unit) or ""
    photons = _photons(frame, unit)
    if len(frame.shape) == 3:
        return _of_cube(frame, photons, job)
    if len(frame.shape) == 1 or frame.shape[0] == 1:
        flux, error, full = _clean(frame.rows(0, frame.shape[0]))
        sigma = None if error is None else error.reshape(1, -1)
        told = None if full is None else full.reshape(1, -1)
        shape = frame.shape
        return Stack(flux.reshape(1, -1), sigma, told, None, None, 1, shape, photons, frame.unit, "spectrum")
    if is_extracted(frame, config):
        axis = spectral_axis(frame.header, 2) or 1
        flux, error, full = _clean(frame.rows(0, frame.shape[0]))
        if axis == 2:
            flux = np.ascontiguousarray(flux.T)
            error = None if error is None else np.ascontiguousarray(error.T)
            full = None if full is None else np.ascontiguousarray(full.T)
        place = places_of(frame, len(flux))
        return Stack(flux, error, full, place, None, axis, frame.shape, photons, frame.unit, "spectra")
    made = sum_traces(frame, job)
    return Stack(
        made.flux, made.error, made.saturated, None, made.rows, 1, made.flux.shape, photons, frame.unit, "traces"
    )


def is_extracted(frame: FrameLike, config: ArcConfig) -> bool:
    """Whether an image has one extracted spectrum in each row, rather than traces on a detector.

    Parameters
    ----------
    frame : FrameLike
        An image.
    config : ArcConfig
        ``layout`` decides where it is not ``auto``.

    Returns
    -------
    bool
        By CTYPE1 or CTYPE2 of wavelengths, a table with the place of each in the field, a LAYOUT, FILETYPE or EXTNAME
        of spectra, or where there are too few rows for a detector.
    """
    if config.layout != "auto":
        return config.layout == "spectra"
    header = frame.header
    if spectral_axis(header, 2) is not None or getattr(frame, "places", None) is not None:
        return True
    told = " ".join(text(header, key).upper() for key in ("LAYOUT", "FILETYPE", "DATATYPE", "EXTNAME"))
    if "SPECTR" in told or "EXTRACT" in told or str(header.get("CTYPE2") or "").strip().upper() in _STACKED:
        return True
    if any(number(header, key) for key in ("SUBSIZE1", "SUBSIZE2", "SUBSTRT1")):
        return False
    return frame.shape[0] < SHORTEST


_STACKED = ("SPECTRUM", "LENSLET", "SPAXEL", "FIBER", "SLITLET", "APERTURE", "INDEX")


def _clean(rows: Rows) -> tuple[Singles, Singles | None, Flags | None]:
    """Values that may be used; saturated ones stay, and are told."""
    flux = np.array(rows.data, np.float32)
    full: Flags | None = None
    if rows.dq is not None:
        full = (rows.dq & np.uint32(dq.SATURATED)) != 0
        bad = ((rows.dq & np.uint32(dq.DO_NOT_USE)) != 0) & ~full
        flux[bad] = np.nan
        full = full if full.any() else None
    error = None
    if rows.err is not None:
        error = np.array(rows.err, np.float32)
        if not np.any(np.isfinite(error) & (error > 0)):
            error = None
    return flux, error, full


def _of_cube(frame: FrameLike, photons: float | None, job: Job) -> Stack:
    axis = spectral_axis(frame.header, 3)
    assert axis is not None
    if axis != 3:
        raise InputError(
            f"Axis {axis} of this cube is of wavelengths.",
            path=frame.path,
            cure="Write it with wavelength as the third axis: NAXIS1 x, NAXIS2 y, NAXIS3 wavelength.",
        )
    planes, ny, nx = frame.shape
    flux = np.empty((ny * nx, planes), np.float32)
    error: Singles | None = None
    full: Flags | None = None
    step = max(1, _BAND // max(planes * nx, 1))
    for start in range(0, ny, step):
        job.report(start / ny, "Reading the cube")
        stop = min(start + step, ny)
        part = slice(start * nx, stop * nx)
        values, sigma, saturated = _clean(frame.band(start, stop))
        flux[part] = values.reshape(planes, -1).T
        if sigma is not None:
            error = np.full(flux.shape, np.nan, np.float32) if error is None else error
            error[part] = sigma.reshape(planes, -1).T
        if saturated is not None:
            full = np.zeros(flux.shape, bool) if full is None else full
            full[part] = saturated.reshape(planes, -1).T
    index = np.arange(ny * nx)
    return Stack(flux, error, full, (index // nx, index % nx), None, 3, frame.shape, photons, frame.unit, "cube")


def _photons(frame: FrameLike, unit: str) -> float | None:
    """Electrons in a unit of flux, by BUNIT, GAIN and the exposure time."""
    gain = number(frame.header, "GAIN")
    seconds = exposure_time(frame.header)
    made: float | None = 1.0
    if unit.startswith("adu"):
        made = gain if gain is not None and gain > 0 else None
    elif not unit.startswith("electron"):
        return None
    if unit.endswith("/s"):
        return None if made is None or seconds is None else made * seconds[0]
    return made
