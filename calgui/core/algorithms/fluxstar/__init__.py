"""Flux calibration stars: their light within an aperture, and the zero point that it gives."""

from calgui.core.algorithms.fluxstar.algorithms import ALGORITHMS

__all__ = ["ALGORITHMS"]
