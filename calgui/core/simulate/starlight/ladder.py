"""Stars from hardly corrected to nearly perfect, with noise and truth: to try a measurement of Strehl on."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.simulate.filters import FILTERS
from calgui.core.simulate.starlight.light import star_light
from calgui.core.simulate.starlight.measuring import Measures, measures
from calgui.core.simulate.starlight.placing import add_light


@dataclass(frozen=True)
class Step:
    """One star.

    Attributes
    ----------
    image : ndarray of float32, shape (n, n)
        Electrons, with photon and read noise, over a level of 20.
    x, y : float
        Where it is, from 0 at the centre of the first pixel.
    flux_e : float
        All its light, that beyond the image included.
    truth : Measures
        What it is without noise.
    """

    image: npt.NDArray[np.float32]
    x: float
    y: float
    flux_e: float
    truth: Measures


def strehl_ladder(
    count: int = 30,
    filter: str = "K",
    flux_e: float = 1e6,
    side: int = 540,
    seed: int = 1,
    rotation_deg: float = 20.0,
    read_noise_e: float = 12.7,
) -> list[Step]:
    """Stars whose Strehl ratios grow from 0.05 to 0.95.

    Parameters
    ----------
    count : int
        How many.
    filter : str
        As in FILTER.
    flux_e : float
        Electrons of each.
    side : int
        Pixels of 4 mas on a side of each image.
    seed : int
        Where chance comes from: places within a pixel, and noise.
    rotation_deg : float
        Of the pupil.
    read_noise_e : float
        Of a pixel.

    Returns
    -------
    list of Step
    """
    rng, row = np.random.default_rng(seed), FILTERS[filter]
    steps = []
    for strehl in np.linspace(0.05, 0.95, count):
        band = (row.wavemin, row.wavemax)
        # light of the halo beyond the radius does not count: the ratio is larger than what is aimed at
        first = measures(star_light(band, float(strehl), rotation_deg)).strehl
        light = star_light(band, float(strehl) ** 2 / first, rotation_deg)
        x, y = ((side - 1) / 2 + rng.uniform(-0.5, 0.5, 2)).tolist()
        image = np.full((side, side), 20.0, np.float32)
        add_light(image, x, y, flux_e, light)
        noisy = rng.poisson(image) + read_noise_e * rng.standard_normal(image.shape)
        steps.append(Step(noisy.astype(np.float32), x, y, flux_e, measures(light)))
    return steps
