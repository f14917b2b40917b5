"""Flats: normalised ones from exposures of a lamp, and the division of images by them."""

from calgui.core.algorithms.flats import dividing

ALGORITHMS = (*dividing.ALGORITHMS,)
