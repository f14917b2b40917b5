"""How much the samples of a pixel scatter, and which pixels scatter more than noise can: the unreliable ones.

A pixel that jumps between two levels has a median absolute deviation that may say nothing of it, and a standard
deviation that one cosmic ray would upset. So the scatter is the standard deviation of the samples without the one that
lies furthest off: one hit leaves it as it is, two samples at another level do not.
"""

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.combine import Band, Combination, Combined, combine
from calgui.core.algorithms.geometry import Region
from calgui.core.algorithms.kernels import workers
from calgui.core.algorithms.noise import robust_sigma, thin
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import FloatArray, Frame, Rows

#: fewest samples of which one can be left out and a scatter remains
_FEWEST = 3
#: of the rows that are given, one in so many says what is usual
_ROWS = 4
#: the spread of propagated errors is taken for no smaller than this part of them
_ALIKE = 0.05

SampleArray = npt.NDArray[np.uint16]


@dataclass(frozen=True)
class UsualScatter:
    """What scatter is usual for the pixels of a detector, in the unit of the frames.

    Attributes
    ----------
    level : float
        Typical value of a pixel.
    scatter : float
        Median scatter of pixels with all samples good.
    spread : float
        Robust standard deviation of that scatter from pixel to pixel.
    noise : float
        Of one frame.
    frames : int
        Samples of a pixel at most.
    electrons : float or None
        Electrons of one unit, for the photon noise of pixels above the level; None where it is not known.
    """

    level: float
    scatter: float
    spread: float
    noise: float
    frames: int
    electrons: float | None = None

    def limits(self, threshold: float) -> FloatArray:
        """Largest scatter that is still usual.

        Parameters
        ----------
        threshold : float
            In spreads.

        Returns
        -------
        ndarray of float32, shape (frames + 1,)
            By the number of good samples of a pixel: with few of them the scatter is less certain.
        """
        freedom = np.maximum(np.arange(self.frames + 1) - 2, 1)
        wider = np.sqrt(max(self.frames - 2, 1) / freedom)
        limits: FloatArray = (self.scatter + threshold * self.spread * wider).astype(np.float32)
        limits[:_FEWEST] = np.inf
        return limits

    def scaled(self, factor: float) -> "UsualScatter":
        """The same in another unit.

        Parameters
        ----------
        factor : float
            From this unit to the other.

        Returns
        -------
        UsualScatter
        """
        electrons = None if self.electrons is None else self.electrons / factor
        return UsualScatter(
            self.level * factor,
            self.scatter * factor,
            self.spread * factor,
            self.noise * factor,
            self.frames,
            electrons,
        )

    def photon_factor(self, values: FloatArray) -> FloatArray:
        """How much noisier than the others pixels are whose dark current is above the level.

        Parameters
        ----------
        values : ndarray of float32
            Of the pixels.

        Returns
        -------
        ndarray of float32
            1 or more.
        """
        if self.electrons is None or not self.noise > 0:
            return np.ones_like(values)
        with np.errstate(invalid="ignore", over="ignore"):
            excess = np.maximum(values - np.float32(self.level), np.float32(0))
            made: FloatArray = np.sqrt(1 + excess / np.float32(self.electrons * self.noise**2))
        return made


def scatter(inputs: Sequence[Rows], centre: FloatArray, reject: int) -> tuple[FloatArray, SampleArray]:
    """Standard deviation of the samples of each pixel without the one that lies furthest from a central value.

    Parameters
    ----------
    inputs : sequence of Rows
        The same rows of every frame, contiguous.
    centre : ndarray of float32
        A value amidst the samples, such as their median.
    reject : int
        Data-quality bits of samples that are left out, as are those that are not finite.

    Returns
    -------
    scatter : ndarray of float32, shape of centre
        In the unit of the frames; 0 for pixels with fewer than three good samples.
    samples : ndarray of uint16, shape of centre
        Good samples, with the one that was left out.
    """
    from calgui.core.algorithms.kernels import scatter as loops

    made, samples = np.empty(centre.shape, np.float32), np.empty(centre.shape, np.uint16)
    data = np.array([rows.data.ctypes.data for rows in inputs], np.uint64)
    bits = np.array([0 if rows.dq is None else rows.dq.ctypes.data for rows in inputs], np.uint64)
    around = np.ascontiguousarray(centre).reshape(-1)

    def run(start: int, stop: int) -> None:
        loops.scatter(data, bits, np.uint32(reject), start, stop, around, made.reshape(-1), samples.reshape(-1))

    step = max(-(-centre.size // (4 * workers())), 16 * loops.BLOCK)
    if centre.size <= step:
        run(0, centre.size)
        return made, samples
    with ThreadPoolExecutor(workers(), thread_name_prefix="calgui-scatter") as pool:
        parts = [pool.submit(run, start, min(start + step, centre.size)) for start in range(0, centre.size, step)]
        for part in parts:
            part.result()
    return made, samples


def usual_scatter(samples: Sequence[FloatArray], noise: float, electrons: float | None = None) -> UsualScatter | None:
    """What scatter is usual, from a part of every frame.

    Parameters
    ----------
    samples : sequence of ndarray of float32
        The same pixels of every frame, contiguous; NaN for those that are left out.
    noise : float
        Of one frame.
    electrons : float, optional
        Electrons of one unit of the frames.

    Returns
    -------
    UsualScatter or None
        None where too few samples are good.
    """
    samples = [np.ascontiguousarray(sample[::_ROWS]) for sample in samples]
    centre = combine([Frame(sample) for sample in samples], Combination("median", "none")).data
    found, counted = scatter([Rows(sample, None, None) for sample in samples], centre, 0)
    most = int(counted.max(initial=0))
    if most < _FEWEST:
        return None
    whole = counted == most
    values = found[whole]
    spread = robust_sigma(values) * math.sqrt(max(most - 2, 1) / max(len(samples) - 2, 1))
    return UsualScatter(
        float(np.median(centre[whole])), float(np.median(values)), spread, noise, len(samples), electrons
    )


def flag_scatter(band: Band, region: Region, usual: UsualScatter, reject: int, threshold: float) -> None:
    """Flag pixels of one band whose samples scatter more than noise can, such as those with two states.

    Parameters
    ----------
    band : Band
        With the samples of all frames; its data quality is changed.
    region : Region
        Says which pixels are reference pixels.
    usual : UsualScatter
        In the unit of the frames.
    reject : int
        Data-quality bits of samples that are left out.
    threshold : float
        In spreads of the usual scatter.
    """
    made = band.combined
    assert made.dq is not None
    found, counted = scatter(band.inputs, made.data, reject)
    limit = usual.limits(threshold)
    far = np.flatnonzero(found > limit.min())  # few: what follows is only asked of them
    values, bits = made.data.reshape(-1)[far], made.dq.reshape(-1)
    beyond = found.reshape(-1)[far] > limit[counted.reshape(-1)[far]] * usual.photon_factor(values)
    beyond &= (bits[far] & np.uint32(flags.REFERENCE_PIXEL | flags.NON_SCIENCE)) == 0
    beyond &= region.mask(band.start, band.stop).reshape(-1)[far]
    bits[far[beyond]] |= np.uint32(flags.UNRELIABLE_DARK)


def flag_error(
    whole: Combined, good: npt.NDArray[np.bool_], usual: UsualScatter | None, threshold: float | None
) -> None:
    """Flag pixels of unknown error, and those of which the frames themselves say that it is far above the others'.

    Parameters
    ----------
    whole : Combined
        Its data quality is changed.
    good : ndarray of bool, shape (ny, nx)
        Pixels that are looked at.
    usual : UsualScatter or None
        In the unit of ``whole``; for the photon noise.
    threshold : float or None
        In spreads of the errors; None where they are measured: the scatter says more then.
    """
    assert whole.dq is not None
    assert whole.err is not None
    far = good & ~np.isfinite(whole.err)
    sample = thin(whole.err, good)
    if threshold is not None and sample.size:
        usually = float(np.median(sample))
        # errors that are all alike have no spread, and a pixel with fewer samples has a larger one by right
        limit = usually + threshold * max(robust_sigma(sample), _ALIKE * usually)
        beyond = np.flatnonzero(good & (whole.err > limit))
        error, samples = whole.err.reshape(-1)[beyond], whole.samples.reshape(-1)[beyond]
        wider = np.sqrt(whole.samples.max() / samples)
        if usual is not None:
            wider = wider * usual.photon_factor(whole.data.reshape(-1)[beyond])
        far.reshape(-1)[beyond[error > limit * wider]] = True
    whole.dq[far] |= np.uint32(flags.UNRELIABLE_DARK)
