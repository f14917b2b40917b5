"""In the evening, after the detector was warm once: darks and flats with new noisy, two-state and weak pixels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.simulate.detector import Detector
from calgui.core.simulate.keywords import exposure
from calgui.core.simulate.kinds.flat import LAMP_RATE, SECONDS, lamp
from calgui.core.simulate.noise import Window, expose
from calgui.core.simulate.scene import IMAGER, NIGHT, Exposure, Hdu, Image, Kind, Scene

DARKS, DARK_SECONDS = 12, 200.0
FLATS, FLAT_FILTER = 3, "K"
#: parts of the light-sensitive pixels
NOISY_FRACTION, TELEGRAPH_FRACTION, WEAK_FRACTION = 0.0006, 0.001, 0.001
#: noise of its own that a noisy pixel has in each exposure, e-; log-uniform
NOISY = (20.0, 500.0)
#: what the upper of two states adds, e-/s; log-uniform
TELEGRAPH = (0.1, 10.0)
#: probability of the upper state in an exposure: states last longer than one
DUTY = (0.3, 0.7)
#: response of a weak pixel, relative to what it had
WEAK = (0.1, 0.9)
#: on a larger detector its lower left corner is read
LARGEST = 1024


def dark_names() -> tuple[str, ...]:
    """The darks."""
    return _names("noisydark", DARKS)


def flat_names() -> tuple[str, ...]:
    """The flats."""
    return _names("noisyflat", FLATS)


def _names(kind: str, count: int) -> tuple[str, ...]:
    return tuple(f"iris_{NIGHT}_{kind}_{number:04d}.fits" for number in range(1, count + 1))


def window(scene: Scene) -> Window:
    """What was read: all of a small detector, so that the files of a large one stay small.

    Parameters
    ----------
    scene : Scene
        The night.

    Returns
    -------
    Window
    """
    side = min(scene.size, LARGEST)
    return Window(0, 0, side, side)


@dataclass(frozen=True)
class Spoilt:
    """Pixels that went bad, places as (row, column) of the detector.

    Attributes
    ----------
    noisy, telegraph, weak : tuple of two ndarray of int
        Where.
    noise : ndarray of float
        e- of each noisy pixel in each exposure, beside the noise of all.
    amplitude : ndarray of float
        e-/s that the upper state adds.
    up : ndarray of bool, shape (telegraph pixels, `DARKS`)
        State in each dark.
    response : ndarray of float
        Of each weak pixel, relative to what it had.
    """

    noisy: tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]
    telegraph: tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]
    weak: tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]
    noise: npt.NDArray[np.float64]
    amplitude: npt.NDArray[np.float64]
    up: npt.NDArray[np.bool_]
    response: npt.NDArray[np.float64]


def spoilt(scene: Scene) -> Spoilt:
    """Draw the pixels that went bad.

    Parameters
    ----------
    scene : Scene
        The night.

    Returns
    -------
    Spoilt
        None of them is hot or dead, and none is of two kinds.
    """
    rng, detector, part = scene.rng("noisydark pixels"), scene.detector(IMAGER), window(scene)
    free = detector.active.copy()
    free[detector.hot_y, detector.hot_x] = False
    free[detector.dead_y, detector.dead_x] = False
    places = np.argwhere(free[part.slices])
    counts = [round(fraction * len(places)) for fraction in (NOISY_FRACTION, TELEGRAPH_FRACTION, WEAK_FRACTION)]
    chosen = places[rng.choice(len(places), sum(counts), replace=False)]
    noisy, telegraph, weak = ((one[:, 0], one[:, 1]) for one in np.split(chosen, np.cumsum(counts)[:-1]))
    duty = rng.uniform(*DUTY, counts[1])
    return Spoilt(
        noisy,
        telegraph,
        weak,
        np.round(_log_uniform(rng, NOISY, counts[0]), 1),
        np.round(_log_uniform(rng, TELEGRAPH, counts[1]), 4),
        rng.uniform(size=(counts[1], DARKS)) < duty[:, None],
        np.round(rng.uniform(*WEAK, counts[2]), 4),
    )


def _log_uniform(rng: np.random.Generator, span: tuple[float, float], count: int) -> npt.NDArray[np.float64]:
    made: npt.NDArray[np.float64] = np.exp(rng.uniform(np.log(span[0]), np.log(span[1]), count))
    return made


def _detector(scene: Scene, bad: Spoilt, number: int | None) -> Detector:
    """The detector as it is in one dark (from 0); in the flats, where the two states are nothing beside the lamp."""
    detector = scene.detector(IMAGER)
    rate, response = detector.dark_rate.copy(), detector.response.copy()
    if number is not None:
        rate[bad.telegraph] += np.where(bad.up[:, number], bad.amplitude, 0).astype(np.float32)
    response[bad.weak] *= bad.response.astype(np.float32)
    return replace(detector, dark_rate=rate, response=response)


def _make(name: str, number: int | None, seconds: float, scene: Scene) -> tuple[Sequence[Hdu], Mapping[str, Any]]:
    bad, part, rng = spoilt(scene), window(scene), scene.rng(name)
    light = lamp(FLAT_FILTER, scene)[part.slices] if number is None else None
    rate, hits = expose(_detector(scene, bad, number), part, light, seconds, rng, scene.check)
    rate[bad.noisy] += (bad.noise / seconds * rng.standard_normal(bad.noise.size)).astype(np.float32)
    truth = {"cosmic_rays": [hit.truth() for hit in hits]}
    return (Image("SCI", rate, {"BUNIT": ("electron/s", "unit of the image")}),), truth


def _exposures(scene: Scene) -> Sequence[Exposure]:
    made, part = [], window(scene)
    for number, name in enumerate(dark_names()):
        header = exposure(scene, name, "DARK", f"2026-03-11T20:{4 * number:02d}:00", seconds=DARK_SECONDS, window=part)
        made.append(Exposure(name, header, partial(_make, name, number, DARK_SECONDS)))
    for number, name in enumerate(flat_names()):
        start = f"2026-03-11T21:{number:02d}:00"
        header = exposure(scene, name, "FLAT", start, seconds=SECONDS, filter=FLAT_FILTER, lamp="WHITE", window=part)
        made.append(Exposure(name, header, partial(_make, name, None, SECONDS)))
    return made


def _truth(scene: Scene) -> Mapping[str, Any]:
    bad = spoilt(scene)

    def pixels(where: tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]], *more: Sequence[Any]) -> list[list[Any]]:
        y, x = where
        return [list(pixel) for pixel in zip(x.tolist(), y.tolist(), *more, strict=True)]

    return {
        "darks": list(dark_names()),
        "flats": list(flat_names()),
        "seconds": DARK_SECONDS,
        "lamp_rate_e_per_s": LAMP_RATE,
        "hot_and_dead": f"those of the detector {IMAGER}; the pixels named here are others",
        "noisy_columns": ["x", "y", "noise_e, in each exposure beside that of all pixels"],
        "noisy": pixels(bad.noisy, bad.noise.tolist()),
        "telegraph_columns": [
            "x",
            "y",
            "upper_state_e_per_s, above the lower one",
            "state in each dark, 1 the upper",
        ],
        "telegraph": pixels(bad.telegraph, bad.amplitude.tolist(), bad.up.astype(int).tolist()),
        "weak_columns": ["x", "y", "response, relative to what it had"],
        "weak": pixels(bad.weak, bad.response.tolist()),
    }


KIND = Kind("noisydark", _exposures, truth=_truth)
