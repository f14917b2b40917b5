"""The counts behind an image: steps of the converter that are too coarse, and bits of it that never change."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.exposure import ADU, ADU_PER_S, ELECTRON, canonical_unit, exposure_time, number
from calgui.core.algorithms.metadata.facts import is_reference
from calgui.core.algorithms.registry import Metric
from calgui.core.frames.frame import Frame

BoolArray = npt.NDArray[np.bool_]

#: values that are looked at, and of how many noises around the level
_SAMPLE, _AROUND = 20_000, 2.0
#: of fewer different values among them the step is known
_SHARE = 0.3
#: a bit changes by chance where the noise is so many times as large: it is set in 49.9 to 50.1 % of the pixels
_OVER = 1.25
_MOST_BITS = 12


def describe_counts(frame: Frame, good: BoolArray, level: float, noise: float) -> dict[str, Metric]:
    """Describe the steps between values, and the bits of the counts.

    Parameters
    ----------
    frame : Frame
        An image, shape (ny, nx).
    good : ndarray of bool
        Pixels that count.
    level, noise : float
        Of it, in its unit.

    Returns
    -------
    dict of str to Metric
        ``step_over_noise``; and of an exposure whose counts can be reckoned (time and GAIN) ``stuck_bits``. Empty where
        there is no noise.
    """
    image = frame.data
    step = max(1, image.size // (3 * _SAMPLE))
    values = image.ravel()[::step][good.ravel()[::step]].astype(np.float64)
    if not noise > 0:  # more than half of the values are the same: the others tell
        low, high = np.nanpercentile(values, [5, 95]) if values.size else (0.0, 0.0)
        noise = float(high - low) / 3.3
    if not noise > 0:
        return {}
    near = values[np.abs(values - level) < _AROUND * noise][:_SAMPLE]
    if near.size < 1000:
        return {}
    different = np.unique(near).size
    coarse = different < _SHARE * near.size
    width = 2 * _AROUND / max(1, different - 1) if coarse and different > 1 else 2 * _AROUND if coarse else 0.0
    made = {"step_over_noise": Metric(width, "", "Step between the values of pixels over their noise; 0 if too fine.")}
    per_count = _per_count(frame)
    if per_count is not None:
        made |= _bits(values[np.isfinite(values)] / per_count, noise / per_count)
    return made


def _per_count(frame: Frame) -> float | None:
    """What one count of the converter is in the unit of the image."""
    header: Mapping[str, Any] = frame.header
    gain, time = number(header, "GAIN"), exposure_time(header)
    unit = canonical_unit(frame.unit)
    if unit is None or is_reference(header) or (number(header, "NINTS") or 1) > 1:
        return None
    counts = 1.0 if unit in (ADU, ADU_PER_S) else gain
    if counts is None or not counts > 0:
        return None
    if unit in (ADU, ELECTRON):
        return counts
    return None if time is None else counts / time[0]


def _bits(counts: npt.NDArray[np.float64], noise: float) -> dict[str, Metric]:
    """Bits that are set in nearly all of the counts, or in nearly none, though the noise changes them."""
    whole = np.round(counts)
    if whole.size < 1000 or not np.all(np.abs(whole) < 2**40):
        return {}
    numbers = whole.astype(np.int64)
    bits = [bit for bit in range(_MOST_BITS) if _OVER * 2**bit <= noise]
    if not bits:
        return {}
    # 1 % of the pixels may be cosmic rays, hot or dead
    stuck = [
        bit for bit in bits if abs(float(np.mean((numbers >> bit) & 1)) - 0.5) > 0.5 - 0.01 - _chance(numbers.size)
    ]
    return {"stuck_bits": Metric(len(stuck), "", "Bits of the counts that never change, though the noise is larger.")}


def _chance(count: int) -> float:
    return 5 * 0.5 / math.sqrt(count)
