"""Images without their distortion."""

from calgui.core.algorithms.rectify.config import RectifyConfig
from calgui.core.algorithms.rectify.rectifying import ALGORITHMS, rectify

__all__ = ["ALGORITHMS", "RectifyConfig", "rectify"]
