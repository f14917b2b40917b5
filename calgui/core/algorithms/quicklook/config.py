"""Options of ``quick-look``: a switch for each step, and what matters most of them."""

from dataclasses import dataclass
from typing import Any, Literal

from calgui.core.algorithms.headeroptions import Unit, gain_option, time_option, unit_option
from calgui.core.algorithms.options import option
from calgui.core.algorithms.ramps.config import FitRampConfig
from calgui.core.algorithms.ramps.optimal import JUMP_SIGMA

_HOW = "where it can be done, without fail, or not at all."
#: headings under which a form folds options away
_SLOPE, _SKY, _KEPT, _HEADERS = "slope", "sky to subtract", "bad pixels and pictures", "inputs and their headers"


@dataclass(frozen=True)
class QuickLookConfig:
    """Options of ``quick-look``."""

    reference_pixels: Literal["auto", "on", "off"] = option(
        "auto", f"Reference pixels take drifts out of the reads: {_HOW}"
    )
    linearity: Literal["auto", "on", "off"] = option(
        "auto", f"Coefficients (NONLINCOEFF) straighten the response: {_HOW}"
    )
    bad_pixels: Literal["auto", "on", "off"] = option(
        "auto", f"A bad pixel map (MASK) is joined with the data quality: {_HOW}"
    )
    dark: Literal["auto", "on", "off"] = option("auto", f"The dark is subtracted: {_HOW}")
    flat: Literal["auto", "on", "off"] = option("auto", f"The flat divides: {_HOW}")
    sky: Literal["auto", "on", "off"] = option("auto", f"The sky is subtracted: {_HOW}")
    detect_jumps: bool = option(True, "Slope: look for jumps, such as cosmic rays, and leave them out.", group=_SLOPE)
    jump_sigma: float = option(
        JUMP_SIGMA,
        "Jumps: threshold, in errors of a jump's size in the fit to the whole ramp.",
        unit="sigma",
        minimum=2,
        maximum=100,
        group=_SLOPE,
    )
    method: Literal["optimal", "utr", "cds", "mcds"] = option(
        "optimal", "How the reads become a rate, as in fit-ramp.", group=_SLOPE
    )
    sky_age: float = option(
        2.0, "A sky is too old so long before or after the exposure, and is told of.", unit="h", minimum=0, group=_SKY
    )
    interpolate: bool = option(
        False,
        "Fill pixels that must not be used from their neighbours, to look at: they stay flagged.",
        group=_KEPT,
    )
    keep: Literal["auto", "steps"] = option(
        "auto", "The pictures after each step: of small parts alone, or always, and in the product too.", group=_KEPT
    )
    unit: Unit | None = unit_option("the input", _HEADERS)
    exposure_time: float | None = time_option("an image", _HEADERS)
    group_time: float | None = option(
        None, "Time from read to read, where TGROUP is missing or wrong.", unit="s", minimum=1e-6, group=_HEADERS
    )
    gain: float | None = gain_option(_HEADERS)
    read_noise: float | None = option(
        None, "Noise of one read, where READNOIS is missing or wrong.", unit="e-", minimum=0, group=_HEADERS
    )
    linearity_form: Literal["factor", "polynomial"] | None = option(
        None,
        "What the coefficients mean where LINFORM does not say it: (1 + c0 + c1 x + ...) x, or the sum of ck x^k.",
        group=_HEADERS,
    )

    def of_ramps(self, reference_pixels: bool, linearity: bool) -> FitRampConfig:
        """What it says of the fit of ramps.

        Parameters
        ----------
        reference_pixels, linearity : bool
            Whether these steps are to be done.

        Returns
        -------
        FitRampConfig
        """
        unit: Any = self.unit if self.unit in (None, "adu", "electron") else None
        return FitRampConfig(
            method=self.method,
            detect_jumps=self.detect_jumps,
            jump_sigma=self.jump_sigma,
            reference_pixels="both" if reference_pixels else "off",
            linearity=linearity,
            linearity_form=self.linearity_form,
            unit=unit,
            group_time=self.group_time,
            gain=self.gain,
            read_noise=self.read_noise,
        )
