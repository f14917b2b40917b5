"""Skies: made of dithered frames, and subtracted from images and cubes."""

from calgui.core.algorithms.skies.subtracting import ALGORITHMS as _SUBTRACTING

ALGORITHMS = _SUBTRACTING
