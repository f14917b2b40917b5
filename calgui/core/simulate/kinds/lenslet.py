"""Lenslet scan: white light through the lenslets, the LENSLET and RECTMAT references."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from calgui.core.simulate.detector import FloatMap
from calgui.core.simulate.keywords import exposure
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
from calgui.core.simulate.spectro.traces import SIGMA, SPACING, trace_light, traces

SECONDS = 10.0
CONTINUUM = 300.0  # e-/s per column of each spectrum
SCANS = 3  # every third spectrum lit at a time


def scan_light(scene: Scene, step: int | None) -> FloatMap:
    """White light through every third lenslet, or all.

    Parameters
    ----------
    scene : Scene
        The night.
    step : int or None
        Which third, from 0; None for all.

    Returns
    -------
    ndarray of float32
        e-/s.
    """
    lit = [trace for trace in traces(scene) if step is None or trace.index % SCANS == step]
    return trace_light(scene, lit, Light(np.empty(0), np.empty(0)), CONTINUUM)


def _exposures(scene: Scene) -> Sequence[Exposure]:
    made = []
    for step in range(SCANS):
        header = exposure(
            scene,
            f"iris_{NIGHT}_lenslet_{step + 1:04d}.fits",
            "LENSLET",
            f"2026-03-11T03:{20 + step}:00",
            seconds=SECONDS,
            filter=BAND,
            detector=SPECTROGRAPH,
            lamp="WHITE",
            grating=DISPERSER,
        )
        light = lambda scene, step=step: scan_light(scene, step)  # noqa: E731
        made.append(image_exposure(header, light, detector=SPECTROGRAPH, note={"step": step}))
    return made


def _scan_planes(scene: Scene) -> Sequence[Image]:
    chip = scene.detector(SPECTROGRAPH)
    rate = scan_light(scene, None) * chip.active
    return mean_planes(scene, rate, SECONDS, 5, "lenslet reference", chip.mask())


def _matrix(scene: Scene) -> Sequence[Image | Columns]:
    """Response of each spectrum across its trace: (spectrum, rows, columns), each column of sum 1."""
    from scipy.special import ndtr

    spectra = traces(scene)
    columns = np.arange(scene.size, dtype=np.float64)
    half = SPACING // 2
    matrix = np.empty((len(spectra), 2 * half + 1, scene.size), np.float32)
    starts = np.empty(len(spectra), np.int32)
    for trace in spectra:
        start = round(float(trace.rows(columns).mean())) - half
        edges = np.arange(start, start + 2 * half + 2)[:, None] - 0.5
        across = np.diff(ndtr((edges - trace.rows(columns)[None, :]) / SIGMA), axis=0)
        matrix[trace.index] = across / across.sum(axis=0)
        starts[trace.index] = start
    table = Columns("SPECTRA", {"spectrum": np.arange(len(spectra), dtype=np.int32), "first_row": starts})
    return Image("SCI", matrix), table


def _references(scene: Scene) -> Sequence[Reference]:
    return (
        image_reference(
            1,
            "LENSLET",
            FIRST,
            "White light through all lenslets",
            _scan_planes,
            detector=SPECTROGRAPH,
            unit="electron/s",
            extra={**MODE, "NCOMBINE": (5, "number of frames combined")},
        ),
        image_reference(
            1,
            "RECTMAT",
            FIRST,
            "Response of every spectrum across its trace",
            _matrix,
            detector=SPECTROGRAPH,
            extra=MODE,
        ),
    )


def _rules(scene: Scene) -> Sequence[Rules]:
    return spectrograph_rules("LENSLET", "RECTMAT")


def _truth(scene: Scene) -> Mapping[str, Any]:
    return {
        "continuum_e_per_s_per_column": CONTINUUM,
        "sigma_pixel": SIGMA,
        "n_spectra": len(traces(scene)),
        "scan": f"exposure n lights the spectra whose index leaves n - 1 over {SCANS}; traces as under arc",
    }


KIND = Kind("lenslet", _exposures, _references, _rules, _truth)
