"""Ramps: from the reads of a detector to rates."""

from calgui.core.algorithms.ramps.fitting import ALGORITHMS

__all__ = ["ALGORITHMS"]
