"""The updated Edlén formula: another one than the program's, from other measurements."""

import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def edlen(wave: Floats, hpa: float, celsius: float, humidity: float) -> Floats:
    """Refractivity by Birch & Downs 1993 and 1994, which holds below 1.6 µm."""
    s = 1 / wave**2
    standard = 1e-8 * (8342.54 + 2406147 / (130 - s) + 15998 / (38.9 - s))
    p = 100 * hpa
    density = p / 96095.43 * (1 + 1e-8 * (0.601 - 0.00972 * celsius) * p) / (1 + 0.0036610 * celsius)
    vapour = humidity * 611.2 * math.exp(17.62 * celsius / (243.12 + celsius))  # Magnus
    return np.asarray(standard * density - 3.7345e-10 * vapour + 0.0401e-10 * s * vapour)
