"""Frames of a set as samples in one unit, those that do not count NaN, and their median without some of them."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.combine import Combination, Combined, combine, empty
from calgui.core.algorithms.geometry import region_of
from calgui.core.algorithms.kernels import MOST_WRITTEN_OUT, compiled_skies
from calgui.core.frames.frame import Frame, FrameLike
from calgui.core.jobs import Job

BoolArray = npt.NDArray[np.bool_]
Image = npt.NDArray[np.float32]

#: bytes of samples that are kept in memory; larger sets are read anew in every round
_KEPT = 1_200_000_000
#: samples of a band, all frames together
_BAND = 8_000_000


class Stack:
    """Frames of one shape.

    Parameters
    ----------
    frames : sequence of FrameLike
        (ny, nx).
    factors : sequence of float
        From the unit of each to the common one.
    reject : int
        Data-quality bits of samples that do not count.

    Attributes
    ----------
    shape : tuple of int
        (ny, nx).
    light : ndarray of bool
        Pixels that are no reference pixels.
    """

    def __init__(self, frames: Sequence[FrameLike], factors: Sequence[float], reject: int) -> None:
        self.frames = tuple(frames)
        self.factors = tuple(factors)
        self.reject = reject
        self.shape = (frames[0].shape[-2], frames[0].shape[-1])
        self.light: BoolArray = region_of(frames[0]).mask()
        self._kept: dict[int, Image] = {}
        self._keeps = len(frames) * self.shape[0] * self.shape[1] * 4 <= _KEPT

    def image(self, index: int) -> Image:
        """All samples of a frame, NaN where they do not count; not to be changed."""
        kept = self._kept.get(index)
        if kept is None:
            kept = self._read(index, 0, self.shape[0])
            if self._keeps:
                self._kept[index] = kept
        return kept

    def band(self, index: int, start: int, stop: int) -> Image:
        """Some rows of `image`."""
        kept = self._kept.get(index)
        if kept is not None or self._keeps:
            return self.image(index)[start:stop]
        return self._read(index, start, stop)

    def _read(self, index: int, start: int, stop: int) -> Image:
        rows = self.frames[index].rows(start, stop)
        good = self.light[start:stop] & np.isfinite(rows.data)
        if rows.dq is not None:
            good &= (rows.dq & np.uint32(self.reject)) == 0
        return np.where(good, rows.data * np.float32(self.factors[index]), np.float32(np.nan))

    def median(
        self, members: Sequence[int], masks: Sequence[BoolArray], levels: Sequence[float], additive: bool, job: Job
    ) -> Image:
        """Median of some frames, each brought to its level.

        Parameters
        ----------
        members : sequence of int
            Which frames.
        masks : sequence of ndarray of bool
            Of all frames: samples that are left out.
        levels : sequence of float
            Of all frames: what they are divided by, or what is subtracted.
        additive : bool
            Whether levels are subtracted.
        job : Job
            Cancel.

        Returns
        -------
        ndarray of float32
            NaN where no sample is left.
        """
        made = np.empty(self.shape, np.float32)
        how = Combination("median", "none", reject=0)
        for start, stop in self.bands(len(members)):
            job.check()
            part = [Frame(self._levelled(j, start, stop, masks[j], levels[j], additive)) for j in members]
            made[start:stop] = combine(part, how).data
        return made

    def medians(
        self,
        members: Sequence[Sequence[int]],
        masks: Sequence[BoolArray],
        levels: Sequence[float],
        additive: bool,
        job: Job,
    ) -> Iterator[Image]:
        """`median` of several choices of frames.

        Parameters
        ----------
        members : sequence of sequence of int
            Which frames, of each as many.
        masks, levels, additive, job
            As for `median`.

        Yields
        ------
        ndarray of float32
            One for each choice. Small ones are made together, as starting to combine costs more than combining them.
        """
        ny, nx = self.shape
        count = len(members[0])
        if len(members) * count * ny * nx > _BAND:
            yield from (self.median(one, masks, levels, additive, job) for one in members)
            return
        if count == len(members) - 1 and count < MOST_WRITTEN_OUT and _are_the_others(members):
            planes = np.stack([self._levelled(j, 0, ny, masks[j], levels[j], additive) for j in range(len(members))])
            medians = np.empty_like(planes)
            job.check()
            compiled_skies().medians_of_others(planes.reshape(count + 1, -1), medians.reshape(count + 1, -1))
            yield from medians
            return
        levelled = {
            j: self._levelled(j, 0, ny, masks[j], levels[j], additive) for j in {j for one in members for j in one}
        }
        tall = [Frame(np.concatenate([levelled[one[turn]] for one in members])) for turn in range(count)]
        made = combine(tall, Combination("median", "none", reject=0)).data
        yield from made.reshape(len(members), ny, nx)

    def _levelled(self, index: int, start: int, stop: int, mask: BoolArray, level: float, additive: bool) -> Image:
        data = self.band(index, start, stop)
        held = data - np.float32(level) if additive else data * np.float32(1 / level)
        np.copyto(held, np.float32(np.nan), where=mask[start:stop])
        return held

    def combined(
        self,
        members: Sequence[int],
        masks: Sequence[BoolArray],
        levels: Sequence[float],
        additive: bool,
        how: Combination,
        job: Job,
    ) -> Combined:
        """The same with error, data quality and the number of samples.

        Parameters
        ----------
        members, masks, levels, additive
            As for `median`.
        how : Combination
            Method and error.
        job : Job
            Progress and cancel.

        Returns
        -------
        Combined
            Bits of pixels that no sample of any frame serves are those of any.
        """
        whole = empty(self.shape, how)
        for start, stop in self.bands(len(members)):
            job.report(start / self.shape[0], "Combining")
            part = []
            for j in members:
                rows = self.frames[j].rows(start, stop)
                factor = self.factors[j] if additive else self.factors[j] / levels[j]
                err = None if rows.err is None else np.asarray(rows.err * np.float32(factor), np.float32)
                held = self._levelled(j, start, stop, masks[j], levels[j], additive)
                bits = np.zeros(held.shape, np.uint32) if rows.dq is None else np.array(rows.dq, np.uint32)
                part.append(Frame(held, err, bits))
            made = combine(part, how)
            for into, plane in zip(
                (whole.data, whole.err, whole.dq, whole.samples),
                (made.data, made.err, made.dq, made.samples),
                strict=True,
            ):
                if into is not None and plane is not None:
                    into[start:stop] = plane
        return whole

    def bands(self, count: int) -> list[tuple[int, int]]:
        """Rows that are worked on together, so that ``count`` frames of them stay small."""
        ny, nx = self.shape
        height = max(16, min(ny, _BAND // max(count * nx, 1)))
        return [(start, min(start + height, ny)) for start in range(0, ny, height)]


def _are_the_others(members: Sequence[Sequence[int]]) -> bool:
    """Whether the choice for each frame of the set is all but itself."""
    return all(set(one) == set(range(len(members))) - {index} for index, one in enumerate(members))
