"""How far a wavelength solution of the day is off in the night, by the lines of the night sky."""

from calgui.core.algorithms.nightshift.algorithm import ALGORITHMS

__all__ = ["ALGORITHMS"]
