"""What the darks and flats of a map look like beside the thresholds."""

import numpy as np

from calgui.core.algorithms.badpixels.config import MaskConfig
from calgui.core.algorithms.badpixels.darkside import Darks
from calgui.core.algorithms.badpixels.lightside import Flats
from calgui.core.algorithms.badpixels.structure import BoolArray
from calgui.core.algorithms.registry import Curve
from calgui.core.frames.frame import FloatArray
from calgui.core.jobs import Job

#: pixels that are enough for a histogram
_ENOUGH = 2_000_000
_BINS = 240


def curves(darks: Darks, flats: Flats | None, light: BoolArray, config: MaskConfig, job: Job) -> tuple[Curve, ...]:
    """Histograms of the excess in the darks, of their scatter, and of the response.

    Parameters
    ----------
    darks, flats : Darks, Flats or None
        Measured.
    light : ndarray of bool
        Light-sensitive pixels.
    config : MaskConfig
        Its thresholds are drawn.
    job : Job
        Cancel.

    Returns
    -------
    tuple of Curve
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        excess = (darks.whole.data - darks.structure.level()) / darks.structure.sigma()
    made = [
        _histogram(
            "Excess of the darks over their surroundings", "Excess (local sigma)", excess, light, (-8.0, 60.0),
            {f"hot, {config.hot_sigma:g}": config.hot_sigma, f"warm, {config.warm_sigma:g}": config.warm_sigma},
        )
    ]  # fmt: skip
    job.check()
    with np.errstate(invalid="ignore", divide="ignore"):
        scatter = darks.scatters.std / darks.noise.level()
    made.append(
        _histogram(
            "Scatter of the darks over that of their surroundings", "Scatter (1 is usual)", scatter, light, (0.0, 8.0),
            {},
        )
    )  # fmt: skip
    job.check()
    if flats is not None:
        cut = min(1 - config.low_sigma * flats.around.typical_sigma, config.low_response)
        lines = {f"low response, {cut:.3g}": cut, f"dead, {config.dead_response:g}": config.dead_response}
        made.append(_histogram("Response to light", "Response (1 is usual)", flats.response, light, (-0.1, 1.3), lines))
    return tuple(made)


def _histogram(
    title: str, label: str, values: FloatArray, light: BoolArray, ends: tuple[float, float], marks: dict[str, float]
) -> Curve:
    """Logarithm of the pixels in each bin: a few bad ones beside millions."""
    step = max(1, values.size // _ENOUGH)
    kept = values[::step][light[::step]]
    kept = np.clip(kept[np.isfinite(kept)], *ends)
    edges = np.linspace(*ends, _BINS + 1)
    counts = np.log10(np.histogram(kept, edges)[0] * step + 1.0)
    lines = {"pixels": (edges, counts)}
    width = (ends[1] - ends[0]) / _BINS
    top = float(counts.max()) if counts.size else 1.0
    for name, place in marks.items():
        lines[name] = (np.array([place - width / 4, place + width / 4]), np.array([top]))
    return Curve(title, f"{label}; the outermost bins hold all beyond", "log10 (pixels + 1)", lines, "histogram")
