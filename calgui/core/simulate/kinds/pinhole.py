"""Pinhole grid: exposures of a mask that is stepped and turned, the PINHOLE and DISTORTION references."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.simulate.detector import BORDER, READ_NOISE, FloatMap
from calgui.core.simulate.keywords import exposure
from calgui.core.simulate.kinds.common import (
    DETECTOR,
    FILTER,
    FIRST,
    SEES_LIGHT,
    from_second,
    image_exposure,
    image_reference,
    measured_planes,
    reference_name,
)
from calgui.core.simulate.optics import add_spot
from calgui.core.simulate.scene import (
    IMAGER,
    NIGHT,
    SPECTROGRAPH,
    Columns,
    Exposure,
    Image,
    Kind,
    Reference,
    Rules,
    Scene,
)

PINHOLE = f"iris_{NIGHT}_pinhole_0001.fits"
SECONDS = 10.0
RATE = 2000.0  # e-/s of a pinhole where the lamp is at its mean
FWHM = 2.4  # pixels
PITCH = 16.0  # pixels
MASK_ERROR = 0.006  # pixels rms per axis, of the holes in the mask
BLOCKED = 0.1  # part of the holes
FALSE = 0.05  # spots that are no pinholes, as a part of the pinholes that are seen
#: measured = ideal + distortion: in u, v from -1 to 1 about the middle, pixels of a detector of 4096 at the edge
_TERMS_X = {(2, 0): 6.0, (1, 1): -3.0, (0, 2): 1.5, (3, 0): 8.0, (1, 2): 8.0}
_TERMS_Y = {(2, 0): -2.0, (1, 1): 5.0, (0, 2): 3.0, (0, 3): 8.0, (2, 1): 8.0}
_EVERY_FILTER = {"FILTER": ("N/A", "serves every filter")}

Points = npt.NDArray[np.float64]


def distort(scene: Scene, x: Points, y: Points) -> tuple[Points, Points]:
    """From ideal to measured pixel.

    Parameters
    ----------
    scene : Scene
        The night.
    x, y : ndarray of float64
        Ideal place, pixels from 0.

    Returns
    -------
    x, y : ndarray of float64
        On the detector.
    """
    half = (scene.size - 1) / 2
    u, v, scale = x / half - 1, y / half - 1, scene.size / 4096
    dx = sum(value * u**i * v**j for (i, j), value in _TERMS_X.items())
    dy = sum(value * u**i * v**j for (i, j), value in _TERMS_Y.items())
    return x + scale * dx, y + scale * dy


@dataclass(frozen=True)
class Stand:
    """How the mask stood in one exposure: turned about the middle of the detector, then shifted.

    Attributes
    ----------
    number : int
        Of the exposure.
    start : str
        UTC.
    rotation : float
        Degrees, from +x towards +y.
    x, y : float
        Shift, pixels.
    """

    number: int
    start: str
    rotation: float
    x: float
    y: float

    @property
    def file(self) -> str:
        """Name of the exposure."""
        return f"iris_{NIGHT}_pinhole_{self.number:04d}.fits"


#: as the references were taken
HOME = Stand(0, "", 0.0, 0.0, 0.0)
STANDS = (
    Stand(1, "2026-03-11T02:30:00", 0.6, 0.31, -0.24),
    Stand(2, "2026-03-11T02:31:00", 0.6, 37.43, -22.68),
    Stand(3, "2026-03-11T02:32:00", 90.6, -11.27, 20.15),
    Stand(4, "2026-03-11T02:33:00", 31.2, 5.62, 9.87),
)


@dataclass(frozen=True)
class Mask:
    """The open holes of the mask, larger than the detector.

    Attributes
    ----------
    i, j : ndarray of int
        Column and row of each.
    x, y : ndarray of float64
        True place from the middle of the mask, pixels.
    """

    i: npt.NDArray[np.int64]
    j: npt.NDArray[np.int64]
    x: Points
    y: Points


def _offset(scene: Scene) -> float:
    """Of hole 0 from the middle, in pitches: the grid lies evenly about it."""
    return 0.0 if int((scene.size - 2 * BORDER - PITCH) // PITCH) % 2 else 0.5


def mask(scene: Scene) -> Mask:
    """The mask.

    Parameters
    ----------
    scene : Scene
        The night.

    Returns
    -------
    Mask
    """
    rng = scene.rng("pinhole mask")
    # turned by any angle it covers the detector
    reach = int(0.75 * scene.size / PITCH) + 4
    axis = np.arange(-reach, reach)
    i, j = (part.ravel() for part in np.meshgrid(axis, axis))
    error = MASK_ERROR * rng.standard_normal((2, i.size))
    is_open = rng.random(i.size) >= BLOCKED
    x, y = (PITCH * (part + _offset(scene)) + off for part, off in zip((i, j), error, strict=True))
    return Mask(i[is_open], j[is_open], x[is_open], y[is_open])


def ideal_places(scene: Scene, stand: Stand) -> tuple[Points, Points]:
    """Where the open holes of the mask are seen without distortion.

    Parameters
    ----------
    scene : Scene
        The night.
    stand : Stand
        Of the mask.

    Returns
    -------
    x, y : ndarray of float64
        Pixels from 0, of the order of `mask`; those beyond the detector too.
    """
    holes, middle, angle = mask(scene), (scene.size - 1) / 2, np.radians(stand.rotation)
    cosine, sine = np.cos(angle), np.sin(angle)
    return (
        middle + stand.x + cosine * holes.x - sine * holes.y,
        middle + stand.y + sine * holes.x + cosine * holes.y,
    )


def grid(scene: Scene) -> tuple[Points, Points]:
    """Where the open holes of the mask should be that lie wholly on the detector at home.

    Parameters
    ----------
    scene : Scene
        The night.

    Returns
    -------
    x, y : ndarray of float64
        Ideal place without the mask's errors, pixels from 0.
    """
    holes, middle = mask(scene), (scene.size - 1) / 2
    count = int((scene.size - 2 * BORDER - PITCH) // PITCH)
    x, y = (PITCH * (part + _offset(scene)) for part in (holes.i, holes.j))
    inside = np.maximum(np.abs(x), np.abs(y)) <= PITCH * (count - 1) / 2 + 1e-6
    return middle + x[inside], middle + y[inside]


def illumination(scene: Scene, x: Points, y: Points) -> Points:
    """Light of the lamp: brightest off the middle, half of that in the far corner.

    Parameters
    ----------
    scene : Scene
        The night.
    x, y : ndarray of float64
        Pixels from 0.

    Returns
    -------
    ndarray of float64
        About 1.
    """
    half = (scene.size - 1) / 2
    u, v = x / half - 1, y / half - 1
    return np.asarray(_BRIGHTEST - _FALLS * ((u - 0.2) ** 2 + (v + 0.15) ** 2))


_BRIGHTEST, _FALLS = 1.15, 0.2


def false_spots(scene: Scene) -> npt.NDArray[np.float64]:
    """Ghosts and dust near the detector, which stay where they are when the mask moves.

    Parameters
    ----------
    scene : Scene
        The night.

    Returns
    -------
    ndarray of float64, shape (n, 4)
        x, y, e-/s, FWHM. Two thirds of them anywhere, the others in one clump.
    """
    rng = scene.rng("pinhole false")
    count = round(FALSE * grid(scene)[0].size)
    low, high = BORDER + 2.0, scene.size - BORDER - 3.0
    x, y = rng.uniform(low, high, (2, count))
    clump = np.arange(count) >= round(count * 2 / 3)
    x[clump], y[clump] = (
        np.clip(scene.size * at + 0.04 * scene.size * rng.standard_normal(int(clump.sum())), low, high)
        for at in (0.72, 0.3)
    )
    rate = RATE * 10 ** rng.uniform(-1.0, 0.2, count)
    return np.round(np.stack([x, y, rate, rng.uniform(1.6, 6.0, count)], axis=1), 4)


def mask_light(scene: Scene, stand: Stand) -> FloatMap:
    """The mask lit from behind, with what else is seen.

    Parameters
    ----------
    scene : Scene
        The night.
    stand : Stand
        Of the mask.

    Returns
    -------
    ndarray of float32
        e-/s.
    """
    image = np.zeros((scene.size, scene.size), np.float32)
    x, y = distort(scene, *ideal_places(scene, stand))
    rate = RATE * illumination(scene, x, y)
    seen = (np.minimum(x, y) > -3 * FWHM) & (np.maximum(x, y) < scene.size - 1 + 3 * FWHM)
    for count, (at_x, at_y, light) in enumerate(zip(x[seen], y[seen], rate[seen], strict=True)):
        if count % 1000 == 0:
            scene.check()
        add_spot(image, float(at_x), float(at_y), float(light), FWHM / _PER_SIGMA)
    for at_x, at_y, light, fwhm in false_spots(scene):
        add_spot(image, float(at_x), float(at_y), float(light), float(fwhm) / _PER_SIGMA)
    return image


_PER_SIGMA = 2.3548200450309493


def _exposure(scene: Scene, stand: Stand) -> Exposure:
    header = exposure(scene, stand.file, "PINHOLE", stand.start, seconds=SECONDS, filter="K", lamp="WHITE")
    note = {"mask_rotation_deg": stand.rotation, "mask_shift_pixel": [stand.x, stand.y]}
    return image_exposure(header, lambda scene: mask_light(scene, stand), note=note)


def _exposures(scene: Scene) -> Sequence[Exposure]:
    return tuple(_exposure(scene, stand) for stand in STANDS)


def _grid_planes(scene: Scene) -> Sequence[Image]:
    chip = scene.detector(IMAGER)
    rate = mask_light(scene, HOME) * chip.active
    variance = (rate / SECONDS + 2 * READ_NOISE**2 / SECONDS**2) / 5
    return measured_planes(scene, rate, variance, "pinhole reference", chip.mask())


def _solution(scene: Scene) -> Sequence[Image | Columns]:
    """The SIP header of the fitted inverse, and the pinholes that it came from."""
    ideal_x, ideal_y = grid(scene)
    x, y = distort(scene, ideal_x, ideal_y)
    header, residual_x, residual_y = _sip(scene, x, y, ideal_x, ideal_y)
    empty = np.zeros((1, 1), np.float32)
    table = Columns(
        "PINHOLES",
        {
            "x": x,
            "y": y,
            "x_ideal": ideal_x,
            "y_ideal": ideal_y,
            "x_residual": residual_x,
            "y_residual": residual_y,
            "used": np.ones(x.size, bool),
        },
        dict.fromkeys(("x", "y", "x_ideal", "y_ideal", "x_residual", "y_residual"), "pixel"),
    )
    return Image("DISTORTION", empty, header), table


def _sip(scene: Scene, x: Points, y: Points, ideal_x: Points, ideal_y: Points) -> tuple[dict[str, Any], Points, Points]:
    """SIP of order 3 from measured to ideal (A, B) and back (AP, BP); residuals of the former."""
    middle = (scene.size - 1) / 2
    header: dict[str, Any] = {
        "CTYPE1": "RA---TAN-SIP",
        "CTYPE2": "DEC--TAN-SIP",
        "CRPIX1": middle + 1,
        "CRPIX2": middle + 1,
        "CD1_1": -0.004 / 3600,
        "CD1_2": 0.0,
        "CD2_1": 0.0,
        "CD2_2": 0.004 / 3600,
    }
    powers = [(i, j) for i in range(4) for j in range(4) if 2 <= i + j <= 3]
    residuals = []
    ways = (
        ("A", x, y, ideal_x - x),
        ("B", x, y, ideal_y - y),
        ("AP", ideal_x, ideal_y, x - ideal_x),
        ("BP", ideal_x, ideal_y, y - ideal_y),
    )
    for name, at_x, at_y, shift in ways:
        u, v = (at_x - middle) / middle, (at_y - middle) / middle
        design = np.stack([u**i * v**j for i, j in powers], axis=1)
        solved = np.linalg.lstsq(design, shift, rcond=None)[0]
        header[f"{name}_ORDER"] = 3
        for (i, j), value in zip(powers, solved, strict=True):
            header[f"{name}_{i}_{j}"] = float(value / middle ** (i + j))
        residuals.append(shift - design @ solved)
    return header, residuals[0], residuals[1]


def _references(scene: Scene) -> Sequence[Reference]:
    return (
        image_reference(
            1,
            "PINHOLE",
            FIRST,
            "Pinhole grid, 5 frames of 10 s",
            _grid_planes,
            unit="electron/s",
            extra={**_EVERY_FILTER, "NCOMBINE": (5, "number of frames combined")},
        ),
        image_reference(
            1, "DISTORTION", FIRST, "From measured to ideal pixel, SIP of order 3", _solution, extra=_EVERY_FILTER
        ),
    )


def _rules(scene: Scene) -> Sequence[Rules]:
    return [
        Rules(
            kind,
            (DETECTOR, FILTER),
            from_second(
                # the same for every filter; the spectrograph has no pinholes of its own
                {(IMAGER, "N/A"): {FIRST: reference_name(kind, 1)}, (SPECTROGRAPH, "N/A"): {FIRST: "N/A"}}
            ),
            SEES_LIGHT,
        )
        for kind in ("PINHOLE", "DISTORTION")
    ]


def _truth(scene: Scene) -> Mapping[str, Any]:
    holes = mask(scene)
    return {
        "file": PINHOLE,
        "files": [stand.file for stand in STANDS],
        "pitch_pixel": PITCH,
        "fwhm_pixel": FWHM,
        "rate_e_per_s": RATE,
        "n_pinholes": int(grid(scene)[0].size),
        "measured_minus_ideal": {
            "scale": scene.size / 4096,
            "x": {f"{i},{j}": value for (i, j), value in _TERMS_X.items()},
            "y": {f"{i},{j}": value for (i, j), value in _TERMS_Y.items()},
            "meaning": "scale x sum of terms u^i v^j in pixels; u, v = pixel / ((size - 1) / 2) - 1",
        },
        "mask": {
            "columns": ["i", "j", "x_error_pixel", "y_error_pixel"],
            "offset": _offset(scene),
            "error_pixel": MASK_ERROR,
            "meaning": "open holes; (i, j) is at pitch x (i + offset, j + offset) + error from the middle of the mask; "
            "each frame's note says how the mask was turned about the middle of the detector, and then shifted",
            "holes": [
                [
                    int(i),
                    int(j),
                    round(float(x - PITCH * (i + _offset(scene))), 6),
                    round(float(y - PITCH * (j + _offset(scene))), 6),
                ]
                for i, j, x, y in zip(holes.i, holes.j, holes.x, holes.y, strict=True)
            ],
        },
        "illumination": {
            "brightest": _BRIGHTEST,
            "falls": _FALLS,
            "meaning": "rate x (brightest - falls x ((u - 0.2)^2 + (v + 0.15)^2)), u and v of the measured place",
        },
        "false_columns": ["x", "y", "e_per_s", "fwhm_pixel"],
        "false": false_spots(scene).tolist(),
    }


KIND = Kind("pinhole", _exposures, _references, _rules, _truth)
