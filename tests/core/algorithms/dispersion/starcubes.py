"""Cubes of a star in the air, made apart from what measures them: another index, another PSF, another geometry."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.registry import Result
from calgui.core.frames.frame import Frame
from calgui.core.frames.headers import Header
from tests.core.atmosphere.updatededlen import edlen

Floats = npt.NDArray[np.float64]


def raised(wave: Floats, reference: float, hpa: float, celsius: float, humidity: float, zenith: float) -> Floats:
    """How much nearer to the zenith than the reference each wavelength is seen, mas: Cassini's sphere of even air."""
    radius, height = 6378.1e3, 8.314 * (celsius + 273.15) / (0.0289644 * 9.80665)

    def bent(n: Floats) -> Floats:
        sine = radius * math.sin(math.radians(zenith)) / (radius + height)
        return np.asarray(np.arcsin((1 + n) * sine) - math.asin(sine))

    one, other = bent(edlen(wave, hpa, celsius, humidity)), bent(edlen(np.array([reference]), hpa, celsius, humidity))
    return np.asarray((one - other) * 180 / math.pi * 3.6e6)


def header(zenith: float, parallactic: float, turn: float, scale_mas: float, waves: Floats, middle: Any) -> Header:
    """A header with coordinates of the sky, whose y axis has the position angle ``turn``."""
    angle, degrees = math.radians(turn), scale_mas / 3.6e6
    values = {
        "TELESCOP": "TMT", "INSTRUME": "IRIS", "BUNIT": "electron/s", "EXPTIME": 100.0, "SCALE": scale_mas / 1000,
        "PRESSURE": 615.0, "AIRTEMP": 2.0, "HUMIDITY": 20.0, "EL": 90 - zenith, "PARANG": parallactic,
        "AIRMASS": 1 / math.cos(math.radians(zenith)),
        "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CTYPE3": "WAVE", "CUNIT1": "deg", "CUNIT2": "deg",
        "CUNIT3": "um", "CRVAL1": 150.0, "CRVAL2": 2.0, "CRVAL3": float(waves[0]), "CRPIX1": middle[0] + 1.0,
        "CRPIX2": middle[1] + 1.0, "CRPIX3": 1.0, "CD3_3": float(waves[1] - waves[0]),
        # east is on the left of north: the tangent plane grows towards the east
        "CD1_1": -degrees * math.cos(angle), "CD1_2": degrees * math.sin(angle),
        "CD2_1": degrees * math.sin(angle), "CD2_2": degrees * math.cos(angle),
    }  # fmt: skip
    made = Header(values)
    made.comments = {"PRESSURE": "[hPa] of the air", "AIRTEMP": "[deg_C] of the air", "HUMIDITY": "[%] relative"}
    return made


def star_cube(
    zenith: float = 45.0,
    parallactic: float = 35.0,
    turn: float = 0.0,
    seed: int = 1,
    left: float = 1.0,
    flux: float = 40000.0,
    shape: tuple[int, int, int] = (24, 60, 64),
    first: float = 1.17,
    last: float = 1.33,
    scale_mas: float = 4.0,
    telescope: bool = False,
    middle: tuple[float, float] | None = None,
) -> tuple[Frame, tuple[Floats, Floats]]:
    """A cube, and where its star is in each plane.

    ``left`` is the part of the dispersion that the corrector left. Gaussian stars of 11 mas at 1.25 µm.
    """
    from scipy.special import ndtr

    rng = np.random.default_rng(seed)
    waves = np.linspace(first, last, shape[0])
    centre = middle or ((shape[2] - 1) / 2 + 0.3, (shape[1] - 1) / 2 - 0.2)
    kept = header(zenith, parallactic, turn, scale_mas, waves, centre)
    if not telescope:
        # nothing of the optics is taken out of the centroids of a Gaussian star
        kept["TELESCOP"], kept["INSTRUME"] = "TEST", "TEST"
    along = left * raised(waves, (first + last) / 2, 615.0, 2.0, 0.2, zenith) / scale_mas
    # east on the left: an angle from north through east turns from y towards -x
    direction = math.radians(parallactic - turn)
    x, y = centre[0] - along * math.sin(direction), centre[1] + along * math.cos(direction)
    cube = np.empty(shape)
    for k, wave in enumerate(waves):
        sigma = 11.0 / 2.3548 / scale_mas * wave / 1.25
        across, up = (
            np.diff(ndtr((np.arange(count + 1) - 0.5 - at) / sigma))
            for count, at in ((shape[2], x[k]), (shape[1], y[k]))
        )
        cube[k] = flux * up[:, None] * across
    error = np.sqrt(cube / 100 + 0.3**2)
    data = cube + 0.2 + error * rng.standard_normal(shape)
    return Frame(data.astype(np.float32), error.astype(np.float32), np.zeros(shape, np.uint32), kept), (x, y)


def columns_of(result: Result, name: str) -> dict[str, Any]:
    """Columns of a table of a result."""
    found = next(one for one in result.extensions if one.name == name)
    assert isinstance(found.data, dict)
    return found.data
