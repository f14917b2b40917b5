"""The picture of a frame: `ImageView` and what it is made of."""

from calgui.views.image.readout import Reading
from calgui.views.image.view import ImageView

__all__ = ["ImageView", "Reading"]
