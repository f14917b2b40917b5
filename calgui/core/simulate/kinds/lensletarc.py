"""Arc lamps through a field of lenslets, extracted: a stack of spectra, and the WAVECAL of the last time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.simulate.filters import FILTERS
from calgui.core.simulate.keywords import exposure
from calgui.core.simulate.kinds.arcspectra import told
from calgui.core.simulate.kinds.common import FIRST, image_reference
from calgui.core.simulate.scene import NIGHT, SPECTROGRAPH, Columns, Exposure, Hdu, Image, Kind, Reference, Scene
from calgui.core.simulate.spectro.dispersion import Dispersion
from calgui.core.simulate.spectro.exposing import Taken, expose, hit
from calgui.core.simulate.spectro.field import Lenslets, lenslets
from calgui.core.simulate.spectro.forward import on_pixels
from calgui.core.simulate.spectro.lamps import lamp_light
from calgui.core.simulate.spectro.light import Light
from calgui.core.simulate.spectro.spread import LineSpread

ARC = f"iris_{NIGHT}_lensletarc_0001.fits"
BAND, DISPERSER = "HN3", "H4000"
MODE = {"FILTER": (BAND, "filter"), "GRATING": (DISPERSER, "grating")}
ROWS, COLUMNS, PIXELS = 16, 32, 400
LAMPS = ("Ar", "Kr", "Xe", "Ne")
SECONDS = 60.0
BRIGHTEST = 45_000.0  # e- of the brightest line in a lenslet of throughput 1
#: sigma of the core along the spectrum, in pixels
SPREAD = LineSpread((0.86, 0.05, 0.04))
WAVECAL_NUMBER = 2
#: how far the lines of today stand from where WAVECAL has them, pixels: everywhere, and more from left to right
DRIFT, DRIFT_ACROSS = 0.12, 0.05
N_DEAD, N_DARK = 4, 3
_HIT = 20_000.0  # e-


@dataclass(frozen=True)
class FieldOfArcs:
    """The field and what befell it.

    Attributes
    ----------
    field : Lenslets
        All lenslets.
    dead : ndarray of int
        Those without values.
    dark : ndarray of int
        Those that have values but no light.
    hits : tuple of tuple of int
        Spectrum and pixel of cosmic rays that were not found.
    bright : int
        One that takes ten times the light of the others, and saturates.
    """

    field: Lenslets
    dead: npt.NDArray[np.intp]
    dark: npt.NDArray[np.intp]
    hits: tuple[tuple[int, int], ...]
    bright: int

    def throughput(self) -> npt.NDArray[np.float64]:
        """Of each lenslet, dead and dark ones 0."""
        made = self.field.throughput.copy()
        made[self.bright] *= 10
        made[self.dead] = made[self.dark] = 0
        return made


@lru_cache(maxsize=2)
def _field(seed: int, size: int) -> FieldOfArcs:
    rng = Scene(seed=seed, size=size).rng("field of lenslets")
    row = FILTERS[BAND]
    middle = Dispersion.between(1e3 * row.wavemin - 0.6, 1e3 * row.wavemax + 0.9, PIXELS, (0.021, -0.0035))
    field = lenslets(ROWS, COLUMNS, middle, rng)
    chosen = rng.choice(ROWS * COLUMNS, N_DEAD + N_DARK + 3, replace=False)
    struck = [int(one) for one in chosen[-3:-1]]
    hits = tuple((one, int(rng.integers(40, PIXELS - 40))) for one in struck)
    return FieldOfArcs(field, chosen[:N_DEAD], chosen[N_DEAD : N_DEAD + N_DARK], hits, int(chosen[-1]))


def field_of(scene: Scene) -> FieldOfArcs:
    """The night's field of lenslets.

    Parameters
    ----------
    scene : Scene
        The night.

    Returns
    -------
    FieldOfArcs
    """
    return _field(scene.seed, scene.size)


def lamps(scene: Scene) -> Light:
    """What the lamps of this exposure give, in electrons.

    Parameters
    ----------
    scene : Scene
        The night.

    Returns
    -------
    Light
    """
    row = FILTERS[BAND]
    low, high = 1e3 * row.wavemin, 1e3 * row.wavemax
    light = lamp_light(
        LAMPS, low - 4, high + 4, scene.rng(f"light of {ARC}"), brightest=BRIGHTEST, unlisted=1, continuum=20.0
    )
    return light.through(low, high)


def stack_hdus(scene: Scene, taken: Taken, seconds: float) -> tuple[Hdu, ...]:
    """A stack of spectra as a file has it.

    Parameters
    ----------
    scene : Scene
        The night, for the places of the lenslets.
    taken : Taken
        Of shape (n, pixels), electrons.
    seconds : float
        Exposure time.

    Returns
    -------
    tuple of Hdu
        SCI, ERR and DQ with a row for each spectrum, and the table LENSLETS.
    """
    unit = {"BUNIT": ("electron/s", "in one pixel of one spectrum")}
    stacked = {
        "CTYPE1": ("PIXEL", "along the spectra"),
        "CTYPE2": ("SPECTRUM", "one row for each"),
        "NLENSX": (COLUMNS, "lenslets along the rows of the field"),
        "NLENSY": (ROWS, "rows of lenslets"),
    }
    field = field_of(scene).field
    return (
        Image("SCI", taken.data / np.float32(seconds), unit | stacked),
        Image("ERR", taken.error / np.float32(seconds), unit),
        Image("DQ", taken.flags),
        lenslet_table(field),
    )


def lenslet_table(field: Lenslets) -> Columns:
    """Where the lenslet of each spectrum is.

    Parameters
    ----------
    field : Lenslets
        All of them.

    Returns
    -------
    Columns
        LENSLETS: spectrum, row, column, from 0.
    """
    return Columns(
        "LENSLETS",
        {"spectrum": np.arange(len(field), dtype=np.int32), "row": field.row, "column": field.column},
    )


def _make(scene: Scene) -> tuple[Sequence[Hdu], Mapping[str, Any]]:
    what = field_of(scene)
    model = on_pixels(lamps(scene), what.field.dispersion, SPREAD, wider=what.field.wider, check=scene.check)
    taken = expose(model * what.throughput()[:, None], scene.rng(ARC))
    for spectrum, pixel in what.hits:
        hit(taken, spectrum, pixel, _HIT)
    taken.kill(what.dead)
    return stack_hdus(scene, taken, SECONDS), {}


def _exposures(scene: Scene) -> Sequence[Exposure]:
    header = exposure(
        scene,
        ARC,
        "ARC",
        "2026-03-11T03:30:00",
        seconds=SECONDS,
        filter=BAND,
        detector=SPECTROGRAPH,
        lamp=",".join(LAMPS),
        grating=DISPERSER,
    )
    return (Exposure(ARC, header, _make),)


def _before(scene: Scene) -> Dispersion:
    """What WAVECAL says: today's truth, smooth, with the lines a little elsewhere."""
    field = field_of(scene).field
    (base,) = field.dispersion.coefficients[:1]
    pixel = 2 * base[1] / (PIXELS - 1)
    before = field.dispersion.coefficients.copy()
    before[:, 0] += pixel * drift(scene)
    return Dispersion(before, PIXELS)


def drift(scene: Scene) -> npt.NDArray[np.float64]:
    """How far the lines of today stand towards larger pixels from where WAVECAL has them.

    Parameters
    ----------
    scene : Scene
        The night.

    Returns
    -------
    ndarray of float64, shape (n,)
        Pixels.
    """
    column = field_of(scene).field.column
    return np.asarray(DRIFT + DRIFT_ACROSS * (2 * column / (COLUMNS - 1) - 1))


def _wavecal(scene: Scene) -> Sequence[Image | Columns]:
    solution, what, light = _before(scene), field_of(scene), lamps(scene)
    waves = solution.wavelengths() / 1e3
    waves[what.dead] = waves[what.dark] = np.nan
    bright = np.flatnonzero((light.flux > 1000) & np.array([bool(name) for name in light.species]))
    alive = np.flatnonzero(what.throughput() > 0)
    places = solution.pixels_of(light.wavelength[bright])[alive]
    return (
        Image("WAVELENGTH", waves, {"BUNIT": ("um", "vacuum")}),
        Columns(
            "LINES",
            {
                "spectrum": np.repeat(alive.astype(np.int32), bright.size),
                "species": [light.species[index] for index in bright] * alive.size,
                "wavelength": np.tile(light.wavelength[bright] / 1e3, alive.size),
                "pixel": places.ravel(),
                "residual": np.zeros(places.size),
                "used": np.ones(places.size, bool),
            },
            {"wavelength": "um", "pixel": "pixel", "residual": "pixel"},
        ),
        Columns(
            "COEFF",
            {"spectrum": np.arange(len(what.field), dtype=np.int32), "coefficients": solution.coefficients / 1e3},
            {"coefficients": "um"},
            {"BASIS": ("LEGENDRE", "of the coefficients"), "DOMAIN": ("u = 2 x / (nx - 1) - 1", "lowest order first")},
        ),
        lenslet_table(what.field),
    )


def _references(scene: Scene) -> Sequence[Reference]:
    return (
        image_reference(
            WAVECAL_NUMBER,
            "WAVECAL",
            FIRST,
            "Wavelength of every pixel of every lenslet",
            _wavecal,
            detector=SPECTROGRAPH,
            extra=MODE,
        ),
    )


def _truth(scene: Scene) -> Mapping[str, Any]:
    what, light = field_of(scene), lamps(scene)
    coefficients = what.field.dispersion.coefficients
    middle = (ROWS // 2) * COLUMNS + COLUMNS // 2
    return {
        "file": ARC,
        "rows": ROWS,
        "columns": COLUMNS,
        "pixels": PIXELS,
        "order": "spectra row after row of lenslets",
        "wavelength_nm": [[round(float(c), 8) for c in row] for row in coefficients],
        "polynomials": "Legendre, lowest order first, in u = 2 x / (pixels - 1) - 1; sigma: plain powers of u",
        "sigma_pixel": list(SPREAD.sigma),
        "sigma_factor": [round(float(one), 6) for one in what.field.wider],
        "spread": "core of that sigma with 92 % of the light, wings 1.9 times as wide with 8 %; before pixels",
        "fwhm_in_sigma": round(SPREAD.fwhm(), 5),
        "throughput": [round(float(one), 6) for one in what.throughput()],
        "dead": sorted(int(one) for one in what.dead),
        "dark": sorted(int(one) for one in what.dark),
        "saturated": what.bright,
        "cosmic_rays": [{"spectrum": spectrum, "pixel": pixel} for spectrum, pixel in what.hits],
        "middle": middle,
        "lines": told(light, what.field.dispersion.pixels_of(light.wavelength)[middle], 1.0),
        "lines_meaning": "electrons at throughput 1, pixel in the middle spectrum",
        "lines_source": "NIST Atomic Spectra Database and the sources named in resources/lines, vacuum",
        "drift_pixel": [round(float(one), 6) for one in drift(scene)],
        "drift_meaning": "how far lines stand towards larger pixels from where WAVECAL has them",
    }


KIND = Kind("lensletarc", _exposures, _references, truth=_truth)
