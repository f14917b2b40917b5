"""What the frames before tell: which pixels held light and when, and what was left in them afterwards."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.exposure import read_variance, scale_of
from calgui.core.algorithms.geometry import region_of
from calgui.core.algorithms.local import LocalStatistics, local_statistics
from calgui.core.algorithms.matching import check_detector, check_type, place
from calgui.core.algorithms.noise import robust_sigma
from calgui.core.algorithms.persistence.config import PersistenceConfig
from calgui.core.algorithms.persistence.ordering import Night, Taken
from calgui.core.frames import dq as flags
from calgui.core.frames.dq import reject_bits
from calgui.core.frames.frame import FloatArray, FrameLike
from calgui.core.jobs import Job

Places = npt.NDArray[np.intp]
BoolArray = npt.NDArray[np.bool_]
BitArray = npt.NDArray[np.uint32]

#: what is left in one exposure is less than this part of the light; more is light
_LIGHT = 0.1
#: less light than this part of the threshold is not looked at
_DIM = 0.02
#: pixels that held any light do not tell the level, unless fewer than this part of the pixels held none
_UNLIT = 0.2
_BAND = 256


@dataclass(frozen=True)
class Samples:
    """Rates above their surroundings in pixels that were bright before, e-/s.

    Attributes
    ----------
    taken : Taken
        The frame.
    places : ndarray of int, shape (p,)
        Pixels, counted through the image, ascending.
    excess, noise : ndarray of float32, shape (p,)
        Rate above the level around, NaN where there is no sample; its noise without that of the excess itself.
    """

    taken: Taken
    places: Places
    excess: FloatArray
    noise: FloatArray


@dataclass(frozen=True)
class Stimulus:
    """Light of one frame.

    Attributes
    ----------
    taken : Taken
        The frame.
    bright : int
        Pixels that were bright in it.
    places : ndarray of int, shape (p,)
        Pixels that held light, ascending: dim ones too, since their light adds to that of other frames.
    electrons : ndarray of float32, shape (p,)
        What they held above the level around, at most a full well.
    """

    taken: Taken
    bright: int
    places: Places
    electrons: FloatArray


class History:
    """Looks at one frame after the other, in the order of their times.

    Parameters
    ----------
    night : Night
        The frames.
    config : PersistenceConfig
        See its options.
    dark : FrameLike or None
        Subtracted from all frames, so that hot pixels are not taken for what light left.
    """

    def __init__(self, night: Night, config: PersistenceConfig, dark: FrameLike | None) -> None:
        self.night, self.config = night, config
        shape = night.judged.frame.shape
        self.active = region_of(night.judged.frame).mask()
        self.bright, self._lit, self._spoiled = (np.zeros(shape, np.bool_) for _ in range(3))
        self.places: Places = np.empty(0, np.intp)
        self._near = self.bright
        self.stimuli: list[Stimulus] = []
        self.samples: list[Samples] = []
        self.notes: list[str] = []
        self._reject = np.uint32(reject_bits(config.reject) | flags.DO_NOT_USE)
        self._dark = _dark_rates(night.judged.frame, dark)

    @property
    def bright_lights(self) -> tuple[Stimulus, ...]:
        """Light that was bright in any pixel."""
        return tuple(one for one in self.stimuli if one.bright)

    def look(self, job: Job) -> None:
        """Look at all frames but the one to judge.

        Parameters
        ----------
        job : Job
            Progress and cancel.
        """
        oldest = -3600 * self.config.window
        wanted = [one for one in self.night.others if one.stop >= oldest]
        for number, one in enumerate(wanted):
            part = job.part(number / len(wanted), (number + 1) / len(wanted))
            if one.dark and not self.places.size:
                continue  # nothing can be left yet, and what is bright in a dark is hot
            rates, bits = self._rates(one, part)
            fresh = self._bright(one, rates, bits)
            local = self._level(rates, bits, fresh, part, everywhere=not one.dark)
            if self.places.size:
                self._sample(one, rates, bits, fresh, local)
            if one.dark:
                continue
            if one.start > self.night.judged.start:
                self._spoiled |= fresh
            else:
                self._light(one, rates, bits, fresh, local)
        at_all = self.bright.reshape(-1)
        kept = [(one, at_all[one.places]) for one in self.stimuli]
        self.stimuli = [
            Stimulus(one.taken, one.bright, one.places[held], one.electrons[held]) for one, held in kept if held.any()
        ]

    def judged(self, job: Job) -> Samples | None:
        """The same samples of the frame to judge.

        Parameters
        ----------
        job : Job
            Progress and cancel.

        Returns
        -------
        Samples or None
            None where the level around cannot be told.
        """
        one = self.night.judged
        rates, bits = self._rates(one, job)
        fresh = self._bright(one, rates, bits)
        before = len(self.samples)
        self._sample(one, rates, bits, fresh, self._level(rates, bits, fresh, job, everywhere=False))
        return self.samples.pop() if len(self.samples) > before else None

    def _level(
        self, rates: FloatArray, bits: BitArray, fresh: BoolArray, job: Job, *, everywhere: bool
    ) -> LocalStatistics | None:
        """Level and noise of pixels in which nothing is left, everywhere or around those that were bright."""
        good = self.active & ~self.bright & ~fresh & ((bits & self._reject) == 0)
        unlit = good & ~self._lit
        if np.count_nonzero(unlit) > _UNLIT * np.count_nonzero(self.active):
            good = unlit
        if not everywhere:
            good &= self._near
        return local_statistics(rates, good, self.config.box, job)

    def _sample(
        self, one: Taken, rates: FloatArray, bits: BitArray, fresh: BoolArray, local: LocalStatistics | None
    ) -> None:
        """Add the samples of one frame, unless nothing tells what its level would be."""
        if local is None and not one.dark:
            self.notes.append(
                f"{one.name} is not used: nearly all of its pixels were bright before, and its own light is not known."
            )
            return
        if local is None and self._dark is None and not any("level is taken" in note for note in self.notes):
            self.notes.append(
                f"The level is taken as 0 in {one.name}, where no pixel is left that tells it: give a DARK, or a cache."
            )
        places = self.places
        values = rates.reshape(-1)[places]
        level, noise = _around(local, places, rates.shape) if local is not None else _alone(one, values)
        excess = (values - level).astype(np.float32)
        lost = ((bits.reshape(-1)[places] & self._reject) != 0) | ~np.isfinite(excess)
        lost |= (fresh | self._spoiled).reshape(-1)[places]
        excess[lost] = np.nan
        self.samples.append(Samples(one, places, excess, noise.astype(np.float32)))

    def _light(
        self, one: Taken, rates: FloatArray, bits: BitArray, fresh: BoolArray, local: LocalStatistics | None
    ) -> None:
        """Remember the light of one frame."""
        ny, nx = rates.shape
        full, seconds = np.float32(self.config.saturation), np.float32(one.seconds)
        least = np.float32(_DIM * self.config.threshold)
        found, held = [], []
        for start in range(0, ny, _BAND):
            rows = slice(start, min(start + _BAND, ny))
            electrons = rates[rows] * seconds
            if local is not None:
                electrons -= _rows_of(local.level, rows, (ny, nx)) * seconds
            saturated = (bits[rows] & np.uint32(flags.SATURATED)) != 0
            electrons = np.where(saturated, full, np.minimum(electrons, full))
            with np.errstate(invalid="ignore"):
                lit = ((electrons >= least) | fresh[rows]) & self.active[rows]
            self._lit[rows] |= lit
            inside = np.flatnonzero(lit)
            found.append(inside + start * nx)
            held.append(np.nan_to_num(electrons.reshape(-1)[inside], nan=float(full)))
        self.stimuli.append(
            Stimulus(one, int(np.count_nonzero(fresh)), np.concatenate(found), np.concatenate(held).astype(np.float32))
        )
        if fresh.any():
            self.bright |= fresh
            self.places = np.flatnonzero(self.bright)
            self._near = _near(self.bright, self.config.box)

    def _rates(self, one: Taken, job: Job) -> tuple[FloatArray, BitArray]:
        """A frame in electrons per second, the dark taken off, and its bits."""
        ny, nx = one.frame.shape
        rates, bits = np.empty((ny, nx), np.float32), np.zeros((ny, nx), np.uint32)
        for start in range(0, ny, _BAND):
            job.report(start / ny, f"Looking at {one.name}")
            rows = one.frame.rows(start, start + _BAND)
            stop = start + rows.data.shape[0]
            np.multiply(rows.data, np.float32(one.scale.to_rate), out=rates[start:stop])
            if rows.dq is not None:
                bits[start:stop] = rows.dq
            if self._dark is not None:
                rates[start:stop] -= self._dark[start:stop]
        return rates, bits

    def _bright(self, one: Taken, rates: FloatArray, bits: BitArray) -> BoolArray:
        with np.errstate(invalid="ignore"):
            held = rates >= np.float32(self.config.threshold / one.seconds)
        saturated = (bits & np.uint32(flags.SATURATED)) != 0
        made: BoolArray = (held | saturated) & self.active
        return made


def is_light(excess: FloatArray, electrons: FloatArray, seconds: float) -> BoolArray:
    """Which samples hold more than any afterglow would.

    Parameters
    ----------
    excess : ndarray of float32
        e-/s.
    electrons : ndarray of float32
        What the pixels held when they were bright.
    seconds : float
        Exposure time.

    Returns
    -------
    ndarray of bool
    """
    made: BoolArray = excess * np.float32(seconds) > np.float32(_LIGHT) * electrons
    return made


def _dark_rates(judged: FrameLike, dark: FrameLike | None) -> FloatArray | None:
    if dark is None:
        return None
    check_type(dark, ("DARK",), "dark")
    check_detector(judged, dark, "dark")
    part = place(judged, dark, "dark")
    rates = part.band(dark, 0, part.ny).data * np.float32(scale_of([dark]).to_rate)
    made: FloatArray = np.nan_to_num(rates, nan=0.0).astype(np.float32)
    return made


def _near(bright: BoolArray, box: int) -> BoolArray:
    """Pixels of the tiles in which any is bright, and of the tiles around those."""
    counts = [max(1, round(length / box)) for length in bright.shape]
    edges = [np.arange(count + 1) * length // count for count, length in zip(counts, bright.shape, strict=True)]
    tiles = np.add.reduceat(bright, edges[0][:-1], axis=0, dtype=np.intp)
    tiles = np.add.reduceat(tiles, edges[1][:-1], axis=1) > 0
    wide = np.pad(tiles, 1)
    around = np.zeros_like(tiles)
    for y in range(3):
        for x in range(3):
            around |= wide[y : y + counts[0], x : x + counts[1]]
    made: BoolArray = np.repeat(np.repeat(around, np.diff(edges[0]), axis=0), np.diff(edges[1]), axis=1)
    return made


def _rows_of(tiles: npt.NDArray[np.float64], rows: slice, shape: tuple[int, int]) -> FloatArray:
    """A map of tiles in some rows of the image, linear between the centres of tiles."""
    (j, down, b), (i, right, a) = (_between(count, length) for count, length in zip(tiles.shape, shape, strict=True))
    across = (tiles[:, i] * (1 - a) + tiles[:, right] * a).astype(np.float32)
    share = b[rows, None].astype(np.float32)
    made: FloatArray = across[j[rows]] * (1 - share) + across[down[rows]] * share
    return made


def _between(count: int, length: int) -> tuple[Places, Places, npt.NDArray[np.float64]]:
    """The two tiles between whose centres each pixel of an axis lies, and how far on the way to the second."""
    at = np.clip((np.arange(length) + 0.5) * count / length - 0.5, 0, count - 1)
    first = np.minimum(at.astype(np.intp), max(count - 2, 0))
    return first, np.minimum(first + 1, count - 1), at - first


def _around(local: LocalStatistics, places: Places, shape: tuple[int, ...]) -> tuple[FloatArray, FloatArray]:
    """Level and noise at some pixels, linear between the centres of tiles."""
    nx = shape[1]
    (j, down, b), (i, right, a) = (
        _between(count, length) for count, length in zip(local.level.shape, shape, strict=True)
    )
    y, x = np.divmod(places, nx)
    j, down, b, i, right, a = j[y], down[y], b[y], i[x], right[x], a[x]
    made = []
    for values in (local.level, local.sigma):
        low = (1 - a) * values[j, i] + a * values[j, right]
        high = (1 - a) * values[down, i] + a * values[down, right]
        made.append(((1 - b) * low + b * high).astype(np.float32))
    return made[0], made[1]


def _alone(one: Taken, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Level and noise of a dark of which all pixels were bright before: nothing, and the noise of reading."""
    reading = read_variance(one.frame.header)
    noise = math.sqrt(reading) / one.seconds if reading else robust_sigma(values)
    return np.zeros(values.shape, np.float32), np.full(values.shape, noise, np.float32)
