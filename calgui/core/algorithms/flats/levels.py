"""How bright each exposure of a lamp is, and the one brightness that all are scaled to."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.combine import Combination, combine
from calgui.core.algorithms.exposure import file_name
from calgui.core.algorithms.frametable import moment
from calgui.core.algorithms.known import known_median
from calgui.core.algorithms.noise import robust_sigma
from calgui.core.errors import InputError
from calgui.core.frames.frame import FloatArray, Frame, FrameLike

IntArray = npt.NDArray[np.intp]

#: pixels with more than this part of the light of the bright ones say how bright a frame is
_LIT, _BRIGHT = 0.5, 0.9
#: a frame with less than this part of the light of the brightest has none of the lamp
_NO_LIGHT = 1e-3
#: light is seen where the bright pixels are above so many times the noise of one
_SEEN = 5.0
_ROUNDS = 200
#: pixels that are enough to say how bright a frame is
_ENOUGH = 100_000


@dataclass(frozen=True)
class Brightness:
    """How bright the frames of one detector are.

    Attributes
    ----------
    levels : tuple of float
        Median of the lit pixels of each frame.
    target : float
        What all are scaled to: the level of this detector when the lamp is as bright as in the mean of all exposures.
    """

    levels: tuple[float, ...]
    target: float

    @property
    def scales(self) -> tuple[float, ...]:
        """What each frame is multiplied by."""
        return tuple(self.target / level for level in self.levels)


def frame_levels(frames: Sequence[FrameLike], samples: Sequence[FloatArray]) -> tuple[float, ...]:
    """The level of each frame.

    Parameters
    ----------
    frames : sequence of FrameLike
        Lamp-on exposures of one detector, for messages.
    samples : sequence of ndarray of float32
        The same pixels of each, less what is seen without the lamp; NaN is left out.

    Returns
    -------
    tuple of float
        In the unit of the samples; ratios of two are good to the noise of all pixels, whatever their structure.

    Raises
    ------
    InputError
        A frame has no light.
    """
    middle = combine([Frame(sample) for sample in samples], Combination("median", "none")).data
    known = middle[np.isfinite(middle)]
    bright = float(np.quantile(known, _BRIGHT)) if known.size else math.nan
    beside = middle[:, 1:] - middle[:, :-1]
    noise = robust_sigma(beside) / math.sqrt(2)
    if not bright > _SEEN * noise:
        raise InputError(
            "There is no light of a lamp in these frames: less what is seen without the lamp, the bright pixels are "
            f"at {bright / noise if noise > 0 else 0.0:.2g} times the noise of a pixel; light is above {_SEEN:g}.",
            path=frames[0].path,
            cure="Choose lamp-on frames; where lamp-on and lamp-off are mixed up, name them in the options on and off.",
        )
    with np.errstate(invalid="ignore"):
        lit = middle > _LIT * bright
    level = float(np.median(middle[lit]))
    # the ratio of two frames is known well from these
    step = max(1, int(np.count_nonzero(lit)) // _ENOUGH)
    seen = [sample[lit][::step] for sample in samples]
    first = [known_median(values) / level for values in seen]
    # against the mean of all at one brightness: a median is made of some frames more than of others
    steady = [values / np.float32(ratio) for values, ratio in zip(seen, first, strict=True) if ratio > _NO_LIGHT]
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = combine([Frame(values[None]) for values in steady], Combination("mean", "none")).data[0]
        levels = [level * known_median(values / mean) for values in seen]
    most = max((value for value in levels if math.isfinite(value)), default=math.nan)
    for frame, value in zip(frames, levels, strict=True):
        if not value > _NO_LIGHT * most:
            raise InputError(
                f"There is no light of the lamp in {file_name(frame)}: its level is {value:.4g}, that of the "
                f"brightest frame {most:.4g}.",
                path=frame.path,
                cure="Leave it out; if the lamp was off, say so: LAMP = NONE, or its name in the option off.",
            )
    return tuple(levels)


def common_targets(
    frames: Mapping[str, Sequence[FrameLike]], levels: Mapping[str, Sequence[float]]
) -> tuple[dict[str, float], list[str]]:
    """The level of each detector at one brightness of the lamp.

    Parameters
    ----------
    frames : mapping of str to sequence of FrameLike
        Lamp-on frames by detector.
    levels : mapping of str to sequence of float
        Of each.

    Returns
    -------
    dict
        Detector to its level.
    list of str
        What could not be made sure of.

    Notes
    -----
    Frames of several detectors that begin at the same time see the same lamp: the logarithm of a level is the sum of
    the detector's and the exposure's, which are found by least squares. So a drift of the lamp does not enter the ratio
    of detectors, also where an exposure of one of them is missing.
    """
    if len(frames) == 1:
        ((name, values),) = levels.items()
        return {name: float(np.median(values))}, []
    names = list(frames)
    moments = sorted({moment(frame) or f"?{name}" for name in names for frame in frames[name]})
    places, values = [], []
    for number, name in enumerate(names):
        for frame, level in zip(frames[name], levels[name], strict=True):
            places.append((number, moments.index(moment(frame) or f"?{name}")))
            values.append(math.log(level))
    detector, exposure = np.array(places).T
    logs = np.array(values)
    shared = _joined(detector, exposure, len(names))
    if not shared:
        told = [
            "The detectors share no exposure: their ratio is only as good as the lamp was constant from one exposure "
            "to the next."
        ]
        return {name: float(np.median(levels[name])) for name in names}, told
    ours, lamp = np.zeros(len(names)), np.zeros(len(moments))
    for _ in range(_ROUNDS):
        before = ours.copy()
        ours = np.bincount(detector, logs - lamp[exposure]) / np.bincount(detector)
        lamp = np.bincount(exposure, logs - ours[detector]) / np.bincount(exposure)
        if np.abs(ours - before).max() < 1e-10:
            break
    mean = float(np.median(lamp))
    return {name: math.exp(ours[number] + mean) for number, name in enumerate(names)}, []


def scaled_master(samples: Sequence[FloatArray], levels: Sequence[float], target: float) -> FloatArray:
    """Sampled pixels of all frames together at one brightness.

    Parameters
    ----------
    samples : sequence of ndarray of float32
        Of each frame.
    levels : sequence of float
        Of each.
    target : float
        Brightness.

    Returns
    -------
    ndarray of float32
        Their median, pixel by pixel.
    """
    scaled = [Frame(sample * np.float32(target / level)) for sample, level in zip(samples, levels, strict=True)]
    return combine(scaled, Combination("median", "none")).data


def _joined(detector: IntArray, exposure: IntArray, count: int) -> bool:
    """Whether every detector is joined to every other through exposures that they share."""
    group = np.arange(count)
    for _ in range(count):
        for place in np.unique(exposure):
            members = detector[exposure == place]
            low = group[members].min()
            group[np.isin(group, group[members])] = low
    return bool((group == group[0]).all())
