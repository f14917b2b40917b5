"""Helpers of the kinds: one image exposure, one reference image, the noise of a cube, dates."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.simulate.detector import DARK_RATE, READ_NOISE, FloatMap
from calgui.core.simulate.keywords import reference
from calgui.core.simulate.noise import Window, expose
from calgui.core.simulate.scene import (
    CONTEXTS,
    IMAGER,
    Entries,
    Exposure,
    Hdu,
    Image,
    Reference,
    Scene,
)

FIRST = "2026-01-01 00:00:00"
SECOND = "2026-03-01 00:00:00"
THIRD = "2026-03-12 00:00:00"
DETECTOR = "META.INSTRUMENT.DETECTOR"
FILTER = "META.INSTRUMENT.FILTER"
PUPIL = "META.INSTRUMENT.PUPIL"
GRATING = "META.INSTRUMENT.GRATING"
SUBARRAY = "META.SUBARRAY.NAME"
#: detector pixels that each value of a cube was extracted from
EXTRACTED = 3
#: for types that mean nothing without light
SEES_LIGHT = '(META.INSTRUMENT.FILTER != "OPAQUE")'
SPECTROGRAPH_ONLY = '(META.INSTRUMENT.DETECTOR == "IFS" and META.INSTRUMENT.FILTER != "OPAQUE")'

Light = Callable[[Scene], FloatMap]


def image_exposure(
    header: Mapping[str, Any],
    light: Light | None,
    *,
    detector: str = IMAGER,
    window: Window | None = None,
    wcs: Mapping[str, Any] | None = None,
    note: Mapping[str, Any] | None = None,
) -> Exposure:
    """A raw image in e-/s.

    Parameters
    ----------
    header : mapping
        Primary header with FILENAME and EXPTIME.
    light : callable or None
        Scene to e-/s in the window; None for the dark.
    detector : str
        As in DETECTOR.
    window : Window, optional
        What is read.
    wcs : mapping, optional
        Keywords of the image's place on the sky.
    note : mapping, optional
        What the truth file says beside the cosmic rays.

    Returns
    -------
    Exposure
    """
    name, seconds = header["FILENAME"][0], float(header["EXPTIME"][0])

    def make(scene: Scene) -> tuple[Sequence[Hdu], Mapping[str, Any]]:
        rate, hits = expose(
            scene.detector(detector),
            window or scene.full,
            light(scene) if light is not None else None,
            seconds,
            scene.rng(name),
            scene.check,
        )
        truth = {**(note or {}), "cosmic_rays": [hit.truth() for hit in hits]}
        return (Image("SCI", rate, {"BUNIT": ("electron/s", "unit of the image"), **(wcs or {})}),), truth

    return Exposure(name, header, make)


def image_reference(
    number: int,
    kind: str,
    useafter: str,
    description: str,
    make: Callable[[Scene], Sequence[Hdu]],
    *,
    detector: str = IMAGER,
    unit: str = "",
    extra: Mapping[str, Any] | None = None,
    history: tuple[str, ...] = (),
) -> Reference:
    """A reference with a right name and header.

    Parameters
    ----------
    number : int
        In its name.
    kind : str
        Reference type, upper case.
    useafter : str
        As in the rule, ``2026-01-01 00:00:00``.
    description : str
        One line.
    make : callable
        Scene to HDUs.
    detector, unit, extra, history
        As in `calgui.core.simulate.keywords.reference`.

    Returns
    -------
    Reference
    """
    name = reference_name(kind, number)
    header = reference(name, kind, useafter.replace(" ", "T"), description, detector=detector, unit=unit, extra=extra)
    return Reference(name, header, make, ("Simulated by calgui demo.", *history))


def reference_name(kind: str, number: int) -> str:
    """Name of a reference of the demo's cache.

    Parameters
    ----------
    kind : str
        Reference type, any case.
    number : int
        Counts from 1.

    Returns
    -------
    str
    """
    return f"tmt_iris_{kind.lower()}_{number:04d}.fits"


def measured_planes(
    scene: Scene,
    truth: npt.NDArray[np.floating[Any]],
    variance: npt.NDArray[np.floating[Any]],
    label: str,
    flags: npt.NDArray[Any] | None = None,
) -> tuple[Image, Image, Image]:
    """SCI, ERR and DQ of a reference that was measured: the truth with the noise that its frames left.

    Parameters
    ----------
    scene : Scene
        The night.
    truth : ndarray of float32, shape (ny, nx)
        True values.
    variance : ndarray of float, shape (ny, nx)
        Of the measurement.
    label : str
        Source of chance, the file's name.
    flags : ndarray of uint32, optional
        DQ; 0 when not given.

    Returns
    -------
    tuple of Image
    """
    error = np.sqrt(variance).astype(np.float32)
    noise = scene.rng(label).standard_normal(truth.shape, dtype=np.float32)
    quality = np.zeros(truth.shape, np.uint32) if flags is None else flags.astype(np.uint32)
    return Image("SCI", (truth + error * noise).astype(np.float32)), Image("ERR", error), Image("DQ", quality)


def mean_planes(
    scene: Scene, rate: FloatMap, seconds: float, frames: int, label: str, flags: npt.NDArray[Any]
) -> tuple[Image, Image, Image]:
    """SCI, ERR and DQ of a mean of frames, with their photon and read noise.

    Parameters
    ----------
    scene : Scene
        The night.
    rate : ndarray of float32, shape (ny, nx)
        True e-/s.
    seconds : float
        Exposure time of each.
    frames : int
        How many.
    label : str
        Source of chance, the file's name.
    flags : ndarray of uint32
        DQ.

    Returns
    -------
    tuple of Image
    """
    variance = (rate / seconds + 2 * READ_NOISE**2 / seconds**2) / frames
    return measured_planes(scene, rate, variance, label, flags)


def cube_hdus(
    light: npt.NDArray[np.float32],
    seconds: float,
    rng: np.random.Generator,
    axes: Mapping[str, Any],
    taken: float = 0.0,
) -> tuple[Image, Image, Image]:
    """SCI, ERR and DQ of a cube as extracted, without faults: with photon, dark and read noise of `EXTRACTED` pixels.

    Parameters
    ----------
    light : ndarray of float32, shape (n, ny, nx)
        e-/s.
    seconds : float
        Exposure time.
    rng : numpy.random.Generator
        Where chance comes from.
    axes : mapping
        Keywords of the cube's axes.
    taken : float
        Sky that was subtracted after the exposure, e-/s.

    Returns
    -------
    tuple of Image
    """
    variance = (light + EXTRACTED * DARK_RATE) / seconds + EXTRACTED * 2 * READ_NOISE**2 / seconds**2
    error = np.sqrt(variance).astype(np.float32)
    data = light - np.float32(taken) + error * rng.standard_normal(light.shape, dtype=np.float32)
    unit = {"BUNIT": ("electron/s", "in one spaxel and one plane")}
    return (
        Image("SCI", data.astype(np.float32), {**unit, **axes}),
        Image("ERR", error, unit),
        Image("DQ", np.zeros(light.shape, np.uint32)),
    )


def from_first(entries: Entries) -> tuple[Entries | None, ...]:
    """Versions of rules that are in every context unchanged."""
    return (entries,) * len(CONTEXTS)


def from_second(entries: Entries) -> tuple[Entries | None, ...]:
    """Versions of rules that came with the second context."""
    return (None, *(entries,) * (len(CONTEXTS) - 1))
