"""Options of a distortion solution."""

from dataclasses import dataclass
from typing import Literal

from calgui.core.algorithms.options import option
from calgui.core.algorithms.pinholes.config import PinholeConfig

_MASK = "the mask"


@dataclass(frozen=True)
class DistortionConfig(PinholeConfig):
    """Options of ``distortion-solution``."""

    order: Literal["auto", "1", "2", "3", "4", "5", "6", "7", "8", "9"] = option(
        "5", "Order of the polynomials; auto is the lowest that cross-validation finds no fault with."
    )
    basis: Literal["legendre", "chebyshev"] = option(
        "legendre", "Polynomials that are fitted; both describe the same solutions."
    )
    clip: float = option(
        4.0,
        "Pinholes are rejected that lie off a smooth surface through all others by more than this.",
        unit="sigma",
        minimum=2.0,
        maximum=100.0,
    )
    exclude: str = option("", "Pinholes to leave out, by their places: x,y; N:x,y on input N.")
    arrows: Literal["residuals", "distortion"] = option("residuals", "What the arrows on the picture show.")
    mask_errors: bool = option(
        True, "Several pictures: solve for the errors of the mask's own pinholes, too.", group=_MASK
    )
    mask_moves: str = option(
        "",
        "How far the mask moved since the first picture, where pinholes do not tell: N:dx,dy in pixels for input N.",
        group=_MASK,
    )
    mask_pitch_mas: float | None = option(
        None,
        "Pitch of the mask as seen on the sky; a mask by itself gives no absolute scale.",
        unit="mas",
        minimum=1e-3,
        group=_MASK,
    )


#: options that only the fit looks at
REFITS = ("order", "basis", "clip", "exclude", "arrows", "mask_errors", "mask_pitch_mas")
