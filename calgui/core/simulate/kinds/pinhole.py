"""Pinhole grid: exposures of a mask that is stepped and turned, the PINHOLE and DISTORTION references."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from calgui.core.simulate.keywords import exposure
from calgui.core.simulate.kinds.common import (
    DETECTOR,
    FILTER,
    FIRST,
    SEES_LIGHT,
    from_second,
    image_exposure,
    image_reference,
    mean_planes,
    reference_name,
)
from calgui.core.simulate.kinds.pinholemask import (
    BRIGHTEST,
    FALLS,
    FWHM,
    HOME,
    MASK_ERROR,
    PITCH,
    RATE,
    TERMS_X,
    TERMS_Y,
    Points,
    Stand,
    distort,
    false_spots,
    grid,
    mask,
    mask_light,
    offset,
)
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
_EVERY_FILTER = {"FILTER": ("N/A", "serves every filter")}
STANDS = (
    Stand(1, "2026-03-11T02:30:00", 0.6, 0.31, -0.24),
    Stand(2, "2026-03-11T02:31:00", 0.6, 37.43, -22.68),
    Stand(3, "2026-03-11T02:32:00", 90.6, -11.27, 20.15),
    Stand(4, "2026-03-11T02:33:00", 31.2, 5.62, 9.87),
)


def _exposure(scene: Scene, stand: Stand) -> Exposure:
    header = exposure(scene, stand.file, "PINHOLE", stand.start, seconds=SECONDS, filter="K", lamp="WHITE")
    note = {"mask_rotation_deg": stand.rotation, "mask_shift_pixel": [stand.x, stand.y]}
    return image_exposure(header, lambda scene: mask_light(scene, stand), note=note)


def _exposures(scene: Scene) -> Sequence[Exposure]:
    return tuple(_exposure(scene, stand) for stand in STANDS)


def _grid_planes(scene: Scene) -> Sequence[Image]:
    chip = scene.detector(IMAGER)
    rate = mask_light(scene, HOME) * chip.active
    return mean_planes(scene, rate, SECONDS, 5, "pinhole reference", chip.mask())


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
            "x": {f"{i},{j}": value for (i, j), value in TERMS_X.items()},
            "y": {f"{i},{j}": value for (i, j), value in TERMS_Y.items()},
            "meaning": "scale x sum of terms u^i v^j in pixels; u, v = pixel / ((size - 1) / 2) - 1",
        },
        "mask": {
            "columns": ["i", "j", "x_error_pixel", "y_error_pixel"],
            "offset": offset(scene),
            "error_pixel": MASK_ERROR,
            "meaning": "open holes; (i, j) is at pitch x (i + offset, j + offset) + error from the middle of the mask; "
            "each frame's note says how the mask was turned about the middle of the detector, and then shifted",
            "holes": [
                [
                    int(i),
                    int(j),
                    round(float(x - PITCH * (i + offset(scene))), 6),
                    round(float(y - PITCH * (j + offset(scene))), 6),
                ]
                for i, j, x, y in zip(holes.i, holes.j, holes.x, holes.y, strict=True)
            ],
        },
        "illumination": {
            "brightest": BRIGHTEST,
            "falls": FALLS,
            "meaning": "rate x (brightest - falls x ((u - 0.2)^2 + (v + 0.15)^2)), u and v of the measured place",
        },
        "false_columns": ["x", "y", "e_per_s", "fwhm_pixel"],
        "false": false_spots(scene).tolist(),
    }


KIND = Kind("pinhole", _exposures, _references, _rules, _truth)
