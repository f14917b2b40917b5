"""Arcs made of listed lines by the simulation's model of the spectrograph, with their truth."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from calgui.core.algorithms.arcs.algorithm import refit
from calgui.core.algorithms.arcs.config import ArcConfig
from calgui.core.algorithms.arcs.measuring import measure
from calgui.core.algorithms.registry import Result
from calgui.core.frames.frame import Frame
from calgui.core.jobs import Job
from calgui.core.simulate.spectro.samples import Sample


@dataclass(frozen=True)
class Against:
    """A solution against the truth, in pixels.

    Attributes
    ----------
    rms, largest : float
        Between the first and the last line used.
    identity : float
        Farthest that a line used is from where its wavelength truly falls.
    lines : int
        Lines used.
    """

    rms: float
    largest: float
    identity: float
    lines: int


def frame_of(sample: Sample, lamps: str, **header: Any) -> Frame:
    """A sample as a frame."""
    taken = sample.taken
    cards = {"BUNIT": "electron", "LAMP": lamps, "WAVEMIN": sample.rough[0] / 1e3, "WAVEMAX": sample.rough[1] / 1e3}
    data, error, flags = (np.array(one).reshape(-1) for one in (taken.data, taken.error, taken.flags))
    return Frame(data, error, flags, {**cards, **header})


def solved(frame: Frame, **options: Any) -> Result:
    """What the algorithm says."""
    config = ArcConfig(**options)
    return refit(measure([frame], {}, config, Job("test")), config, Job("test"))


def against(result: Result, wavelengths: Any, spectrum: int = 0) -> Against:
    """Compare with true wavelengths in nm."""
    spectra = result.spectra
    assert spectra is not None
    lines = spectra.lines
    used = (lines.state == 0) & (lines.spectrum == spectrum)
    pixel, at = np.arange(len(wavelengths)), lines.pixel[used]
    step = np.gradient(wavelengths)
    off = (spectra.wavelengths(spectrum) - wavelengths) / np.abs(step)
    within = off[(pixel >= at.min()) & (pixel <= at.max())]
    wrong = (lines.wavelength[used] - np.interp(at, pixel, wavelengths)) / np.interp(at, pixel, step)
    return Against(
        float(np.sqrt(np.mean(within**2))), float(np.abs(within).max()), float(np.abs(wrong).max()), int(used.sum())
    )
