"""Subarrays that are read beside a full frame: found in its map, marked in its data quality, and put back into it."""

from calgui.core.algorithms.subarrays.marking import ALGORITHMS as _MARKING
from calgui.core.algorithms.subarrays.merging import ALGORITHMS as _MERGING

ALGORITHMS = (*_MARKING, *_MERGING)
