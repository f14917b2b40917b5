"""Flats: normalised ones from exposures of a lamp, and the division of images by them."""

from calgui.core.algorithms.flats import dividing, normalizing, slicer

ALGORITHMS = (*normalizing.ALGORITHMS, *slicer.ALGORITHMS, *dividing.ALGORITHMS)
