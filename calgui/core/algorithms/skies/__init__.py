"""Skies: made of dithered frames, and subtracted from images and cubes."""

from calgui.core.algorithms.skies.subtracting import ALGORITHMS as _SUBTRACTING
from calgui.core.algorithms.skies.supersky import ALGORITHMS as _SUPER

ALGORITHMS = (*_SUPER, *_SUBTRACTING)
