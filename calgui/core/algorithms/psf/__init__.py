"""Stars and fiber images: widths, energy, Strehl ratio, and the point-spread function that they give."""

from calgui.core.algorithms.psf.measuring import ALGORITHMS

__all__ = ["ALGORITHMS"]
