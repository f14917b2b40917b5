"""A new dark beside the one in use: the difference, the shift, hot pixels that came and went, the noise."""

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.exposure import ELECTRON_PER_S, Scale, scale_of
from calgui.core.algorithms.geometry import region_of
from calgui.core.algorithms.local import LocalStatistics, flag_excess, local_statistics
from calgui.core.algorithms.registry import Curve, Metric
from calgui.core.errors import InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import FloatArray, Frame, bits_of
from calgui.core.jobs import Job
from calgui.core.runs.comparing.both import header_of, stand_out
from calgui.core.runs.comparing.values import Changes, Comparison

BoolArray = npt.NDArray[np.bool_]

_BOX = 64
#: a hot pixel is new, or gone, only where the difference itself says so, in local sigma of the difference
CHANGE_SIGMA = 5.0
#: a shift of the median beyond this part of the noise of the difference is worth a word
_SHIFT = 0.1
#: of fewer hot pixels it is not told which part is hot still
_FEWEST = 20


def compare(new: Frame, old: Frame, job: Job | None = None) -> Comparison:
    """Compare two darks of the same part of a detector.

    Parameters
    ----------
    new, old : Frame
        In electron/s or electron by BUNIT, or adu with GAIN.
    job : Job, optional
        Progress and cancel.

    Returns
    -------
    Comparison
        In electron/s.

    Raises
    ------
    InputError
        When sizes or places differ, or a unit or time is missing.
    """
    job = job or Job("Compare darks")
    _check_place(new, old)
    ours, theirs = _to_rate(new), _to_rate(old)
    job.report(0.1, "Subtracting")
    difference = new.data * np.float32(ours) - old.data * np.float32(theirs)
    bits = bits_of(new) | bits_of(old)
    light = region_of(new).mask()
    light &= (bits & np.uint32(flags.REFERENCE_PIXEL | flags.NON_SCIENCE)) == 0
    good = light & np.isfinite(difference)
    job.report(0.3, "Local noise")
    noise = local_statistics(difference, good, _BOX, job)
    if noise is None:
        raise InputError("The two darks have no usable pixel in common.", path=old.path, cure="Choose another dark.")
    hotter, cooler = stand_out(difference, good, noise, CHANGE_SIGMA, job.part(0.4, 0.6))
    new_hot, old_hot = (_hot(frame, light, job) for frame in (new, old))
    appeared, gone = new_hot & ~old_hot & hotter, old_hot & ~new_hot & cooler
    job.report(0.8, "Comparing")
    metrics = _metrics(new, old, (ours, theirs), difference, good, noise, appeared, gone, job)
    metrics |= _kept(old, theirs, old_hot & good, old_hot & cooler, noise.typical_sigma)
    made = Frame(difference, _error(new, old, ours, theirs), bits, header_of(new, ELECTRON_PER_S))
    job.report(1.0, "Compared")
    return Comparison(
        "compared",
        _sentence(old, metrics),
        old.path,
        difference=made,
        metrics=metrics,
        changes=(Changes("new", np.argwhere(appeared)), Changes("gone", np.argwhere(gone))),
        curves=(_histogram(difference, good, metrics),),
    )


def _check_place(new: Frame, old: Frame) -> None:
    if new.shape != old.shape or new.data.ndim != 2:
        raise InputError(
            f"Its shape is {old.shape}, that of the new dark {new.shape}.",
            path=old.path,
            cure="Choose a dark of this size.",
        )
    here, there = region_of(new), region_of(old)
    if (here.x, here.y) != (there.x, there.y):
        raise InputError(
            f"It begins at column {there.x + 1}, row {there.y + 1}, the new dark at {here.x + 1}, {here.y + 1}.",
            path=old.path,
            cure="Choose a dark of this subarray.",
        )


def _to_rate(frame: Frame) -> float:
    scale: Scale = scale_of([frame])
    return scale.to_rate


def _hot(frame: Frame, light: BoolArray, job: Job) -> BoolArray:
    """The pixels that a dark calls hot; found in it where it has no data quality."""
    if frame.dq is not None:
        flagged: BoolArray = light & ((frame.dq & np.uint32(flags.HOT)) != 0)
        return flagged
    image = np.array(frame.data)
    local = local_statistics(image, light, _BOX, job)
    found = np.zeros(frame.shape, np.uint32)
    if local is not None:
        flag_excess(image, light, local, (7.0, 7.0), (flags.HOT, flags.HOT), found, job)
    made: BoolArray = found != 0
    return made


def _kept(old: Frame, factor: float, hot: BoolArray, gone: BoolArray, sigma: float) -> dict[str, Metric]:
    """Which part of the old hot pixels is hot still, of those whose loss the noise would show."""
    excess = old.data[hot].astype(np.float64) * factor
    seen = 0
    if excess.size:
        level = float(np.median(old.data[::8, ::8][np.isfinite(old.data[::8, ::8])])) * factor
        seen = int(np.count_nonzero(excess - level > 2 * CHANGE_SIGMA * sigma))
    kept = max(0.0, 1 - np.count_nonzero(gone) / seen) if seen >= _FEWEST else None
    error = None if kept is None else math.sqrt(max(kept * (1 - kept), 1 / seen) / seen)
    return {
        "hot_kept_fraction": Metric(
            kept, "", "Part of the old hot pixels, far above the noise of the difference, that are hot still."
        ),
        "hot_kept_error": Metric(error, "", "One sigma of it, by their number."),
    }


def _error(new: Frame, old: Frame, ours: float, theirs: float) -> FloatArray | None:
    if new.err is None or old.err is None:
        return None
    made: FloatArray = np.hypot(new.err * np.float32(ours), old.err * np.float32(theirs))
    return made


def _metrics(
    new: Frame,
    old: Frame,
    factors: tuple[float, float],
    difference: FloatArray,
    good: BoolArray,
    noise: LocalStatistics,
    appeared: BoolArray,
    gone: BoolArray,
    job: Job,
) -> dict[str, Metric]:
    sigmas = []
    for frame, factor in zip((new, old), factors, strict=True):
        local = local_statistics(np.array(frame.data), good, _BOX, job)
        sigmas.append(local.typical_sigma * factor if local is not None else float("nan"))
    shift = float(np.median(difference[good]))
    width = noise.typical_sigma
    return {
        "median_shift_e_per_s": Metric(shift, "e-/s", "Median of new less old."),
        "median_shift_sigma": Metric(shift / width if width else None, "sigma", "The same in noise of the difference."),
        "difference_noise_e_per_s": Metric(width, "e-/s", "Local noise of the difference, 1.4826 MAD."),
        "new_noise_e_per_s": Metric(sigmas[0], "e-/s", "Local noise of the new dark."),
        "old_noise_e_per_s": Metric(sigmas[1], "e-/s", "Local noise of the dark in use."),
        "noise_ratio": Metric(sigmas[0] / sigmas[1] if sigmas[1] else None, "", "Noise of new over old."),
        "n_new_hot": Metric(int(np.count_nonzero(appeared)), "pixel", "Hot now, and significantly hotter than before."),
        "n_vanished_hot": Metric(int(np.count_nonzero(gone)), "pixel", "Hot before, and significantly cooler now."),
    }


def _histogram(difference: FloatArray, good: BoolArray, metrics: Mapping[str, Metric]) -> Curve:
    from calgui.core.algorithms.profiles import histogram

    level, sigma = metrics["median_shift_e_per_s"].value, metrics["difference_noise_e_per_s"].value
    assert isinstance(level, float)
    assert isinstance(sigma, float)
    made = histogram(difference, good, level, sigma, "e-/s", 1.0)
    return Curve("New less old", "Difference (e-/s)", made.y_label, made.lines, "histogram")


def _sentence(old: Frame, metrics: Mapping[str, Metric]) -> str:
    shift, sigma = metrics["median_shift_e_per_s"].value, metrics["median_shift_sigma"].value
    said = f"Against {old.name} the level is "
    if isinstance(shift, float) and isinstance(sigma, float) and abs(sigma) > _SHIFT:
        said += f"{abs(shift):.4g} e-/s ({abs(sigma):.2f} sigma) {'higher' if shift > 0 else 'lower'}"
    else:
        said += "the same within a tenth of the noise"
    came, went = metrics["n_new_hot"].value, metrics["n_vanished_hot"].value
    ratio = metrics["noise_ratio"].value
    noise = f", the noise {ratio:.2f} times as large" if isinstance(ratio, float) else ""
    return f"{said}{noise}; {came} hot pixels are new, {went} are gone."
