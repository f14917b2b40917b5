"""Arc lamps as spectra that are already extracted: each lamp and mixtures, several filters, either direction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from calgui.core.simulate.filters import FILTERS
from calgui.core.simulate.keywords import exposure
from calgui.core.simulate.scene import NIGHT, SPECTROGRAPH, Columns, Exposure, Hdu, Image, Kind, Scene
from calgui.core.simulate.spectro.dispersion import Dispersion
from calgui.core.simulate.spectro.exposing import expose
from calgui.core.simulate.spectro.forward import on_pixels
from calgui.core.simulate.spectro.lamps import lamp_light
from calgui.core.simulate.spectro.light import Light
from calgui.core.simulate.spectro.spread import LineSpread

SECONDS = 30.0
#: pixels to the full width of a line at half its height: what a spectrograph is built for
_SAMPLING = 2.2
_ROUGH = 0.04  # the header's range is off by up to that part of it
_BACKGROUND = 8.0  # e- per nm


@dataclass(frozen=True)
class Arc:
    """One exposure.

    Attributes
    ----------
    band, grating : str
        Filter and grating.
    resolution : float
        Of the grating at the middle of the filter.
    on : tuple of str
        Lamps that shine.
    lamp : str
        What LAMP says.
    falling : bool
        Whether wavelengths fall along the pixels.
    brightest : float
        Electrons in the brightest line.
    table : bool
        Whether it is a table with a column of flux, not an image.
    why : str
        What it is for.
    """

    band: str
    grating: str
    resolution: float
    on: tuple[str, ...]
    lamp: str
    falling: bool = False
    brightest: float = 60_000.0
    table: bool = False
    why: str = ""


ARCS: tuple[Arc, ...] = (
    Arc("Hbb", "H4000", 4000, ("Ar", "Kr"), "Ar,Kr", why="two lamps"),
    Arc("J", "J4000", 4000, ("Ar",), "Ar", True, why="one lamp; wavelengths fall along the pixels"),
    Arc("Z", "Z8000", 8000, ("Ar", "Kr", "Xe"), "Xe,Ar,Kr", why="three lamps"),
    Arc("Y", "Y4000", 4000, ("Kr", "Xe"), "Kr,Xe", True, table=True, why="a table with a column of flux"),
    Arc("K", "K4000", 4000, ("Ne",), "Ne", why="one lamp with many faint lines and blends"),
    Arc("KN3", "K8000", 8000, ("Ar", "Kr", "Xe", "Ne"), "Ar,Kr,Ne,Xe", why="a narrow filter: few lines"),
    Arc("J", "J8000", 8000, ("Xe", "Ne"), "Ne,Xe", brightest=450_000.0, why="too bright: lines are saturated"),
    Arc("Hbb", "H4000", 4000, ("Xe",), "Kr", why="LAMP names a lamp that is not in it: to be refused"),
    Arc("Hbb", "H4000", 4000, (), "Ar,Kr", why="the lamps did not start: to be refused"),
)


def name_of(number: int) -> str:
    """File of one exposure.

    Parameters
    ----------
    number : int
        Index into `ARCS`.

    Returns
    -------
    str
    """
    return f"iris_{NIGHT}_arcspec_{number + 1:04d}.fits"


@dataclass(frozen=True)
class Made:
    """What one exposure is, before noise: its light in electrons, its dispersion, and what its header says of both."""

    light: Light
    dispersion: Dispersion
    spread: LineSpread
    rough: tuple[float, float]


@lru_cache(maxsize=2 * len(ARCS))
def _made(seed: int, size: int, number: int) -> Made:
    arc, rng = ARCS[number], Scene(seed=seed, size=size).rng(f"light of {name_of(number)}")
    row = FILTERS[arc.band]
    low, high = 1e3 * row.wavemin, 1e3 * row.wavemax
    wide = high - low
    pixels = round(1.05 * wide / (1e3 * row.wavecen / arc.resolution / _SAMPLING))
    first, last = low - wide * rng.uniform(0.01, 0.04), high + wide * rng.uniform(0.01, 0.04)
    if arc.falling:
        first, last = last, first
    bend = (rng.uniform(-0.03, 0.03), rng.uniform(-0.005, 0.005))
    dispersion = Dispersion.between(first, last, pixels, bend)
    sigma = _SAMPLING / LineSpread((1.0,)).fwhm()
    spread = LineSpread((sigma, 0.07 * sigma, 0.06 * sigma))
    rough = (low + _ROUGH * wide * rng.uniform(-1, 1), high + _ROUGH * wide * rng.uniform(-1, 1))
    if not arc.on:
        return Made(Light(np.empty(0), np.empty(0)), dispersion, spread, rough)
    light = lamp_light(
        arc.on,
        low - 0.02 * wide,
        high + 0.02 * wide,
        rng,
        brightest=arc.brightest,
        unlisted=2,
        continuum=_BACKGROUND,
    ).through(low, high)
    return Made(light, dispersion, spread, rough)


def made(scene: Scene, number: int) -> Made:
    """What one exposure is, before noise.

    Parameters
    ----------
    scene : Scene
        The night.
    number : int
        Index into `ARCS`.

    Returns
    -------
    Made
    """
    return _made(scene.seed, scene.size, number)


def _hdus(scene: Scene, number: int) -> tuple[Sequence[Hdu], Mapping[str, Any]]:
    what = made(scene, number)
    (model,) = on_pixels(what.light, what.dispersion, what.spread)
    taken = expose(model, scene.rng(name_of(number)))
    rate, error = taken.data / np.float32(SECONDS), taken.error / np.float32(SECONDS)
    if ARCS[number].table:
        # astropy has no name for the unit in a table of FITS, though it is a word of the standard
        units = {"TUNIT1": "electron/s", "TUNIT2": "electron/s"}
        return (Columns("SCI", {"flux": rate, "error": error, "dq": taken.flags.astype(np.int32)}, {}, units),), {}
    unit = {"BUNIT": ("electron/s", "in one pixel")}
    return (Image("SCI", rate, unit), Image("ERR", error, unit), Image("DQ", taken.flags)), {}


def _exposures(scene: Scene) -> Sequence[Exposure]:
    exposures = []
    for number, arc in enumerate(ARCS):
        name = name_of(number)
        header = exposure(
            scene,
            name,
            "ARC",
            f"2026-03-11T03:{2 + 2 * number:02d}:00",
            seconds=SECONDS,
            filter=arc.band,
            detector=SPECTROGRAPH,
            lamp=arc.lamp,
            grating=arc.grating,
        )
        low, high = (round(edge / 1e3, 5) for edge in made(scene, number).rough)
        header["WAVEMIN"], header["WAVEMAX"] = (low, "[um] vacuum, roughly"), (high, "[um] vacuum, roughly")
        header["WAVECEN"] = (round((low + high) / 2, 5), "[um] vacuum, roughly")
        exposures.append(Exposure(name, header, lambda scene, number=number: _hdus(scene, number)))  # type: ignore[misc]
    return exposures


def told(light: Light, pixel: Any, scale: float) -> list[dict[str, Any]]:
    """Lines for the truth file.

    Parameters
    ----------
    light : Light
        What was put in.
    pixel : ndarray of float64, shape (m,)
        Where each falls.
    scale : float
        Flux of the light in electrons.

    Returns
    -------
    list of dict
        ``species`` (empty: of no list), ``wavelength_nm``, ``electrons``, ``pixel``.
    """
    rows = zip(light.species, light.wavelength, light.flux, pixel, strict=True)
    return [
        {
            "species": species,
            "wavelength_nm": round(float(wave), 6),
            "electrons": round(float(flux) * scale, 1),
            "pixel": round(float(x), 5),
        }
        for species, wave, flux, x in rows
    ]


def _truth(scene: Scene) -> Mapping[str, Any]:
    files = []
    for number, arc in enumerate(ARCS):
        what = made(scene, number)
        slope = abs(float(np.diff(what.dispersion.wavelengths()[0]).mean()))
        width = what.spread.fwhm() * what.spread.sigma[0]
        files.append(
            {
                "file": name_of(number),
                "why": arc.why,
                "lamps_on": list(arc.on),
                "pixels": what.dispersion.pixels,
                "wavelength_nm": [round(float(c), 9) for c in what.dispersion.coefficients[0]],
                "fwhm_pixel": round(width, 5),
                "sigma_pixel": [round(c, 6) for c in what.spread.sigma],
                "resolution": round(1e3 * FILTERS[arc.band].wavecen / (width * slope), 1),
                "lines": told(what.light, what.dispersion.pixels_of(what.light.wavelength)[0], 1.0),
            }
        )
    return {
        "spectra": files,
        "polynomials": "Legendre, lowest order first, in u = 2 x / (pixels - 1) - 1; sigma: plain powers of u",
        "spread": "core of that sigma with 92 % of the light, wings 1.9 times as wide with 8 %; before pixels",
        "lines_source": "NIST Atomic Spectra Database and the sources named in resources/lines, vacuum",
        "seconds": SECONDS,
    }


KIND = Kind("arcspectra", _exposures, truth=_truth)
