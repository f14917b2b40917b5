"""Options of ``rectify``."""

from dataclasses import dataclass
from typing import Literal

from calgui.core.algorithms.options import option


@dataclass(frozen=True)
class RectifyConfig:
    """How an image is rectified."""

    kernel: Literal["cubic", "linear"] = option(
        "cubic", "Interpolation between pixels: cubic keeps the width of stars, linear never overshoots."
    )
    conserve: Literal["flux", "brightness"] = option(
        "flux",
        "What stays: the flux of a star (values are multiplied by the area of the pixel), or the brightness of an even "
        "sky, for an image whose flat has the area in it.",
    )
