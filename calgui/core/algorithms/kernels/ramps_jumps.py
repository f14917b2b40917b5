"""The optimal ramp fit of a single pixel in double precision, with its search for jumps.

The differences of successive reads have a covariance with one diagonal beside the main one, so that ``L D L^T`` and
what follows from it take one pass forward and one back (Brandt 2024, PASP 136, 045004 and 045005). A difference is
described by its electrons ``d``, seconds ``dt``, and whether it begins with the read that the one before it ends with
(``link``, 1 or 0).
"""

import math

import numpy as np
from numba import njit

_jit = njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract"})

#: part of the thresholds from which on a suspect is looked at more closely
SUSPICIOUS = 0.8


@_jit
def fit_once(d, dt, link, n, photon, about, r2, overlap, inv, y, z):  # type: ignore[no-untyped-def]
    """Forward pass over n differences less ``about * dt``: ``t C^-1 t``, ``t C^-1 d`` and ``d C^-1 d``.

    Parameters
    ----------
    d, dt, link : ndarray of float64
        See above.
    n : int
        Number of differences.
    photon : float
        Rate of the photon noise, e-/s.
    about : float
        Rate that is taken off beforehand, e-/s.
    r2 : float
        Variance of a read, e-².
    overlap : float
        Seconds by which the photon noise of neighbours is shared (reads averaged in groups).
    inv, y, z : ndarray of float64
        Filled: inverse of D, and the solutions of L with the times and with the differences.
    """
    a = 0.0
    b = 0.0
    c = 0.0
    k = r2 - photon * overlap
    for i in range(n):
        q = 0.0
        above = 0.0
        below = 0.0
        if i > 0 and link[i] != 0.0:
            q = k * inv[i - 1]
            above = y[i - 1]
            below = z[i - 1]
        inv[i] = 1.0 / (2.0 * r2 + photon * (dt[i] - 2.0 * overlap) - q * k)
        y[i] = dt[i] + q * above
        z[i] = d[i] - about * dt[i] + q * below
        a += y[i] * y[i] * inv[i]
        b += y[i] * z[i] * inv[i]
        c += z[i] * z[i] * inv[i]
    return a, b, c


@_jit
def fit_rounds(d, dt, link, n, begin, rounds, r2, overlap, inv, y, z):  # type: ignore[no-untyped-def]
    """Rate whose photon noise is its own, in so many rounds from a rate to begin with (NaN: that of the mean).

    Returns
    -------
    tuple
        The rate, that of the photon noise in the last round, ``t C^-1 t``, the change of the rate in the last round,
        and chi².
    """
    rate = begin
    if not np.isfinite(begin):
        total = 0.0
        seconds = 0.0
        for i in range(n):
            total += d[i]
            seconds += dt[i]
        rate = total / seconds
    about = rate
    photon = 0.0
    a = 1.0
    b = 0.0
    c = 0.0
    for _ in range(rounds):
        about = rate
        photon = max(rate, 0.0)
        a, b, c = fit_once(d, dt, link, n, photon, about, r2, overlap, inv, y, z)
        rate = about + b / a
    return rate, photon, a, b / a, c - b * b / a


@_jit
def most_telling(link, n, photon, r2, overlap, a, shift, inv, y, z):  # type: ignore[no-untyped-def]
    """Backward pass: by how much chi² falls when one difference, or two neighbours, are left out.

    Parameters
    ----------
    link, n, photon, r2, overlap, inv, y, z
        As for `fit_once`, after it.
    a : float
        ``t C^-1 t``.
    shift : float
        Rate of the fit less the rate that was taken off beforehand.

    Returns
    -------
    tuple
        Fall of chi² of the best single difference, its index, the change of the rate without it; the same of the
        best pair, with the index of its first.
    """
    k = r2 - photon * overlap
    over = 1.0 / a
    one, one_at, one_change = 0.0, -1, 0.0
    two, two_at, two_change = 0.0, -1, 0.0
    x_next, u_next, g_next, v_next, p_next = 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(n - 1, -1, -1):
        linked = i + 1 < n and link[i + 1] != 0.0
        q = k * inv[i] if linked else 0.0
        x = inv[i] * z[i] + q * x_next
        u = inv[i] * y[i] + q * u_next
        g = inv[i] + q * q * g_next
        v = x - shift * u
        p = g - u * u * over
        size = v / p
        fall = v * size
        # of two differences that are all there is, the larger one has the jump
        if fall > one * (1 + 1e-9) or (fall > one * (1 - 1e-9) and size > 0):
            one, one_at, one_change = fall, i, -u * size * over
        if linked and n > 3:  # without two of three, what is left says nothing
            cross = q * g_next - u * u_next * over
            det = p * p_next - cross * cross
            fall = (v * v * p_next - 2.0 * v * v_next * cross + v_next * v_next * p) / det
            if fall > two:
                first = (v * p_next - v_next * cross) / det
                second = (v_next * p - v * cross) / det
                two, two_at, two_change = fall, i, -(u * first + u_next * second) * over
        x_next, u_next, g_next, v_next, p_next = x, u, g, v, p
    return one, one_at, one_change, two, two_at, two_change


@_jit
def drop(d, dt, link, end, n, at):  # type: ignore[no-untyped-def]
    """Take a difference out; what follows begins a segment of its own."""
    for i in range(at, n - 1):
        d[i], dt[i], link[i], end[i] = d[i + 1], dt[i + 1], link[i + 1], end[i + 1]
    if at < n - 1:
        link[at] = 0.0
    return n - 1


@_jit
def differences(reads, good, has_good, known, has_known, seconds, pixel, d, dt, link, end):  # type: ignore[no-untyped-def]
    """Differences of the good reads of a pixel; a read that is left out lengthens one, a known jump removes one."""
    n = 0
    last = -1
    free = True
    broken = False
    for i in range(seconds.size):
        if has_known and known[i, pixel] != 0:
            broken = True
        if (has_good and good[i, pixel] == 0) or not np.isfinite(reads[i, pixel]):
            continue
        if last >= 0 and not broken:
            d[n] = np.float64(reads[i, pixel]) - np.float64(reads[last, pixel])
            dt[n] = seconds[i] - seconds[last]
            link[n] = 0.0 if free else 1.0
            end[n] = i
            n += 1
            free = False
        elif last >= 0:
            free = True
        last = i
        broken = False
    return n


@_jit
def take_out(  # type: ignore[no-untyped-def]
    d, dt, link, end, n, r2, overlap, rate, photon, a, shift, cuts, grouped, inv, y, z, jumps, pixel,
):  # fmt: skip
    """Take out the most telling difference (or two neighbours) if it is significant.

    How many are left is returned, and the rate without it.


    The photon noise of the test is that of the rate without the suspect: a jump must not hide behind the noise that
    its own electrons seem to have. Arguments are those of the other functions, after `fit_rounds`.
    """
    one_cut, two_cut = cuts[0], cuts[1]
    one, at, change, two, two_at, two_change = most_telling(link, n, photon, r2, overlap, a, shift, inv, y, z)
    pair = two - two_cut > one - one_cut and (grouped or one < 0.5 * one_cut)
    lower = max(rate + (two_change if pair else change), 0.0)
    seconds = dt[two_at if pair else at] - 2.0 * overlap
    margin = (2.0 * r2 + seconds * max(photon, lower)) / (2.0 * r2 + seconds * lower) / SUSPICIOUS
    if one * margin < one_cut and two * margin < two_cut:
        return n, rate
    a, b, _ = fit_once(d, dt, link, n, lower, rate, r2, overlap, inv, y, z)
    one, at, change, two, two_at, two_change = most_telling(link, n, lower, r2, overlap, a, b / a, inv, y, z)
    if two > two_cut and (two - two_cut > one - one_cut if grouped else one <= one_cut):
        jumps[end[two_at + 1], pixel] = True
        n = drop(d, dt, link, end, n, two_at + 1)
        at = two_at
        change = two_change
    elif one <= one_cut:
        return n, rate
    jumps[end[at], pixel] = True
    return drop(d, dt, link, end, n, at), rate + b / a + change


@_jit
def reads_used(link, n):  # type: ignore[no-untyped-def]
    """How many reads the differences are made of."""
    count = n
    for i in range(n):
        if link[i] == 0.0:
            count += 1
    return count


@_jit
def pair_cut(sigma, grouped):  # type: ignore[no-untyped-def]
    """Fall of chi² for two differences that is as rare as one of ``sigma²`` is for one.

    Where no reads are averaged a jump lies in one difference, and a pair (a read that is off) must be five times rarer.
    """
    tail = math.erfc(sigma / math.sqrt(2.0)) * (1.0 if grouped else 0.2)
    return -2.0 * math.log(tail) if tail > 1e-300 else sigma * sigma + 10.0
