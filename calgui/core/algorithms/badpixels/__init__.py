"""Bad pixel maps: found in darks and flats, converted from other observatories' files, and painted by hand."""

from calgui.core.algorithms.badpixels.converting import ALGORITHMS as _CONVERTING
from calgui.core.algorithms.badpixels.mapping import ALGORITHMS as _MAPPING

ALGORITHMS = (*_MAPPING, *_CONVERTING)
