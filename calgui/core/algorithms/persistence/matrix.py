"""What pixels saw and what was left in them, side by side."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.persistence.history import Samples, Stimulus, is_light
from calgui.core.algorithms.persistence.laws import Array, Law
from calgui.core.algorithms.persistence.ordering import Taken
from calgui.core.frames.frame import FloatArray


@dataclass(frozen=True)
class Matrix:
    """What pixels saw, and what was left in them.

    Attributes
    ----------
    electrons : ndarray of float32, shape (lights, pixels)
        What each held at the end of each light; 0 where it was not bright.
    excess, noise : ndarray of float32, shape (frames, pixels)
        e-/s; NaN where there is no sample.
    start, stop : ndarray of float64, shape (frames, lights)
        Seconds from the end of each light to the beginning and end of each frame; NaN where the frame came before.
    seconds : ndarray of float64, shape (frames,)
        Exposure times.
    """

    electrons: FloatArray
    excess: FloatArray
    noise: FloatArray
    start: Array
    stop: Array
    seconds: Array

    @property
    def pixels(self) -> int:
        """How many."""
        return int(self.electrons.shape[1])

    def part(self, places: slice) -> "Matrix":
        """Some of the pixels.

        Parameters
        ----------
        places : slice
            Which.

        Returns
        -------
        Matrix
        """
        return replace(
            self,
            electrons=self.electrons[:, places],
            excess=self.excess[:, places],
            noise=self.noise[:, places],
        )

    def model(self, law: Law) -> FloatArray:
        """What a law leaves in each frame and pixel, e-/s.

        Parameters
        ----------
        law : Law
            For one electron.

        Returns
        -------
        ndarray of float32, shape (frames, pixels)
        """
        after = np.isfinite(self.start)
        each = np.where(after, law.mean(np.where(after, self.start, 1.0), np.where(after, self.stop, 2.0)), 0.0)
        made: FloatArray = each.astype(np.float32) @ self.electrons
        return made


def matrix_of(places: npt.NDArray[np.intp], stimuli: Sequence[Stimulus], samples: Sequence[Samples]) -> Matrix:
    """Put what is known of some pixels side by side.

    Parameters
    ----------
    places : ndarray of int, shape (pixels,)
        Counted through the image, ascending.
    stimuli : sequence of Stimulus
        Lights.
    samples : sequence of Samples
        Frames after the first of them.

    Returns
    -------
    Matrix
    """
    electrons = np.zeros((len(stimuli), places.size), np.float32)
    for row, one in zip(electrons, stimuli, strict=True):
        _into(row, places, one.places, one.electrons)
    excess = np.full((len(samples), places.size), np.nan, np.float32)
    noise = np.full((len(samples), places.size), np.nan, np.float32)
    most = electrons.max(axis=0, initial=0.0)
    for number, sample in enumerate(samples):
        _into(excess[number], places, sample.places, sample.excess)
        _into(noise[number], places, sample.places, sample.noise)
        excess[number][is_light(excess[number], most, sample.taken.seconds)] = np.nan
    start, stop = times_after([one.taken for one in stimuli], [one.taken for one in samples])
    return Matrix(electrons, excess, noise, start, stop, np.array([one.taken.seconds for one in samples]))


def times_after(lights: Sequence[Taken], frames: Sequence[Taken]) -> tuple[Array, Array]:
    """Seconds from the end of each light to the beginning and end of each frame.

    Parameters
    ----------
    lights, frames : sequence of Taken
        With their times.

    Returns
    -------
    tuple of ndarray of float64, shape (frames, lights)
        NaN where the frame began before the light did.
    """
    ends, begins = np.array([one.stop for one in lights]), np.array([one.start for one in lights])
    start = np.array([[one.start] for one in frames]).reshape(-1, 1) - ends
    stop = np.array([[one.stop] for one in frames]).reshape(-1, 1) - ends
    before = np.array([[one.start] for one in frames]).reshape(-1, 1) <= begins
    start, stop = np.maximum(start, 0.0), np.maximum(stop, 1e-3)
    start[before] = stop[before] = np.nan
    return start, stop


def _into(row: FloatArray, places: npt.NDArray[np.intp], some: npt.NDArray[np.intp], values: FloatArray) -> None:
    """Values of some pixels into those that are wanted."""
    if not some.size:
        return
    at = np.minimum(np.searchsorted(some, places), some.size - 1)
    found = some[at] == places
    row[found] = values[at[found]]
