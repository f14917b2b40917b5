"""A new wavelength solution beside the one in use: by how many pixels they differ, spectrum by spectrum."""

import math

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.exposure import file_name
from calgui.core.algorithms.matching import check_detector
from calgui.core.algorithms.registry import Curve, Metric, Table
from calgui.core.errors import InputError
from calgui.core.frames.frame import Frame
from calgui.core.jobs import Job
from calgui.core.runs.comparing.both import check_serves, header_of
from calgui.core.runs.comparing.values import Comparison

Floats = npt.NDArray[np.float64]

_KM_S = 299_792.458
#: what a solution is good to, in pixels
_BUDGET = 0.02
#: rows that tell which axis is of wavelengths
_LOOKED = 50
#: spectra that the table lists, those that differ most first
_LISTED = 20


def compare(new: Frame, old: Frame, job: Job | None = None) -> Comparison:
    """Compare the wavelengths of the same pixels.

    Parameters
    ----------
    new, old : Frame
        WAVELENGTH of both, in µm: (pixels,), (n, pixels), (pixels, n) or (pixels, y, x).
    job : Job, optional
        Progress and cancel.

    Returns
    -------
    Comparison
        The picture is new less old over the dispersion, in pixels: one row for each spectrum.

    Raises
    ------
    InputError
        They are of other spectra, another detector, filter or grating.
    """
    job = job or Job("Compare wavelength solutions")
    check_detector(new, old, "wavelength solution")
    check_serves(new, old, "FILTER", "GRATING")
    mine, other = _rows(new), _rows(old)
    if mine.shape != other.shape:
        theirs, ours = (f"{one.shape[0]} spectra of {one.shape[1]} pixels" for one in (other, mine))
        raise InputError(
            f"It has {theirs}, the new one {ours}.", path=old.path, cure="Compare solutions of the same spectra."
        )
    job.report(0.3, "Comparing")
    with np.errstate(invalid="ignore"):
        step = np.gradient(mine, axis=1)
        apart = (mine - other) / np.where(step != 0, step, np.nan)
    good = np.isfinite(apart)
    if not good.any():
        raise InputError("No spectrum has a solution in both.", path=old.path, cure="Choose another.")
    metrics = _metrics(apart, mine, step)
    job.report(1.0, "Compared")
    return Comparison(
        "compared",
        _sentence(old, metrics),
        old.path,
        difference=Frame(apart.astype(np.float32), None, None, header_of(new, "pixel")),
        metrics=metrics,
        curves=(_curve(apart, mine),),
        tables=(_table(apart),),
    )


def _rows(frame: Frame) -> Floats:
    data = frame.data.astype(np.float64)
    if data.ndim == 3:
        return np.ascontiguousarray(data.reshape(data.shape[0], -1).T)
    if data.ndim == 1:
        return data.reshape(1, -1)
    return np.ascontiguousarray(data.T) if _runs_along(data.T) and not _runs_along(data) else data


def _runs_along(rows: Floats) -> bool:
    """Whether wavelengths rise, or fall, all along each of some rows: of an arc given as (pixels, n) they do not."""
    some = rows[:: max(1, len(rows) // _LOOKED)]
    step = np.diff(some, axis=1)
    there = np.isfinite(step)
    return bool(there.any() and np.all(np.all((step > 0) | ~there, axis=1) | np.all((step < 0) | ~there, axis=1)))


def _metrics(apart: Floats, wave: Floats, step: Floats) -> dict[str, Metric]:
    good = np.isfinite(apart)
    values = apart[good]
    speed = (apart * step / wave)[good] * _KM_S
    medians = _medians(apart)
    shift = float(np.median(values))
    return {
        "rms_pixel": Metric(math.sqrt(float(np.mean(values**2))), "pixel", "Of the difference, all pixels."),
        "max_pixel": Metric(float(np.abs(values).max()), "pixel", "Largest difference of any pixel."),
        "shift_pixel": Metric(shift, "pixel", "Median of the difference: a shift of all spectra."),
        "rms_without_shift_pixel": Metric(
            math.sqrt(float(np.mean((values - shift) ** 2))), "pixel", "Of the difference without that shift."
        ),
        "rms_km_per_s": Metric(math.sqrt(float(np.mean(speed**2))), "km/s", "Of the difference as a velocity."),
        "worst_spectrum_pixel": Metric(
            float(np.nanmax(np.abs(medians))), "pixel", "Median difference of the spectrum that differs most."
        ),
        "n_spectra": Metric(int(good.any(axis=1).sum()), "", "Spectra with a solution in both."),
    }


def _medians(apart: Floats) -> Floats:
    made = np.full(len(apart), np.nan)
    there = np.isfinite(apart).any(axis=1)
    made[there] = np.nanmedian(apart[there], axis=1)
    return made


def _curve(apart: Floats, wave: Floats) -> Curve:
    there = np.isfinite(apart).any(axis=1)
    low, middle, high = np.nanpercentile(apart[there], [16, 50, 84], axis=0)
    along = np.nanmedian(wave[there], axis=0)
    lines = {"median of the spectra": (along, middle)}
    if there.sum() > 2:
        lines |= {"16 %": (along, low), "84 %": (along, high)}
    return Curve("New less old along the spectra", "wavelength (µm)", "pixel", lines)


def _table(apart: Floats) -> Table:
    medians = _medians(apart)
    order = np.argsort(-np.nan_to_num(np.abs(medians), nan=-1.0), kind="stable")[:_LISTED]
    rows = tuple(
        (int(at), round(float(medians[at]), 4), round(float(np.nanmax(np.abs(apart[at]))), 4))
        for at in order
        if np.isfinite(medians[at])
    )
    return Table("Spectra that differ most", ("spectrum", "median (pixel)", "largest (pixel)"), rows)


def _sentence(old: Frame, metrics: dict[str, Metric]) -> str:
    rms, shift = metrics["rms_pixel"].value, metrics["shift_pixel"].value
    assert isinstance(rms, float)
    assert isinstance(shift, float)
    said = f"Against {file_name(old)} wavelengths differ by {rms:.2g} pixel, of which {shift:+.2g} is a shift of all"
    if rms < _BUDGET:
        return f"{said}: less than a solution is good to, {_BUDGET:g}."
    return f"{said}: more than a solution is good to, {_BUDGET:g}."
