"""A new residual of the ADC beside the one in use: both against wavelength, from one reference."""

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.dispersion.fitting import span
from calgui.core.algorithms.dispersion.reference import Shifts, shifts_of
from calgui.core.algorithms.exposure import file_name, number
from calgui.core.algorithms.registry import Curve, Metric
from calgui.core.frames.frame import Frame
from calgui.core.jobs import Job
from calgui.core.runs.comparing.both import bands_apart, header_of
from calgui.core.runs.comparing.values import Comparison

Floats = npt.NDArray[np.float64]

#: wavelengths at which both are asked
_POINTS = 200
#: degrees by which zenith angles may differ
_APART = 0.5


def compare(new: Frame, old: Frame, job: Job | None = None) -> Comparison:
    """Compare two tables ADC over the wavelengths that both have.

    Parameters
    ----------
    new, old : Frame
        Columns, as `calgui.core.runs.headerframes.table_frame` holds them.
    job : Job, optional
        Progress.

    Returns
    -------
    Comparison
        Shifts are counted from the middle of the common wavelengths; the difference's data are two rows, along the
        zenith and across, in mas.

    Raises
    ------
    InputError
        They have no wavelengths in common, or columns are missing.
    """
    job = job or Job("Compare residuals of the ADC")
    ours, theirs = shifts_of(new), shifts_of(old)
    first = max(ours.wavelength[0], theirs.wavelength[0])
    last = min(ours.wavelength[-1], theirs.wavelength[-1])
    if not first < last:
        raise bands_apart(ours.wavelength, theirs.wavelength, old)
    wave = np.linspace(first, last, _POINTS)
    mine, other = _from_middle(ours, wave), _from_middle(theirs, wave)
    difference = mine - other
    apart = span(*difference)
    metrics = {
        "max_difference_mas": Metric(
            float(np.hypot(*difference).max()), "mas", "Largest distance of both, counted from the middle wavelength."
        ),
        "difference_span_mas": Metric(apart, "mas", "Largest change of that between two wavelengths."),
        "rms_difference_mas": Metric(float(np.sqrt(np.mean(difference**2))), "mas", "Of one axis."),
        "new_shift_mas": Metric(span(*mine), "mas", "Largest shift of the new one between two wavelengths."),
        "old_shift_mas": Metric(span(*other), "mas", "The same of the one in use."),
    }
    curves = tuple(
        Curve(f"Shift {towards}", "wavelength (µm)", "shift (mas)", {"new": (wave, a), "in use": (wave, b)})
        for towards, a, b in zip(("towards the zenith", "across"), mine, other, strict=True)
    )
    job.report(1.0, "Compared")
    return Comparison(
        "compared",
        _sentence(new, old, metrics, first, last),
        old.path,
        difference=Frame(difference.astype(np.float32), None, None, header_of(new, "mas")),
        metrics=metrics,
        curves=curves,
    )


def _from_middle(shifts: Shifts, wave: Floats) -> Floats:
    made = np.array(shifts.at(wave))
    middle = np.array(shifts.at(np.array([(wave[0] + wave[-1]) / 2])))
    return np.asarray(made - middle, np.float64)


def _sentence(new: Frame, old: Frame, metrics: dict[str, Metric], first: float, last: float) -> str:
    values = {name: metric.value for name, metric in metrics.items()}
    said = (
        f"Against {file_name(old)} the shift differs by up to {values['max_difference_mas']:.2f} mas from "
        f"{first:.3f} to {last:.3f} µm; between two wavelengths it is {values['new_shift_mas']:.2f} mas (was "
        f"{values['old_shift_mas']:.2f})."
    )
    ours, theirs = number(new.header, "ZENITH"), number(old.header, "ZENITH")
    if ours is not None and theirs is not None and abs(ours - theirs) > _APART:
        said += f" The new one is for a zenith angle of {ours:.1f}°, the one in use for {theirs:.1f}°."
    return said
