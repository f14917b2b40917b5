"""Sets of simulated arcs for tests of accuracy: the same kind of spectrum from many seeds, with its truth."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.simulate.detector import FULL_WELL, READ_NOISE
from calgui.core.simulate.spectro.dispersion import Dispersion
from calgui.core.simulate.spectro.exposing import Taken, expose
from calgui.core.simulate.spectro.forward import on_pixels
from calgui.core.simulate.spectro.lamps import lamp_light
from calgui.core.simulate.spectro.light import Light, level
from calgui.core.simulate.spectro.spread import LineSpread

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Sample:
    """One simulated arc and what it is.

    Attributes
    ----------
    taken : Taken
        Data, error and flags of shape (pixels,), electrons.
    light : Light
        What was put in, in electrons.
    pixel : ndarray of float64, shape (m,)
        Where each line of the light falls; also outside of the spectrum.
    dispersion : Dispersion
        Of one spectrum.
    spread : LineSpread
        Of its lines.
    rough : tuple of float
        WAVEMIN and WAVEMAX as a header would have them, nm.
    """

    taken: Taken
    light: Light
    pixel: Floats
    dispersion: Dispersion
    spread: LineSpread
    rough: tuple[float, float]


def even_arcs(
    seeds: Sequence[int],
    wavelengths: npt.ArrayLike | None = None,
    *,
    lines: int = 10,
    electrons: float = 3000.0,
    low: float = 1596.5,
    high: float = 1678.3,
    pixels: int = 400,
    bend: tuple[float, ...] = (0.03, -0.004),
    spread: LineSpread | None = None,
    background: float = 0.0,
    read_noise: float = READ_NOISE,
) -> Iterator[Sample]:
    """Arcs whose lines are all equally bright.

    Parameters
    ----------
    seeds : sequence of int
        One arc for each: other noise, the spectrum moved by up to a pixel, and other lines unless they are given.
    wavelengths : array_like, optional
        Of the lines, nm; when not given, so many anywhere in the range, 8 pixels apart at least.
    lines : int
        How many, when no wavelengths are given.
    electrons : float
        In each line.
    low, high : float
        Wavelengths of the first and last pixel, nm; the first may be the larger.
    pixels : int
        Of the spectrum.
    bend : tuple of float
        Second and higher coefficients, in parts of half the range.
    spread : LineSpread, optional
        A Gaussian of sigma 0.9 pixel when not given.
    background : float
        Electrons in each pixel under the lines.
    read_noise : float
        e-.

    Yields
    ------
    Sample
    """
    shape = spread or LineSpread((0.9,), 0.0)
    step = (high - low) / (pixels - 1)
    for seed in seeds:
        rng = np.random.default_rng(seed)
        moved = rng.uniform(-1, 1) * step
        dispersion = Dispersion.between(low + moved, high + moved, pixels, bend)
        if wavelengths is None:
            waves = np.sort(dispersion.wavelengths(_apart(lines, pixels, rng))[0])
        else:
            waves = np.sort(np.atleast_1d(np.asarray(wavelengths, np.float64)))
        light = Light(waves, np.full(waves.size, float(electrons)), (), level(background / abs(step)))
        yield _sample(light, dispersion, shape, rng, read_noise, (min(low, high), max(low, high)))


def _apart(count: int, pixels: int, rng: np.random.Generator) -> Floats:
    """Places at random, at least 8 pixels from one another and from the ends, as far as there is room."""
    room = max(pixels - 16 - 8 * (count - 1), 0)
    return np.asarray(8 + 8 * np.arange(count) + np.sort(rng.uniform(0, room, count)))


def lamp_arcs(
    seeds: Sequence[int],
    species: Sequence[str],
    low: float,
    high: float,
    *,
    pixels: int = 1700,
    brightest: float = 50_000.0,
    off: float = 0.05,
    reverse: bool | None = None,
    unlisted: int = 2,
    sigma: float = 0.9,
    read_noise: float = READ_NOISE,
) -> Iterator[Sample]:
    """Arcs of lamps in a filter, as the demo night has them.

    Parameters
    ----------
    seeds : sequence of int
        One arc for each: other strengths, noise, ends and bend of the spectrum.
    species : sequence of str
        Lamps that are on.
    low, high : float
        Of the filter, nm. The spectrum goes beyond it by 1 to 4 % of the range.
    pixels : int
        Of the spectrum.
    brightest : float
        Electrons in the brightest line.
    off : float
        Each end of the rough range is off by up to that part of the range.
    reverse : bool, optional
        Whether wavelengths fall along the pixels; by chance when not given.
    unlisted : int
        Lines that no list has.
    sigma : float
        Of the line-spread function's core, pixels.
    read_noise : float
        e-.

    Yields
    ------
    Sample
    """
    wide = high - low
    for seed in seeds:
        rng = np.random.default_rng(seed)
        first, last = low - wide * rng.uniform(0.01, 0.04), high + wide * rng.uniform(0.01, 0.04)
        if rng.uniform() < 0.5 if reverse is None else reverse:
            first, last = last, first
        bend = (rng.uniform(-0.03, 0.03), rng.uniform(-0.005, 0.005))
        dispersion = Dispersion.between(first, last, pixels, bend)
        light = lamp_light(
            species, low - 0.1 * wide, high + 0.1 * wide, rng, brightest=brightest, unlisted=unlisted, continuum=10.0
        ).through(low, high)
        spread = LineSpread((sigma, 0.08 * sigma, 0.05 * sigma))
        rough = (low + off * wide * rng.uniform(-1, 1), high + off * wide * rng.uniform(-1, 1))
        yield _sample(light, dispersion, spread, rng, read_noise, rough)


def _sample(
    light: Light,
    dispersion: Dispersion,
    spread: LineSpread,
    rng: np.random.Generator,
    read_noise: float,
    rough: tuple[float, float],
) -> Sample:
    (model,) = on_pixels(light, dispersion, spread)
    taken = expose(model, rng, read_noise=read_noise, well=FULL_WELL)
    return Sample(taken, light, dispersion.pixels_of(light.wavelength)[0], dispersion, spread, rough)
