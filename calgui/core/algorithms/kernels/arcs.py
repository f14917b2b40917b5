"""Loops of the blind identification of lamp lines: votes for alignments, and their refinement."""

import numpy as np

from calgui.core.algorithms.kernels.compiling import njit

_jit = njit(nogil=True, cache=True, error_model="numpy")
_ROOT3 = np.sqrt(3.0)


@_jit
def vote(u, p2, p3, listed, gain, missed, halves, seconds, thirds, low, step, bins, cost, best, where):  # type: ignore[no-untyped-def]
    """For each shape of the dispersion, the centre at which most lines fall on listed ones.

    Parameters
    ----------
    u, p2, p3 : ndarray of float64, shape (m,)
        Places of observed lines from -1 to 1, and Legendre polynomials of order 2 and 3 there.
    listed : ndarray of float64, shape (n,)
        Listed wavelengths, increasing.
    gain : ndarray of float64, shape (m, n)
        Votes of a pair.
    missed : ndarray of float64, shape (n + 1,)
        Running sum of what a listed line in the spectrum takes away.
    halves, seconds, thirds : ndarray of float64
        Half ranges with their sign, and terms of order 2 and 3 over those.
    low, step : float
        Lowest centre, and width of a bin.
    bins : int
        How many.
    cost : ndarray of float64, shape (bins,)
        What prior knowledge takes away from each centre.
    best, where : ndarray of float64, shape (halves, seconds, thirds)
        Filled with the most votes, and with the centre.
    """
    n = len(listed)
    votes = np.empty(bins + 1)
    for a in range(len(halves)):
        half = halves[a]
        reach = abs(half)
        for b in range(len(seconds)):
            for c in range(len(thirds)):
                votes[:] = 0.0
                for i in range(len(u)):
                    shifted = half * (u[i] + seconds[b] * p2[i] + thirds[c] * p3[i])
                    first = np.searchsorted(listed, low + shifted)
                    for j in range(first, n):
                        place = (listed[j] - shifted - low) / step
                        if place >= bins:
                            break
                        votes[int(place)] += gain[i, j]
                top, at = -1e30, 0
                begin, end = 0, 0
                for k in range(bins - 1):
                    centre = low + (k + 1) * step
                    while begin < n and listed[begin] < centre - reach:
                        begin += 1
                    while end < n and listed[end] <= centre + reach:
                        end += 1
                    total = votes[k] + votes[k + 1] - (missed[end] - missed[begin]) - cost[k]
                    if total > top:
                        top, at = total, k
                best[a, b, c] = top
                where[a, b, c] = low + (at + 1) * step


@_jit
def _density(t):  # type: ignore[no-untyped-def]
    """Student's distribution of 3 degrees of freedom: strengths of lamps are off by factors that no Gaussian knows."""
    return 0.3675525969478613 / (1 + t * t / 3) ** 2


@_jit
def _above(t):  # type: ignore[no-untyped-def]
    return 0.5 - (t / _ROOT3 / (1 + t * t / 3) + np.arctan(t / _ROOT3)) / np.pi


@_jit
def _weigh(  # type: ignore[no-untyped-def]
    wave, light, listed, strength, kind, level, tolerance, spread, range_, base, pair, share, total_of
):
    """Ratio of what a listed line gives to chance, for each observed line: the best pair and its share."""
    gained = 0.0
    for i in range(len(wave)):
        pair[i], share[i] = -1, 0.0
        total, top = 0.0, 0.0
        first = np.searchsorted(listed, wave[i] - 4 * tolerance)
        for j in range(first, len(listed)):
            apart = (listed[j] - wave[i]) / tolerance
            if apart > 4:
                break
            near = np.exp(-0.5 * apart * apart) / (2.5066282746310002 * tolerance)
            off = (light[i] - level[kind[j]] - strength[j]) / spread
            ratio = near * _density(off) / spread * range_ / base
            total += ratio
            if ratio > top:
                top, pair[i] = ratio, j
        total_of[i] = total
        share[i] = top / (total + 0.3)
        gained += np.log(0.3 + total)
    return gained


@_jit
def refine(  # type: ignore[no-untyped-def]
    u, p2, p3, light, weight, listed, strength, kind, through, level0, found, tolerances, spread, least, range_, prior,
    score, pairs, levels,
):  # fmt: skip
    """Refine alignments one after the other, and score each.

    Parameters
    ----------
    u, p2, p3 : ndarray of float64, shape (m,)
        As in `vote`.
    light : ndarray of float64, shape (m,)
        Natural logarithm of the lines' flux.
    weight : ndarray of float64, shape (m,)
        Of each in the fit.
    listed, strength : ndarray of float64, shape (n,)
        Wavelengths, increasing, and natural logarithms of strengths.
    kind : ndarray of int64, shape (n,)
        Species.
    through : ndarray of float64, shape (n,)
        Part of the listed line's light that the filter lets through: of what should be seen.
    level0 : ndarray of float64, shape (species,)
        First guess of the light of a line of strength 1, natural logarithm.
    found : ndarray of float64, shape (k, 4)
        Alignments as Legendre coefficients; refined in place.
    tolerances : ndarray of float64
        From wide to narrow, over the half range.
    spread : float
        Of strengths, natural logarithm.
    least, range_ : float
        Light of the faintest line that would be seen, and the range of light.
    prior : ndarray of float64, shape (4,)
        Half range and its relative error, relative errors of the terms of order 2 and 3.
    score : ndarray of float64, shape (k,)
        Filled: logarithm of the likelihood over that of chance.
    pairs : ndarray of int64, shape (k, m)
        Filled: the listed line of each, or -1.
    levels : ndarray of float64, shape (k, species)
        Filled: as ``level0``.
    """
    m, n, species = len(u), len(listed), len(level0)
    wave, share, total_of = np.empty(m), np.empty(m), np.empty(m)
    pair = np.empty(m, np.int64)
    row = np.empty(4)
    for k in range(len(found)):
        level = levels[k]
        level[:] = level0
        coefficients = found[k]
        sign = 1.0 if coefficients[1] > 0 else -1.0
        for t in range(len(tolerances)):
            half = abs(coefficients[1])
            tolerance = tolerances[t] * half
            base = m / (2 * half)
            for i in range(m):
                wave[i] = coefficients[0] + coefficients[1] * u[i] + coefficients[2] * p2[i] + coefficients[3] * p3[i]
            _weigh(wave, light, listed, strength, kind, level, tolerance, spread, range_, base, pair, share, total_of)
            normal = np.zeros((4, 4))
            right = np.zeros(4)
            # what is known before: in units of the tolerance, as the lines are
            normal[1, 1] = (tolerance / (prior[0] * prior[1])) ** 2
            right[1] = normal[1, 1] * sign * prior[0]
            normal[2, 2] = (tolerance / (half * prior[2])) ** 2
            normal[3, 3] = (tolerance / (half * prior[3])) ** 2
            for i in range(m):
                if pair[i] < 0 or share[i] <= 0.02:
                    continue
                row[0], row[1], row[2], row[3] = 1.0, u[i], p2[i], p3[i]
                heavy = share[i] * weight[i]
                for a in range(4):
                    right[a] += heavy * row[a] * listed[pair[i]]
                    for b in range(4):
                        normal[a, b] += heavy * row[a] * row[b]
            normal[0, 0] += 1e-9
            right[0] += 1e-9 * coefficients[0]
            solved = np.linalg.solve(normal, right)
            if not np.isfinite(solved[0]) or solved[1] * sign <= 0.3 * prior[0]:
                break
            coefficients[:] = solved
            for s in range(species):
                top, bottom = level0[s], 1.0
                for i in range(m):
                    j = pair[i]
                    if j >= 0 and kind[j] == s:
                        own = light[i] - strength[j]
                        off = (own - level[s]) / spread
                        heavy = share[i] / (1 + off * off / 3)
                        top += heavy * own
                        bottom += heavy
                level[s] = top / bottom
        half = abs(coefficients[1])
        tolerance = tolerances[-1] * half
        base = m / (2 * half)
        low, high = 1e30, -1e30
        for i in range(m):
            wave[i] = coefficients[0] + coefficients[1] * u[i] + coefficients[2] * p2[i] + coefficients[3] * p3[i]
        for i in range(-1, 2, 2):
            end = coefficients[0] + coefficients[1] * i + coefficients[2] + coefficients[3] * i
            low, high = min(low, end), max(high, end)
        gained = _weigh(
            wave, light, listed, strength, kind, level, tolerance, spread, range_, base, pair, share, total_of
        )
        for j in range(n):
            if low <= listed[j] <= high:
                gained -= through[j] * _above((least - level[kind[j]] - strength[j]) / spread)
        gained += 0.7 * m
        off = np.log(half / prior[0]) / prior[1]
        gained -= 0.5 * off * off
        gained -= 0.5 * (coefficients[2] / half / prior[2]) ** 2 + 0.5 * (coefficients[3] / half / prior[3]) ** 2
        score[k] = gained
        for i in range(m):
            pairs[k, i] = pair[i] if share[i] > 0.5 else -1
