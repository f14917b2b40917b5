"""A reduced cube of the spectrograph: a rotating galaxy in Hα, its continuum, and the night sky before it is taken off.

It is a part of the filter's range, wavelength along the third axis of FITS, each value the light of one spaxel in one
step of wavelength.
"""

import math
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.frames import dq
from calgui.core.simulate.detector import DARK_RATE, READ_NOISE
from calgui.core.simulate.filters import COLLECTING_AREA_M2, FILTERS, PIXEL_ARCSEC, THROUGHPUT
from calgui.core.simulate.keywords import cube_axes, exposure
from calgui.core.simulate.kinds.common import EXTRACTED
from calgui.core.simulate.scene import NIGHT, SPECTROGRAPH, Exposure, Hdu, Image, Kind, Scene
from calgui.core.simulate.spectro.traces import FILTER as BAND
from calgui.core.simulate.spectro.traces import GRATING as DISPERSER
from calgui.core.simulate.telescope import on_sky

Floats = npt.NDArray[np.float64]

CUBE = f"iris_{NIGHT}_cube_0001.fits"
START, SECONDS = "2026-03-11T12:00:00", 900.0
SHAPE = (300, 24, 20)  # wavelengths, y, x
FIRST_NM, STEP_NM = 1600.0, 0.2  # vacuum
LSF_NM = 0.17  # sigma: two steps wide at half height
SPAXEL_ARCSEC = 0.009
LIGHT_KM_S = 299792.458

REDSHIFT = 1.462  # puts Hα into a gap between OH lines
#: vacuum wavelength at rest in nm (NIST Atomic Spectra Database), flux relative to Hα
GALAXY_LINES: tuple[tuple[str, float, float], ...] = (
    ("[N II]", 654.986, 0.1),
    ("Halpha", 656.461, 1.0),
    ("[N II]", 658.527, 0.3),
)
PEAK_RATE = 12.0  # e-/s of Hα in the middle, summed over the line
CONTINUUM_RATE = 0.2  # e-/s and step in the middle, at the middle of the range
CONTINUUM_SLOPE = 0.2  # relative change from the middle of the range to its end
MIDDLE = (9.4, 11.8)  # x, y
RADIUS, AXIS_RATIO, TILT = 3.5, 0.6, 35.0  # spaxels; degrees of the long axis from x towards y
VELOCITY, TURNOVER = 180.0, 2.0  # km/s, as seen; spaxels
DISPERSION = 60.0  # km/s, sigma

#: photon/(m² s arcsec²) of the strongest line of the list (Rousselot et al. 2000 at 1583.326 nm); half of what stands
#: there, for it gives the light of a doublet to each of the two: so the sum is that of Gemini's sky over Mauna Kea
_STRONGEST = 647.1 / 2
#: second radiation constant in nm K, and a telescope at night
_HC_OVER_K, _TELESCOPE_K = 1.438776877e7, 275.0
_HITS = 60
#: x, y of a lenslet that gives nothing
DEAD_SPAXEL = (3, 19)


@cache
def galaxy() -> dict[str, Floats]:
    """Maps of what is put in.

    Returns
    -------
    dict
        ``flux``: e-/s of Hα; ``velocity`` and ``sigma`` in km/s, the latter before the spectrograph's own width;
        ``continuum``: e-/s and step in the middle of the range; each of shape (ny, nx).
    """
    y, x = np.mgrid[: SHAPE[1], : SHAPE[2]]
    dx, dy = x - MIDDLE[0], y - MIDDLE[1]
    cosine, sine = math.cos(math.radians(TILT)), math.sin(math.radians(TILT))
    along, across = dx * cosine + dy * sine, (dy * cosine - dx * sine) / AXIS_RATIO
    radius = np.hypot(along, across)
    turning = np.arctan(radius / TURNOVER) * 2 / math.pi
    return {
        "flux": PEAK_RATE * np.exp(-radius / RADIUS),
        "velocity": VELOCITY * turning * along / np.maximum(radius, 1e-9),
        "sigma": np.full(radius.shape, DISPERSION),
        "continuum": CONTINUUM_RATE * np.exp(-0.5 * (dx**2 + dy**2) / 2.5**2),
    }


def _line(centre: Any, sigma: Any) -> Floats:
    """A Gaussian of area 1 integrated over the steps; place and width in nm, one for each spaxel or one for all."""
    from scipy.special import ndtr

    edges = FIRST_NM + STEP_NM * (np.arange(SHAPE[0] + 1) - 0.5)
    return np.diff(ndtr((edges[:, None, None] - centre) / sigma), axis=0)


def source_light() -> Floats:
    """The galaxy without noise or sky.

    Returns
    -------
    ndarray of float64, shape `SHAPE`
        e-/s.
    """
    maps = galaxy()
    place = np.linspace(-1, 1, SHAPE[0])[:, None, None]
    light = maps["continuum"] * (1 + CONTINUUM_SLOPE * place)
    for _, rest, relative in GALAXY_LINES:
        centre = rest * (1 + REDSHIFT) * (1 + maps["velocity"] / LIGHT_KM_S)
        light = light + relative * maps["flux"] * _line(centre, np.hypot(centre * maps["sigma"] / LIGHT_KM_S, LSF_NM))
    return np.asarray(light)


def line_rate() -> float:
    """e-/s that a line of the night sky gives to one spaxel, over its intensity in the list."""
    from calgui.core.spectra.airglow import sky_lines

    return _STRONGEST * COLLECTING_AREA_M2 * THROUGHPUT * SPAXEL_ARCSEC**2 / float(sky_lines().intensity.max())


def sky_light(
    families: Mapping[str, float] | None = None, shift: float = 0.0, continuum: float = 1.0, thermal: float = 0.0
) -> Floats:
    """The night sky on one spaxel: OH lines over the filter's faint continuum.

    Parameters
    ----------
    families : mapping of str to float, optional
        Factors of the lines by their vibrational transition, ``4-2``; 1 for the others.
    shift : float
        How far the lines stand from their wavelengths, in steps.
    continuum : float
        Factor of the continuum.
    thermal : float
        Light of a black body at night beside it, e-/s and step at the last wavelength.

    Returns
    -------
    ndarray of float64, shape (n,)
        e-/s.
    """
    from calgui.core.spectra.airglow import sky_lines

    row, area = FILTERS[BAND], (SPAXEL_ARCSEC / PIXEL_ARCSEC) ** 2
    total = np.full(SHAPE[0], continuum * row.sky_rate * area * STEP_NM / (1000 * (row.wavemax - row.wavemin)))
    wavelength = FIRST_NM + STEP_NM * np.arange(SHAPE[0])
    # Wien's law: from 1.6 to 1.66 µm the thermal light of a telescope rises threefold
    total += thermal * np.exp(-_HC_OVER_K / _TELESCOPE_K * (1 / wavelength - 1 / wavelength[-1]))
    lines = sky_lines().within(FIRST_NM - 2, FIRST_NM + SHAPE[0] * STEP_NM + 2)
    rate = line_rate()
    for wave, intensity, family in zip(lines.wavelength, lines.intensity, lines.family, strict=True):
        factor = (families or {}).get(family, 1.0)
        total += rate * factor * intensity * _line(wave + shift * STEP_NM, LSF_NM)[:, 0, 0]
    return total


def _make(scene: Scene) -> tuple[Sequence[Hdu], Mapping[str, Any]]:
    return expose_cube(scene, CUBE, source_light() + sky_light()[:, None, None])


def expose_cube(scene: Scene, name: str, light: Floats) -> tuple[Sequence[Hdu], Mapping[str, Any]]:
    """A reduced cube of some light: with the noise of its exposure, hits of cosmic rays and a dead spaxel.

    Parameters
    ----------
    scene : Scene
        The night.
    name : str
        Of the file, the source of chance.
    light : ndarray of float64, shape `SHAPE`
        e-/s.

    Returns
    -------
    tuple of sequence of Hdu and mapping
        SCI, ERR and DQ; what the truth file says of this file.
    """
    rng = scene.rng(name)
    electrons = (light + EXTRACTED * DARK_RATE) * SECONDS
    error = np.sqrt(electrons + EXTRACTED * 2 * READ_NOISE**2) / SECONDS
    data = light + error * rng.standard_normal(SHAPE)
    flags = np.zeros(SHAPE, np.uint32)
    hit = np.unravel_index(rng.choice(math.prod(SHAPE), _HITS, replace=False), SHAPE)
    data[hit] += rng.uniform(2, 30, _HITS)
    flags[hit] |= np.uint32(dq.DO_NOT_USE | dq.JUMP_DET)
    x, y = DEAD_SPAXEL
    data[:, y, x] = error[:, y, x] = np.nan
    flags[:, y, x] = dq.DO_NOT_USE | dq.DEAD
    unit = {"BUNIT": ("electron/s", "in one spaxel and one step")}
    hdus = (
        Image("SCI", data.astype(np.float32), unit | cube_axes(MIDDLE, SPAXEL_ARCSEC, FIRST_NM, STEP_NM, "nm")),
        Image("ERR", error.astype(np.float32), unit),
        Image("DQ", flags),
    )
    return hdus, {"cosmic_rays_left": sorted([int(a), int(b), int(c)] for c, b, a in zip(*hit, strict=True))}


def _exposures(scene: Scene) -> Sequence[Exposure]:
    header = exposure(
        scene, CUBE, "CUBE", START, seconds=SECONDS, filter=BAND, detector=SPECTROGRAPH, grating=DISPERSER
    )
    return (Exposure(CUBE, header | on_sky(START, "DEMO GALAXY"), _make),)


def _truth(scene: Scene) -> Mapping[str, Any]:
    maps = {name: np.round(values, 5).tolist() for name, values in galaxy().items()}
    return {
        "file": CUBE,
        "unit": "electron/s in one spaxel and one step of wavelength",
        "first_nm": FIRST_NM,
        "step_nm": STEP_NM,
        "lsf_sigma_nm": LSF_NM,
        "redshift": REDSHIFT,
        "lines": [{"name": name, "rest_nm": rest, "relative": part} for name, rest, part in GALAXY_LINES],
        "lines_source": "NIST Atomic Spectra Database, vacuum",
        "halpha_flux_e_per_s": maps["flux"],
        "velocity_km_s": maps["velocity"],
        "sigma_km_s": maps["sigma"],
        "continuum_e_per_s": maps["continuum"],
        "continuum_slope": CONTINUUM_SLOPE,
        "maps": "rows of y from 0, in each the values along x",
        "continuum_meaning": "in the middle of the range; at its ends less and more by the slope",
        "sky_e_per_s": np.round(sky_light(), 7).tolist(),
        "sky_source": "Rousselot et al. 2000, A&A 354, 1134",
        "dead_spaxel": list(DEAD_SPAXEL),
        "cosmic_rays_left": "x, y, plane",
    }


KIND = Kind("cube", exposures=_exposures, truth=_truth)
