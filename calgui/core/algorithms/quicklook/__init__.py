"""The quick-look chain: from a raw ramp, or an image, to a calibrated image."""

from calgui.core.algorithms.quicklook.chain import ALGORITHMS

__all__ = ["ALGORITHMS"]
