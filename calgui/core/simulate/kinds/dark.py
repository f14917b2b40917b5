"""Darks: nine good ones of 100 s, an older set with one light leak, a subarray, a ramp, and their references."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from calgui.core.frames import dq
from calgui.core.simulate import detector as chip
from calgui.core.simulate.detector import FloatMap
from calgui.core.simulate.keywords import exposure
from calgui.core.simulate.kinds.common import (
    DETECTOR,
    FIRST,
    SECOND,
    SUBARRAY,
    THIRD,
    image_exposure,
    image_reference,
    measured_planes,
)
from calgui.core.simulate.noise import Window
from calgui.core.simulate.ramps import make_ramp
from calgui.core.simulate.scene import (
    IMAGER,
    NIGHT,
    SPECTROGRAPH,
    Entries,
    Exposure,
    Hdu,
    Image,
    Kind,
    Reference,
    Rules,
    Scene,
)

GOOD = tuple(f"iris_{NIGHT}_dark_{n:04d}.fits" for n in range(1, 10))
OLD = tuple(f"iris_20260305_dark_{n:04d}.fits" for n in range(1, 6))
LEAKING = OLD[2]
SUBARRAY_DARKS = tuple(f"iris_{NIGHT}_subdark_{n:04d}.fits" for n in range(1, 4))
RAMP = f"iris_{NIGHT}_darkramp_0001.fits"
SPECTROGRAPH_DARKS = tuple(f"iris_{NIGHT}_ifsdark_{n:04d}.fits" for n in range(1, 4))
LEAK_RATE = 0.15  # e-/s in the middle of the leak
RAMP_READS, RAMP_GROUP = 8, 12.0


def _leak(scene: Scene) -> FloatMap:
    """Light through a gap: a broad glow from the left edge."""
    axis = np.linspace(0, 1, scene.size, dtype=np.float32)
    glow = LEAK_RATE * np.exp(-((axis[:, None] - 0.6) ** 2) / 0.05) * np.exp(-axis[None, :] / 0.4)
    return np.asarray(glow, np.float32)


def _exposures(scene: Scene) -> Sequence[Exposure]:
    made = []
    for index, name in enumerate(GOOD):
        header = exposure(scene, name, "DARK", f"2026-03-11T00:{10 + 2 * index:02d}:00", seconds=100.0)
        made.append(image_exposure(header, None))
    for index, name in enumerate(OLD):
        header = exposure(scene, name, "DARK", f"2026-03-05T01:{6 * index:02d}:00", seconds=300.0)
        leak = _leak if name == LEAKING else None
        made.append(image_exposure(header, leak, note={"light_leak": name == LEAKING}))
    for index, name in enumerate(SUBARRAY_DARKS):
        start = f"2026-03-11T01:{10 + index:02d}:00"
        header = exposure(scene, name, "DARK", start, seconds=20.0, window=scene.custom)
        made.append(image_exposure(header, None, window=scene.custom))
    for index, name in enumerate(SPECTROGRAPH_DARKS):
        start = f"2026-03-11T01:{30 + 6 * index:02d}:00"
        header = exposure(scene, name, "DARK", start, seconds=300.0, detector=SPECTROGRAPH)
        made.append(image_exposure(header, None, detector=SPECTROGRAPH))
    made.append(_ramp(scene))
    return made


def _ramp(scene: Scene) -> Exposure:
    header = exposure(
        scene,
        RAMP,
        "DARK",
        "2026-03-11T01:00:00",
        seconds=RAMP_READS * RAMP_GROUP,
        window=scene.ramp,
        groups=(RAMP_READS, RAMP_GROUP),
    )
    return Exposure(RAMP, header, lambda scene: ramp_hdus(scene, RAMP, None, RAMP_READS, RAMP_GROUP))


def ramp_hdus(
    scene: Scene, name: str, light: FloatMap | None, reads: int, group_time: float, window: Window | None = None
) -> tuple[Sequence[Hdu], Mapping[str, Any]]:
    """SCI, PIXELDQ and GROUPDQ of one ramp of the imager.

    Parameters
    ----------
    scene : Scene
        The night.
    name : str
        File name, the source of chance.
    light : ndarray of float32, optional
        e-/s in the ramp's window.
    reads : int
        Reads.
    group_time : float
        Seconds between them.
    window : Window, optional
        What is read; that of all ramps when not given.

    Returns
    -------
    hdus : sequence
    truth : mapping
        Cosmic rays.
    """
    sci, pixeldq, groupdq, hits = make_ramp(
        scene.detector(IMAGER), window or scene.ramp, light, reads, group_time, scene.rng(name), scene.check
    )
    hdus = (
        Image("SCI", sci, {"BUNIT": ("adu", "unit of the reads")}),
        Image("PIXELDQ", pixeldq),
        Image("GROUPDQ", groupdq),
    )
    return hdus, {"cosmic_rays": [hit.truth() for hit in hits]}


#: number -> detector, subarray, date, frames that it was made of, seconds of each
_MADE: dict[int, tuple[str, str, str, int, float]] = {
    1: (IMAGER, "FULL", FIRST, 5, 100.0),
    2: (IMAGER, "CUSTOM", FIRST, 5, 20.0),
    3: (SPECTROGRAPH, "FULL", FIRST, 5, 300.0),
    4: (IMAGER, "FULL", SECOND, 25, 100.0),
    5: (IMAGER, "FULL", THIRD, 25, 100.0),
}
#: part of the hot pixels that the first dark does not know: they came later
_YOUNG = 0.1


def _reference(number: int, scene: Scene) -> Reference:
    detector, subarray, useafter, frames, seconds = _MADE[number]
    window = scene.full if subarray == "FULL" else scene.custom

    def make(scene: Scene) -> Sequence[Hdu]:
        return _planes(scene, scene.detector(detector), window, number, frames, seconds)

    return image_reference(
        number,
        "DARK",
        useafter,
        f"Dark of {frames} frames of {seconds:g} s, {detector} {subarray}",
        make,
        detector=detector,
        unit="electron/s",
        extra={
            "SUBARRAY": (subarray, "subarray"),
            "SUBSTRT1": (window.x + 1, "first column, from 1"),
            "SUBSTRT2": (window.y + 1, "first row, from 1"),
            "SUBSIZE1": (window.width, "columns"),
            "SUBSIZE2": (window.height, "rows"),
            "DETXSIZE": (scene.full.width, "columns of the detector"),
            "DETYSIZE": (scene.full.height, "rows of the detector"),
            "EXPTIME": (seconds, "[s] of each frame"),
            "EFFEXPTM": (seconds, "[s] of each frame"),
            "EFFINTTM": (seconds, "[s] of each frame"),
            "READMODE": ("CDS", "how each was read"),
            "IMGDTEMP" if detector == IMAGER else "IFSDTEMP": (chip.TEMPERATURE, "[K] temperature of the detector"),
            "NCOMBINE": (frames, "number of frames combined"),
        },
        history=(f"Mean of {frames} frames.",),
    )


def _planes(
    scene: Scene, detector: chip.Detector, window: Window, number: int, frames: int, seconds: float
) -> tuple[Image, Image, Image]:
    rate = detector.dark_rate.copy()
    flags = detector.mask() & np.uint32(dq.HOT | dq.WARM | dq.REFERENCE_PIXEL | dq.NON_SCIENCE | dq.DO_NOT_USE)
    if number in (1, 2, 3):
        young = slice(0, round(_YOUNG * detector.hot_x.size))
        where = detector.hot_y[young], detector.hot_x[young]
        rate[where] = chip.DARK_RATE
        flags[where] = 0
    flags[detector.dead_y, detector.dead_x] = 0
    rate, flags = rate[window.slices], flags[window.slices]
    variance = (rate / seconds + 2 * chip.READ_NOISE**2 / seconds**2) / frames
    return measured_planes(scene, rate, variance.astype(np.float32), f"dark reference {number}", flags)


def _name(number: int) -> str:
    return f"tmt_iris_dark_{number:04d}.fits"


def _rules(scene: Scene) -> Sequence[Rules]:
    first: Entries = {
        (IMAGER, "FULL"): {FIRST: _name(1)},
        (IMAGER, "CUSTOM"): {FIRST: _name(2)},
        (SPECTROGRAPH, "FULL"): {FIRST: _name(3)},
    }
    later: Entries = {**first, (IMAGER, "FULL"): {FIRST: _name(1), SECOND: _name(4), THIRD: _name(5)}}
    return (Rules("DARK", (DETECTOR, SUBARRAY), (first, first, later)),)


def _truth(scene: Scene) -> Mapping[str, Any]:
    return {
        "unit": "electron/s",
        "good": list(GOOD),
        "old": list(OLD),
        "odd_one_out": LEAKING,
        "light_leak_peak_e_per_s": LEAK_RATE,
        "dark_rate_e_per_s": chip.DARK_RATE,
        "young_hot_pixels": round(_YOUNG * scene.detector(IMAGER).hot_x.size),
        "young_hot_pixels_meaning": "the first ones of the list are unknown to the darks of January",
    }


KIND = Kind(
    "dark",
    _exposures,
    lambda scene: [_reference(number, scene) for number in _MADE],
    _rules,
    _truth,
)
