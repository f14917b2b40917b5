"""Arc lamps of the spectrograph: one exposure, the ARC and WAVECAL references."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from calgui.core.simulate.detector import FloatMap
from calgui.core.simulate.keywords import exposure
from calgui.core.simulate.kinds import lensletarc
from calgui.core.simulate.kinds.common import (
    FIRST,
    image_exposure,
    image_reference,
    mean_planes,
)
from calgui.core.simulate.kinds.spectra import MODE, spectrograph_rules
from calgui.core.simulate.scene import NIGHT, SPECTROGRAPH, Columns, Exposure, Image, Kind, Reference, Rules, Scene
from calgui.core.simulate.spectro.light import Light
from calgui.core.simulate.spectro.traces import FILTER as BAND
from calgui.core.simulate.spectro.traces import GRATING as DISPERSER
from calgui.core.simulate.spectro.traces import LINES, SIGMA, trace_light, traces

ARC = f"iris_{NIGHT}_arc_0001.fits"
SECONDS = 20.0
_RATE = 60.0  # e-/s of a line of relative intensity 1


def arc_light(scene: Scene) -> FloatMap:
    """Lines of the lamps on all traces.

    Parameters
    ----------
    scene : Scene
        The night.

    Returns
    -------
    ndarray of float32
        e-/s.
    """
    light = Light(
        np.array([1e3 * wave for _, wave, _ in LINES]),
        np.array([_RATE * relative for _, _, relative in LINES]),
        tuple(species for species, _, _ in LINES),
    )
    return trace_light(scene, traces(scene), light, 0.05)


def _exposures(scene: Scene) -> Sequence[Exposure]:
    header = exposure(
        scene,
        ARC,
        "ARC",
        "2026-03-11T03:00:00",
        seconds=SECONDS,
        filter=BAND,
        detector=SPECTROGRAPH,
        lamp="Ar,Kr",
        grating=DISPERSER,
    )
    return (image_exposure(header, arc_light, detector=SPECTROGRAPH),)


def _arc_planes(scene: Scene) -> Sequence[Image]:
    chip = scene.detector(SPECTROGRAPH)
    rate = arc_light(scene) * chip.active
    return mean_planes(scene, rate, SECONDS, 5, "arc reference", chip.mask())


def _wavecal(scene: Scene) -> Sequence[Image | Columns]:
    spectra = traces(scene)
    columns = np.arange(scene.size, dtype=np.float64)
    waves = np.array([wave for _, wave, _ in LINES])
    count = len(spectra)
    return (
        Image("WAVELENGTH", np.array([trace.wavelengths(columns) for trace in spectra]), {"BUNIT": ("um", "vacuum")}),
        Columns(
            "LINES",
            {
                "spectrum": np.repeat(np.arange(count, dtype=np.int32), len(LINES)),
                "species": [species for species, _, _ in LINES] * count,
                "wavelength": np.tile(waves, count),
                "pixel": np.concatenate([trace.columns(waves) for trace in spectra]),
                "residual": np.zeros(count * len(LINES)),
                "used": np.ones(count * len(LINES), bool),
            },
            {"wavelength": "um", "pixel": "pixel", "residual": "pixel"},
        ),
        Columns(
            "COEFF",
            {
                "spectrum": np.arange(count, dtype=np.int32),
                "coefficients": np.array([trace.wave for trace in spectra]),
            },
            {"coefficients": "um"},
            {"DOMAIN": ("u = 2 x / (nx - 1) - 1", "x from 0; lowest order first")},
        ),
    )


def _references(scene: Scene) -> Sequence[Reference]:
    return (
        image_reference(
            1,
            "ARC",
            FIRST,
            "Argon and krypton, 5 frames of 20 s",
            _arc_planes,
            detector=SPECTROGRAPH,
            unit="electron/s",
            extra={**MODE, "LAMP": ("Ar,Kr", "lamps"), "NCOMBINE": (5, "number of frames combined")},
        ),
        image_reference(
            1,
            "WAVECAL",
            FIRST,
            "Wavelength of every pixel of every spectrum",
            _wavecal,
            detector=SPECTROGRAPH,
            extra=MODE,
        ),
    )


def _rules(scene: Scene) -> Sequence[Rules]:
    # lenslets in their narrow filter have a solution of their own
    other = {(lensletarc.BAND, lensletarc.DISPERSER): lensletarc.WAVECAL_NUMBER}
    return spectrograph_rules("ARC", "WAVECAL", more={"WAVECAL": other})


def _truth(scene: Scene) -> Mapping[str, Any]:
    return {
        "file": ARC,
        "lines": [{"species": s, "wavelength_um": w, "rate_e_per_s": _RATE * i} for s, w, i in LINES],
        "lines_source": "NIST Atomic Spectra Database, vacuum",
        "sigma_pixel": SIGMA,
        "traces": [
            {"row": [round(c, 8) for c in trace.row], "wavelength_um": [round(c, 10) for c in trace.wave]}
            for trace in traces(scene)
        ],
        "polynomials": "lowest order first, in u = 2 x / (nx - 1) - 1",
    }


KIND = Kind("arc", _exposures, _references, _rules, _truth)
