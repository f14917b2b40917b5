"""The mode of a distribution of measured values: the peak of its density, never a count of equal numbers."""

import math

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.floating]

#: part of the values within which the peak is looked for: the shortest stretch that holds so many
_SHORTEST = 0.5
#: the density is fitted where it is above this part of its peak
_ABOVE = 0.45
#: bins over that stretch, rounds of centring it
_BINS, _ROUNDS = 48, 4
#: with so many values the logarithm of the density is fitted to this degree: few would only be followed in their noise
_DEGREES = ((50_000, 4), (5_000, 3), (0, 2))
#: with fewer values the half-sample mode is all that can be said
_FEWEST = 500
#: values that are enough
_ENOUGH = 1_000_000


def mode(values: Values) -> float:
    """Where the density of values is highest.

    Parameters
    ----------
    values : ndarray of float
        Any shape; NaN and infinity are left out. Integers of a converter may be among them.

    Returns
    -------
    float
        NaN where there is no value.

    Notes
    -----
    A polynomial (of degree 4 from 50,000 values on) is fitted to the logarithm of a histogram about the peak, its bins
    weighted by their counts, and its maximum is taken; bins are whole steps of a converter where the values have such.
    The start is the half-sample mode (Bickel & Frühwirth 2006, Computational Statistics & Data Analysis 50, 3500), and
    that is the answer where values are few. A skewed tail moves neither.
    """
    finite = np.sort(values[np.isfinite(values)].astype(np.float64))
    if finite.size > _ENOUGH:
        finite = finite[:: -(-finite.size // _ENOUGH)]
    if finite.size == 0:
        return math.nan
    low, high = shortest(finite, _SHORTEST)
    start = half_sample_mode(finite)
    if finite.size < _FEWEST or high <= low:
        return start
    # the half-sample mode strays by chance: the middle of the shortest half is near it, and steadier
    peak, half = 0.5 * (low + high), 0.5 * (high - low)
    step = _step(finite)
    for _ in range(_ROUNDS):
        found = _fitted(finite, peak, half, step)
        if found is None:
            return start
        moved, peak, half = abs(found[0] - peak), *found
        if moved < 1e-3 * half:
            break
    return peak


def half_sample_mode(ordered: Values) -> float:
    """The half-sample mode: the shortest half of the values, of that the shortest half, and so on.

    Parameters
    ----------
    ordered : ndarray of float
        From low to high, finite; at least one.

    Returns
    -------
    float
    """
    while ordered.size > 3:
        count = -(-ordered.size // 2)
        lengths = ordered[count - 1 :] - ordered[: ordered.size - count + 1]
        first = int(np.argmin(lengths))
        ordered = ordered[first : first + count]
    if ordered.size == 3:
        near = ordered[:2] if ordered[1] - ordered[0] < ordered[2] - ordered[1] else ordered[1:]
        ordered = ordered[1:2] if ordered[1] - ordered[0] == ordered[2] - ordered[1] else near
    return float(ordered.mean())


def shortest(ordered: Values, part: float) -> tuple[float, float]:
    """Ends of the shortest stretch that holds a part of the values.

    Parameters
    ----------
    ordered : ndarray of float
        From low to high, finite.
    part : float
        From 0 to 1.

    Returns
    -------
    tuple of float
    """
    count = max(1, min(ordered.size, math.ceil(part * ordered.size)))
    lengths = ordered[count - 1 :] - ordered[: ordered.size - count + 1]
    first = int(np.argmin(lengths))
    return float(ordered[first]), float(ordered[first + count - 1])


def _step(ordered: Values) -> float:
    """The step of a converter, 0 where values are hardly ever equal."""
    apart = np.diff(ordered)
    steps = apart[apart > 0]
    if not steps.size or steps.size > 0.25 * apart.size:
        return 0.0
    return float(np.quantile(steps, 0.05))


def _fitted(ordered: Values, peak: float, half: float, step: float) -> tuple[float, float] | None:
    """The maximum of the density about a peak, and half the width over which it was fitted; None where it has none."""
    degree = next(degree for least, degree in _DEGREES if ordered.size >= least)
    wide = 2 * half / _BINS
    if step > 0:
        wide = max(1, round(wide / step)) * step
        count = max(degree + 3, math.ceil(2 * half / wide))
        # edges lie between two values of the converter
        first = ordered[np.searchsorted(ordered, peak)] if peak <= ordered[-1] else ordered[-1]
        low = first - 0.5 * step - wide * (count // 2)
    else:
        count = _BINS
        low = peak - half
    edges = low + wide * np.arange(count + 1)
    counts = np.diff(np.searchsorted(ordered, edges)).astype(np.float64)
    places = (0.5 * (edges[1:] + edges[:-1]) - peak) / half
    # smooth over three bins, to see where the density is high
    smooth = np.convolve(counts, np.ones(3) / 3, "same")
    used = (counts > 0) & (smooth > _ABOVE * smooth.max())
    if np.count_nonzero(used) < degree + 2:
        return None
    fit = np.polynomial.Polynomial.fit(places[used], np.log(counts[used]), degree, w=np.sqrt(counts[used]))
    grid = np.linspace(places[used].min(), places[used].max(), 2001)
    best = int(np.argmax(fit(grid)))
    spread = max(0.5 * (grid[-1] - grid[0]), 0.25)
    if best in (0, grid.size - 1):
        # the peak lies outside: go there and look again
        return peak + half * float(grid[best]), half
    return peak + half * float(grid[best]), half * spread * 1.3
