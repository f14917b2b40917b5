"""Non-linearity of a detector: coefficients derived from ramps of a steady lamp."""

from calgui.core.algorithms.linearity.derive import ALGORITHMS

__all__ = ["ALGORITHMS"]
