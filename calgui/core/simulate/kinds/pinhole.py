"""Pinhole grid: one exposure, the PINHOLE and DISTORTION references."""

from collections.abc import Mapping, Sequence
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
RATE = 2000.0  # e-/s of each pinhole
FWHM = 2.4  # pixels
PITCH = 16.0  # pixels
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


def grid(scene: Scene) -> tuple[Points, Points]:
    """The pinholes of the mask.

    Parameters
    ----------
    scene : Scene
        The night.

    Returns
    -------
    x, y : ndarray of float64
        Ideal place, pixels from 0.
    """
    count = int((scene.size - 2 * BORDER - PITCH) // PITCH)
    axis = (scene.size - 1) / 2 + PITCH * (np.arange(count) - (count - 1) / 2)
    x, y = np.meshgrid(axis, axis)
    return x.ravel(), y.ravel()


def grid_light(scene: Scene) -> FloatMap:
    """The pinholes lit from behind.

    Parameters
    ----------
    scene : Scene
        The night.

    Returns
    -------
    ndarray of float32
        e-/s.
    """
    image = np.zeros((scene.size, scene.size), np.float32)
    for x, y in zip(*distort(scene, *grid(scene)), strict=True):
        add_spot(image, float(x), float(y), RATE, FWHM / 2.3548200450309493)
    return image


def _exposures(scene: Scene) -> Sequence[Exposure]:
    start = "2026-03-11T02:30:00"
    header = exposure(scene, PINHOLE, "PINHOLE", start, seconds=SECONDS, filter="K", lamp="WHITE")
    return (image_exposure(header, grid_light),)


def _grid_planes(scene: Scene) -> Sequence[Image]:
    chip = scene.detector(IMAGER)
    rate = grid_light(scene) * chip.active
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
    return {
        "file": PINHOLE,
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
    }


KIND = Kind("pinhole", _exposures, _references, _rules, _truth)
