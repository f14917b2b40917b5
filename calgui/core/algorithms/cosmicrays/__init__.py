"""Cosmic rays: L.A.Cosmic for one image, rejection of outliers for three or more of one field."""

from calgui.core.algorithms.cosmicrays.clean import ALGORITHMS

__all__ = ["ALGORITHMS"]
