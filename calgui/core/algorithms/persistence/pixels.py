"""What is left in each pixel of the frame to judge: the law, and what the pixel's own frames say of it."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.noise import robust_sigma
from calgui.core.algorithms.persistence.fitting import Fit
from calgui.core.algorithms.persistence.laws import Array
from calgui.core.algorithms.persistence.matrix import Matrix
from calgui.core.frames.frame import FloatArray

#: bins of the light that a pixel saw, and the fewest pixels of one
_BINS, _FEWEST = 12, 30
#: a pixel that is further from the law than this is not believed
_ODD = 5.0
#: a pixel's own factor is told by frames that know it to this
_CLEAR = 0.3
_LEAST_SCATTER = 0.02


@dataclass(frozen=True)
class Usual:
    """What pixels of the same light have in common.

    Attributes
    ----------
    light, factor, error : ndarray of float64
        By how much they differ from a law that is proportional to the light (electrons); empty where too few tell.
    scatter : float
        By which part they differ from one another.
    """

    light: Array
    factor: Array
    error: Array
    scatter: float

    def at(self, light: FloatArray) -> FloatArray:
        """Factor for some lights.

        Parameters
        ----------
        light : ndarray of float32
            Electrons.

        Returns
        -------
        ndarray of float32
        """
        if not self.light.size:
            return np.ones(light.shape, np.float32)
        return np.interp(light, self.light, self.factor).astype(np.float32)


def usual_of(thin: Matrix, fit: Fit, law_error: float) -> Usual:
    """Look at what pixels of the same light have in common.

    Parameters
    ----------
    thin : Matrix
        Of some ten thousand pixels at most.
    fit : Fit
        The law.
    law_error : float
        Taken for the scatter where nothing was fitted.

    Returns
    -------
    Usual
    """
    none = np.empty(0)
    if not fit.fitted:
        return Usual(none, none, none, law_error)
    own, variance = _own(thin, fit)
    light = thin.electrons.max(axis=0)
    usual = Usual(*_binned(light, own, variance), fit.scatter)
    return replace(usual, scatter=_scatter(own - usual.at(light), variance) or fit.scatter)


def estimate_pixels(
    matrix: Matrix, fit: Fit, usual: Usual, start: Array, stop: Array, law_error: float
) -> tuple[FloatArray, FloatArray, int]:
    """Estimate what is left in each pixel.

    Parameters
    ----------
    matrix : Matrix
        Of the pixels, and the frames that tell of the decay; there may be none.
    fit : Fit
        The law.
    usual : Usual
        From `usual_of`.
    start, stop : ndarray of float64, shape (lights,)
        Seconds from the end of each light to the beginning and end of the frame to judge.
    law_error : float
        Error of a law that nothing was fitted to, or whose error is not known, as a part of it.

    Returns
    -------
    ndarray of float32, shape (pixels,)
        Mean rate over the exposure of the frame to judge, e-/s.
    ndarray of float32
        Its error.
    int
        Pixels that differ so much from the others that the law alone is taken for them.

    Notes
    -----
    A pixel's factor is the mean of what its frames say, and of what pixels of the same light have in common, each by
    its inverse variance: a pixel of which noise hides all has that of the others.
    """
    each = fit.law.mean(start, stop)
    plain = (each.astype(np.float32) @ matrix.electrons).astype(np.float32)
    common = np.float32(usual.scatter**2)
    shared = usual.at(matrix.electrons.max(axis=0))
    factor, variance, odd = shared, np.full(matrix.pixels, common, np.float32), 0
    if fit.fitted and matrix.excess.size:
        own, own_variance = _own(matrix, fit)
        known = np.isfinite(own_variance)
        away = np.where(known, own - shared, 0)
        share = np.where(known, common / (np.where(known, own_variance, 1) + common), 0)
        strange = known & (np.abs(away) > _ODD * np.sqrt(common + np.where(known, own_variance, 0)))
        share[strange] = 0
        factor, variance = shared + away * share, common * (1 - share)
        odd = int(np.count_nonzero(strange))
    rate = np.maximum(factor * plain, 0).astype(np.float32)
    error = np.hypot(np.sqrt(variance) * plain, _law_part(matrix, fit, each, start, stop, law_error) * rate)
    return rate, error.astype(np.float32), odd


def _own(matrix: Matrix, fit: Fit) -> tuple[FloatArray, FloatArray]:
    """Factor of each pixel by its own frames, and its variance; infinite where they tell nothing."""
    model = np.maximum(matrix.model(fit.law), 0)
    weight = 1 / (matrix.noise**2 + model / matrix.seconds.astype(np.float32)[:, None])
    weight = np.where(np.isfinite(matrix.excess) & np.isfinite(weight), weight, np.float32(0))
    known = (weight * model**2).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        own = (weight * model * np.nan_to_num(matrix.excess)).sum(axis=0) / known
        variance = np.where(known > 0, 1 / known, np.float32(np.inf))
    return np.where(known > 0, own, 1).astype(np.float32), variance.astype(np.float32)


def _binned(light: FloatArray, own: FloatArray, variance: FloatArray) -> tuple[Array, Array, Array]:
    """Median factor of pixels by their light; means by inverse variance where noise is more than the scatter."""
    used = np.isfinite(variance)
    if np.count_nonzero(used) < _FEWEST:
        return np.empty(0), np.empty(0), np.empty(0)
    light, own, variance = light[used], own[used], variance[used]
    order = np.argsort(light, kind="stable")
    count = min(_BINS, light.size // _FEWEST)
    made = []
    for places in np.array_split(order, count):
        weight = 1 / (variance[places] + np.float32(_CLEAR**2))
        middle = np.median(own[places])
        near = np.abs(own[places] - middle) <= _ODD * np.sqrt(variance[places] + np.float32(_CLEAR**2))
        weight = np.where(near, weight, 0)
        total = float(weight.sum(dtype=np.float64))
        mean = float((weight * own[places]).sum(dtype=np.float64)) / total
        spread = float((weight**2 * (own[places] - mean) ** 2).sum(dtype=np.float64)) ** 0.5 / total
        made.append((float(light[places].mean(dtype=np.float64)), mean, spread))
    # lights that are the same, as those of saturated pixels, are one point
    centres, means, errors = (np.array(column) for column in zip(*made, strict=True))
    kept = np.append(True, np.diff(centres) > 1e-6 * centres[1:])
    return centres[kept], means[kept], errors[kept]


def _scatter(away: npt.NDArray[np.floating], variance: FloatArray) -> float | None:
    """By how much pixels of the same light differ; None where noise hides it."""
    clear = variance < _CLEAR**2
    if np.count_nonzero(clear) < 20:
        return None
    whole = robust_sigma(away[clear], 0.0) ** 2
    return float(np.sqrt(max(whole - float(np.median(variance[clear])), _LEAST_SCATTER**2)))


def _law_part(matrix: Matrix, fit: Fit, each: Array, start: Array, stop: Array, law_error: float) -> FloatArray:
    """Error of the law in the frame to judge, as a part of it, for each pixel."""
    if not fit.fitted:
        return np.zeros(matrix.pixels, np.float32)  # the scatter holds it
    if len(fit.others) < 2:
        return np.full(matrix.pixels, law_error, np.float32)
    others = np.array([law.mean(start, stop) for law in fit.others])
    spread = np.sqrt((len(others) - 1) * others.var(axis=0))
    if fit.rivals:
        away = np.abs([law.mean(start, stop) - each for law in fit.rivals]).max(axis=0)
        spread = np.hypot(spread, away / 2)
    part = np.where(each > 0, spread / np.where(each > 0, each, 1), 0.0)
    most = np.argmax(matrix.electrons * each.astype(np.float32)[:, None], axis=0)
    made: FloatArray = part[most].astype(np.float32)
    return made
