"""A reference that is a picture of fixed lights beside the one in use: pinholes, lenslets, lines of arcs."""

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.geometry import region_of
from calgui.core.algorithms.local import local_statistics
from calgui.core.algorithms.registry import Metric
from calgui.core.frames.frame import Frame
from calgui.core.jobs import Job
from calgui.core.validation.differences import describe_difference
from calgui.core.validation.figures import box_of

Floats = npt.NDArray[np.float64]
#: pixels on a side at which pictures are laid over each other
_SIDE = 1024
#: another place, or way round, is told where it is that much more alike
_MORE = 0.1
#: where pictures are less alike, what is dark in the one need not be so in the other; lights take themselves off where
#: they are as much alike
_ALIKE, _SAME = 0.3, 0.8
#: parts of the pixels: the dark ones that are looked at; and above which the lights are
_DARK, _LIGHT = 60.0, 99.5
#: pixels on a side over which it is smoothed for that
_SMOOTH = 5
#: figures of the difference that lights of another brightness do not make
_KEPT = (
    "slope_sigma",
    "slope_error_sigma",
    "step_sigma",
    "odd_lines",
    "likeness",
    "noise_over_error",
    "noise_over_expected",
    "stripes_sigma",
    "parity_sigma",
)


def beside_picture(new: Frame, old: Frame, expected: float | None, job: Job) -> tuple[Mapping[str, Metric], str]:
    """Lay a picture over the one in use.

    Parameters
    ----------
    new, old : Frame
        Images of the same shape.
    expected : float or None
        Noise of a pixel of the new one between the lights, by photons and reading.
    job : Job
        Cancel.

    Returns
    -------
    dict of str to Metric, and str
        ``picture_correlation``, ``picture_moved_pixel`` and what the difference shows; and where it fits better, empty
        where it fits best as it is. Both are empty where shapes differ.
    """
    if new.data.ndim != 2 or new.shape != old.shape:
        return {}, ""
    good = region_of(new).mask() & np.isfinite(new.data) & np.isfinite(old.data)
    if np.count_nonzero(good) < 1000:
        return {}, ""
    mine, other = (_stretched(frame, good, job) for frame in (new, old))
    plain = _correlation(mine, other)
    best, words = plain, ""
    tried = {
        "mirrored left to right": mine[:, ::-1],
        "mirrored top to bottom": mine[::-1],
        "turned by 180 degrees": mine[::-1, ::-1],
    }
    if mine.shape[0] == mine.shape[1]:
        tried |= {
            "with rows and columns exchanged": mine.T,
            "turned by 90 degrees": np.rot90(mine),
            "turned by 270 degrees": np.rot90(mine, 3),
            "with rows and columns exchanged, and turned by 180 degrees": mine[::-1, ::-1].T,
        }
    for way, turned in tried.items():
        value = _correlation(turned, other)
        if value > best + _MORE:
            best, words = value, way
    job.report(0.5, "Shift against the picture in use")
    row, column, value = _shift(mine, other)
    factor = max(1, math.ceil(max(new.shape) / _SIDE))
    moved = 0.0
    if value > best + _MORE:
        moved = factor * math.hypot(row, column)
        words = f"moved by {factor * column:+d} columns and {factor * row:+d} rows"
    made = {
        "against.picture_correlation": Metric(
            plain, "", "Correlation with the picture in use, both stretched by asinh."
        ),
        "against.picture_moved_pixel": Metric(moved, "pixel", "How far it must be moved to fit to the picture in use."),
    }
    if plain > _ALIKE and not words:
        made |= _between(new, old, good, expected, job, same=plain > _SAME)
    return made, f"It fits to the one in use once the picture is {words}." if words else ""


def _stretched(frame: Frame, good: npt.NDArray[np.bool_], job: Job) -> Floats:
    """Lights over the level, in units of the noise and compressed, so that no single one counts for all."""
    local = local_statistics(np.ascontiguousarray(frame.data), good, box_of(frame.shape), job)
    level, noise = (float(np.median(local.level)), local.typical_sigma) if local is not None else (0.0, 1.0)
    values = np.where(good, np.arcsinh((frame.data - level) / max(noise, 1e-30)), 0.0).astype(np.float64)
    factor = max(1, math.ceil(max(values.shape) / _SIDE))
    ny, nx = (side // factor for side in values.shape)
    binned = values[: ny * factor, : nx * factor].reshape(ny, factor, nx, factor).mean(axis=(1, 3))
    return np.asarray(binned - binned.mean())


def _correlation(one: Floats, other: Floats) -> float:
    size = math.sqrt(float(np.sum(one**2)) * float(np.sum(other**2)))
    return float(np.sum(one * other)) / size if size > 0 else 0.0


def _shift(one: Floats, other: Floats) -> tuple[int, int, float]:
    """Rows and columns by which one picture must be moved to fit best, and the correlation there."""
    from scipy.fft import irfft2, rfft2

    product = irfft2(rfft2(other) * np.conj(rfft2(one)), s=one.shape)
    size = math.sqrt(float(np.sum(one**2)) * float(np.sum(other**2)))
    row, column = (int(at) for at in np.unravel_index(int(product.argmax()), product.shape))
    value = float(product[row, column]) / size if size > 0 else 0.0
    ny, nx = one.shape
    return (row + ny // 2) % ny - ny // 2, (column + nx // 2) % nx - nx // 2, value


def _between(
    new: Frame, old: Frame, good: npt.NDArray[np.bool_], expected: float | None, job: Job, *, same: bool
) -> dict[str, Metric]:
    """What is seen between the lights; where these are the same, in new less old."""
    from scipy.ndimage import uniform_filter

    levels = [float(np.median(frame.data[good])) for frame in (new, old)]
    tops = [float(np.percentile(frame.data[good], _LIGHT)) for frame in (new, old)]
    lights = [top - level for top, level in zip(tops, levels, strict=True)]
    ratio = lights[0] / lights[1] if min(lights) > 0 else 0.0
    scale = np.float32(ratio if same else 0.0)
    image = np.asarray(new.data - scale * old.data, np.float32)
    # smoothed, so that pixels are not chosen by their noise
    smooth = uniform_filter(np.where(good, old.data, np.float32(levels[1])), _SMOOTH)
    dark = good & (smooth < np.percentile(smooth[good], _DARK))
    errors = None
    if new.err is not None and old.err is not None:
        errors = np.hypot(new.err, scale * old.err)
    found = describe_difference(image, dark, "", 1.0, expected, errors, job)
    made = {f"against.{name}": found[name] for name in _KEPT if name in found}
    if ratio:
        made["against.light_ratio"] = Metric(ratio, "", "Brightness of its lights over that of those in use.")
    return made
