"""Gain and read noise out of the moments of ramps, with errors from the scatter of the tiles."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.transfer.moments import Moments

Floats = npt.NDArray[np.float64]
#: groups of tiles that are left out in turn for the errors
_JACKKNIFE = 16
#: shared noise is seen from so many of its errors on
_SEEN = 3.0
#: what chi square must fall by for a further term (Akaike): a curve shifts the value at zero before it is sure
_WORTH = 2.0
#: differences of less than this part of the first one are of a full well
_FULL = 0.7


@dataclass(frozen=True)
class Transfer:
    """What one part of a detector says.

    Attributes
    ----------
    gain, gain_error : float
        e-/adu at zero signal; NaN where it cannot be told.
    read_noise, read_noise_error : float
        e- of a single read.
    bend : float
        Relative change of variance to mean with signal, 1/adu: twice the leading term of a non-linear response.
    coupling, coupling_error : float
        Part of the photon noise that a pixel shares with its four neighbours (inter-pixel capacitance).
    coupled : bool
        Whether the gain allows for it.
    signal, ratio, model : ndarray of float64
        Points of the photon-transfer curve: signal in adu, variance to mean of the photon noise in adu, and its fit.
    variance : ndarray of float64
        Of a difference of two reads, adu², photon and read noise together.
    level : ndarray of float64
        Number of the level of light of each point, from faint to bright.
    """

    gain: float
    gain_error: float
    read_noise: float
    read_noise_error: float
    bend: float
    coupling: float
    coupling_error: float
    coupled: bool
    signal: Floats
    ratio: Floats
    model: Floats
    variance: Floats
    level: Floats


@dataclass(frozen=True)
class How:
    """How moments become gain and read noise.

    Attributes
    ----------
    order : int or None
        Of the polynomial in signal, 0 for a linear detector; None for what fits best (Akaike).
    interpixel : str
        Whether noise that is shared with neighbours is counted: ``yes``, ``no``, or ``auto`` where it is seen.
    frames : int
        Frames averaged in a group.
    frame_part : float
        Time between two frames of a group as a part of that between two groups.
    first : float
        Time from the reset to the first read as a part of that between two reads.
    """

    order: int | None = None
    interpixel: Literal["auto", "yes", "no"] = "auto"
    frames: int = 1
    frame_part: float = 0.0
    first: float = 1.0


def transfer(levels: Sequence[Moments], how: How) -> Transfer:
    """Gain and read noise of all tiles together.

    Parameters
    ----------
    levels : sequence of Moments
        For each level of light, of the same tiles.
    how : How
        See there.

    Returns
    -------
    Transfer
        Errors by leaving out a sixteenth of the tiles in turn; NaN for fewer than four tiles.

    Notes
    -----
    Janesick (2001), "Scientific Charge-Coupled Devices", chapter 5, on differences of reads instead of exposures. A
    non-linear response ``x(q)`` makes variance to mean of a difference ``r = x'(q) / K``; the gain K is that at zero
    signal. It also lets the noise of charge that is there already into later differences: consecutive ones of mean m
    have the covariance ``m (r[i+1] - r[i])``, which reaches the variance twice, and so is allowed for in the abscissa.
    """
    number = levels[0].count.shape[0]
    if how.order is None:
        how = replace(how, order=_order([level.over(slice(None)) for level in levels], how))
    own = _solve([level.over(slice(None)) for level in levels], how)
    parts = min(_JACKKNIFE, number)
    left: list[Transfer] = []
    if parts >= 4:
        member = np.arange(number) % parts
        left = [_solve([level.over(member != part) for level in levels], how) for part in range(parts)]
    coupling_error = _scatter([one.coupling for one in left])
    seen = own.coupling > _SEEN * coupling_error
    coupled = how.interpixel == "yes" or (how.interpixel == "auto" and seen)
    gains, noises = zip(*(_coupled(one, coupled) for one in (own, *left)), strict=True)
    return replace(
        own,
        gain=gains[0],
        gain_error=_scatter(gains[1:]),
        read_noise=noises[0],
        read_noise_error=_scatter(noises[1:]),
        coupling_error=coupling_error,
        coupled=coupled,
    )


def _coupled(one: Transfer, coupled: bool) -> tuple[float, float]:
    """Gain and read noise; shared noise is missing from that of the pixel itself, so that its gain seems too high."""
    factor = 1 - one.coupling if coupled else 1.0
    return one.gain * factor, one.read_noise * factor


def _scatter(values: Sequence[float]) -> float:
    """Error by the jackknife; NaN without values."""
    if not values:
        return float("nan")
    found = np.asarray(values)
    return float(np.sqrt((found.size - 1) / found.size * np.sum((found - found.mean()) ** 2)))


def _solve(levels: Sequence[Moments], how: How) -> Transfer:
    """From the noise of the pixels themselves."""
    signal, mean, total, own, shared, count, level = _all_points(levels, how)
    nan = float("nan")
    if signal.size <= (how.order or 0):
        none = np.empty(0)
        return Transfer(nan, nan, nan, nan, nan, nan, nan, False, none, none, none, none, none)
    ratio, abscissa = own / mean, signal + 2 * mean
    fitted = _fitted(abscissa, ratio, _weight(mean, total, count), how.order or 0)
    at_zero = float(fitted(0.0))
    gain = 1 / at_zero if at_zero > 0 else nan
    slope = float(fitted.deriv()(0.0)) if how.order else 0.0
    share = count / total**2 * mean
    coupling = float(np.sum(shared * share) / np.sum((own + shared) * share))
    noise = _read_noise(levels, how, at_zero, slope) * gain
    return Transfer(
        gain,
        nan,
        noise,
        nan,
        slope * gain,
        coupling,
        nan,
        False,
        signal,
        ratio,
        np.asarray(fitted(abscissa)),
        total,
        level,
    )


def _all_points(levels: Sequence[Moments], how: How) -> Floats:
    found = [_points(level, how) for level in levels]
    points = np.concatenate(
        [np.vstack([one, np.full(one.shape[1], float(place))]) for place, one in enumerate(found)], axis=1
    )
    return points[:, np.argsort(points[0])]


def _weight(mean: Floats, total: Floats, count: Floats) -> Floats:
    """One over the error of variance to mean: that of a variance grows with the variance, and three covariances are
    added, of which one counts double; the mean over pixels is known well enough."""
    return np.asarray(mean * np.sqrt(count) / (2 * total))


def _fitted(abscissa: Floats, ratio: Floats, weight: Floats, order: int) -> np.polynomial.Polynomial:
    top = max(float(abscissa.max()), 1.0)
    return np.polynomial.Polynomial.fit(abscissa, ratio, order, w=weight, domain=[0, top], window=[0, 1])


def _order(levels: Sequence[Moments], how: How) -> int:
    """The lowest order beyond which a term more is not worth it."""
    signal, mean, total, own, _, count, _ = _all_points(levels, how)
    ratio, abscissa, weight = own / mean, signal + 2 * mean, _weight(mean, total, count)
    best, before = 0, np.inf
    for order in range(1, min(3, signal.size - 2) + 1):
        chi_square = float(np.sum((weight * (ratio - _fitted(abscissa, ratio, weight, order)(abscissa))) ** 2))
        if before - chi_square < _WORTH:
            break
        best, before = order, chi_square
    return best


def _points(one: Moments, how: How) -> Floats:
    """Signal, increment, variance, photon noise, shared photon noise and pixels of each difference that has light."""
    count = one.count[0]
    usable = (count > 0) & (one.increment[0] > 0)
    if not usable.any():
        return np.empty((6, 0))
    mean, signal, total, own, shared = (
        getattr(one, name)[0][usable] / count[usable] for name in ("increment", "signal", "total", "photon", "beside")
    )
    # where a well fills up, differences get small and quiet
    level = mean >= _FULL * mean[0]
    made = np.array([signal + how.first * mean[0], mean, total, own, shared, count[usable]])
    return np.asarray(made[:, np.logical_and.accumulate(level)])


def _read_noise(levels: Sequence[Moments], how: How, ratio: float, slope: float) -> float:
    """Of a single frame, adu; what photons add to frames that were averaged, and to bent ones, is taken out."""
    m = how.frames
    above = below = 0.0
    for one in levels:
        count = one.read_count[0]
        known = (count > 0) & (one.count[0][1:] > 0)
        pixels = one.count[0][1:][known]
        increment = one.increment[0][1:][known] / pixels
        shared = ratio * increment * how.frame_part * (m * m - 1) / (6 * m)
        variance = one.read[0][known] / count[known] + shared + slope * increment**2
        weight = count[known] / np.maximum(one.total[0][1:][known] / pixels, 1e-30) ** 2
        above += float(np.sum(variance * weight))
        below += float(np.sum(weight))
    found = above / below * m if below > 0 else 0.0
    return float(np.sqrt(found)) if found > 0 else float("nan")
