"""Darks of several exposure times: dark current apart from the glow of each read."""

from calgui.core.algorithms.darkseries.series import ALGORITHMS

__all__ = ["ALGORITHMS"]
