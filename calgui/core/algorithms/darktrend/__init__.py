"""A control chart of the darks of one mode over their dates."""

from calgui.core.algorithms.darktrend.trend import ALGORITHMS

__all__ = ["ALGORITHMS"]
