"""The distortion of a field, from pictures of a pinhole mask."""

from calgui.core.algorithms.distortion.algorithm import ALGORITHMS
from calgui.core.algorithms.distortion.config import DistortionConfig

__all__ = ["ALGORITHMS", "DistortionConfig"]
