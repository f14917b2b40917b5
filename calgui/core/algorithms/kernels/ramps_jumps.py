"""The optimal ramp fit of a single pixel in double precision, with its search for jumps.

The differences of successive reads have a covariance with one diagonal beside the main one, so that ``L D L^T`` and
what follows from it take one pass forward and one back (Brandt 2024, PASP 136, 045004 and 045005). A difference is
described by its electrons, its seconds, whether it begins with the read that the one before it ends with (1 or 0), and
the read that it ends with. All that belongs to the differences of a pixel is in the rows of one array, the ``room``.
"""

import math

import numpy as np

from calgui.core.algorithms.kernels.compiling import njit

_jit = njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract"})
#: rows of the room: electrons, seconds, link, last read; inverse of D, solutions of L with times and with electrons
_D, _DT, _LINK, _END, _INV, _Y, _Z = range(7)
ROWS = 7

#: part of the thresholds from which on a suspect is looked at more closely
SUSPICIOUS = 0.8
#: a jump downwards, which no particle makes, must lower chi² by this much more than one upwards
DOWN = 1.08
#: a pair of differences must be rarer by this: a read that is off, or, of averaged reads, a jump within one of them
RARER, RARER_GROUP = 0.05, 0.5
#: photons scatter further upwards than downwards: what their skewness adds to the threshold for a jump upwards
SKEWED = 0.7


@_jit
def fit_once(room, n, photon, about, r2, overlap):  # type: ignore[no-untyped-def]
    """Forward pass over n differences less ``about * dt``: ``t C^-1 t``, ``t C^-1 d`` and ``d C^-1 d``.

    Parameters
    ----------
    room : ndarray of float64, shape (ROWS, nread)
        See above; the inverse of D and the solutions of L are filled in.
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
    """
    a = 0.0
    b = 0.0
    c = 0.0
    k = r2 - photon * overlap
    for i in range(n):
        q = 0.0
        above = 0.0
        below = 0.0
        if i > 0 and room[_LINK, i] != 0.0:
            q = k * room[_INV, i - 1]
            above = room[_Y, i - 1]
            below = room[_Z, i - 1]
        room[_INV, i] = 1.0 / (2.0 * r2 + photon * (room[_DT, i] - 2.0 * overlap) - q * k)
        room[_Y, i] = room[_DT, i] + q * above
        room[_Z, i] = room[_D, i] - about * room[_DT, i] + q * below
        a += room[_Y, i] * room[_Y, i] * room[_INV, i]
        b += room[_Y, i] * room[_Z, i] * room[_INV, i]
        c += room[_Z, i] * room[_Z, i] * room[_INV, i]
    return a, b, c


@_jit
def fit_rounds(room, n, begin, rounds, r2, overlap):  # type: ignore[no-untyped-def]
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
            total += room[_D, i]
            seconds += room[_DT, i]
        rate = total / seconds
    about = rate
    photon = 0.0
    a = 1.0
    b = 0.0
    c = 0.0
    for _ in range(rounds):
        about = rate
        photon = max(rate, 0.0)
        a, b, c = fit_once(room, n, photon, about, r2, overlap)
        rate = about + b / a
    return rate, photon, a, b / a, c - b * b / a


@_jit
def most_telling(room, n, photon, r2, overlap, a, shift):  # type: ignore[no-untyped-def]
    """Backward pass: by how much chi² falls when one difference, or two neighbours, are left out.

    Parameters
    ----------
    room, n, photon, r2, overlap
        As for `fit_once`, after it.
    a : float
        ``t C^-1 t``.
    shift : float
        Rate of the fit less the rate that was taken off beforehand.

    Returns
    -------
    tuple
        Fall of chi² of the best single difference, its index, the change of the rate without it, the size of its
        jump; the first three of the best pair, with the index of its first.
    """
    k = r2 - photon * overlap
    over = 1.0 / a
    one, one_at, one_change, one_size = 0.0, -1, 0.0, 0.0
    two, two_at, two_change = 0.0, -1, 0.0
    x_next, u_next, g_next, v_next, p_next = 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(n - 1, -1, -1):
        linked = i + 1 < n and room[_LINK, i + 1] != 0.0
        q = k * room[_INV, i] if linked else 0.0
        x = room[_INV, i] * room[_Z, i] + q * x_next
        u = room[_INV, i] * room[_Y, i] + q * u_next
        g = room[_INV, i] + q * q * g_next
        v = x - shift * u
        p = g - u * u * over
        size = v / p
        fall = v * size
        # of two differences that are all there is, the larger one has the jump
        if fall > one * (1 + 1e-9) or (fall > one * (1 - 1e-9) and size > 0):
            one, one_at, one_change, one_size = fall, i, -u * size * over, size
        if linked and n > 3:  # without two of three, what is left says nothing
            cross = q * g_next - u * u_next * over
            det = p * p_next - cross * cross
            fall = (v * v * p_next - 2.0 * v * v_next * cross + v_next * v_next * p) / det
            if fall > two:
                first = (v * p_next - v_next * cross) / det
                second = (v_next * p - v * cross) / det
                two, two_at, two_change = fall, i, -(u * first + u_next * second) * over
        x_next, u_next, g_next, v_next, p_next = x, u, g, v, p
    return one, one_at, one_change, one_size, two, two_at, two_change


@_jit
def drop(room, n, at):  # type: ignore[no-untyped-def]
    """Take a difference out; what follows begins a segment of its own."""
    for i in range(at, n - 1):
        for row in range(_INV):
            room[row, i] = room[row, i + 1]
    if at < n - 1:
        room[_LINK, at] = 0.0
    return n - 1


@_jit
def differences(reads, good, has_good, known, has_known, seconds, pixel, room):  # type: ignore[no-untyped-def]
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
            room[_D, n] = np.float64(reads[i, pixel]) - np.float64(reads[last, pixel])
            room[_DT, n] = seconds[i] - seconds[last]
            room[_LINK, n] = 0.0 if free else 1.0
            room[_END, n] = i
            n += 1
            free = False
        elif last >= 0:
            free = True
        last = i
        broken = False
    return n


@_jit
def _cut_of(fall, size, photons, cut):  # type: ignore[no-untyped-def]
    """Threshold for the fall of chi² of one difference, that of a jump of this size among so many photons.

    ``size² / fall`` is the variance of the size. To its skewness, that of the photons of the difference, the quantiles
    of the size follow as Cornish & Fisher (1938) have it.
    """
    if size <= 0.0 or fall <= 0.0:
        return cut * DOWN
    inverse = math.sqrt(fall) / size
    return cut * (1.0 + SKEWED * photons * inverse * inverse * inverse)


@_jit
def take_out(room, n, r2, overlap, rate, photon, a, shift, cuts, grouped, jumps, pixel):  # type: ignore[no-untyped-def]
    """Take out the most telling difference (or two neighbours) if it is significant.

    How many are left is returned, and the rate without it.

    The photon noise of the test is that of the rate without the suspect: a jump must not hide behind the noise that
    its own electrons seem to have. Arguments are those of the other functions, after `fit_rounds`.
    """
    one_cut, two_cut = cuts[0], cuts[1]
    one, at, change, size, two, two_at, two_change = most_telling(room, n, photon, r2, overlap, a, shift)
    pair = two - two_cut > one - one_cut and (grouped or one < 0.5 * one_cut)
    lower = max(rate + (two_change if pair else change), 0.0)
    seconds = room[_DT, two_at if pair else at] - 2.0 * overlap
    margin = (2.0 * r2 + seconds * max(photon, lower)) / (2.0 * r2 + seconds * lower) / SUSPICIOUS
    if one * margin < one_cut and two * margin < two_cut:
        return n, rate
    a, b, _ = fit_once(room, n, lower, rate, r2, overlap)
    one, at, change, size, two, two_at, two_change = most_telling(room, n, lower, r2, overlap, a, b / a)
    one_cut = _cut_of(one, size, lower * (room[_DT, at] - 2.0 * overlap), one_cut)
    if two > two_cut and (two - two_cut > one - one_cut if grouped else one <= one_cut):
        jumps[int(room[_END, two_at + 1]), pixel] = True
        n = drop(room, n, two_at + 1)
        at = two_at
        change = two_change
    elif one <= one_cut:
        return n, rate
    jumps[int(room[_END, at]), pixel] = True
    return drop(room, n, at), rate + b / a + change


@_jit
def fill(along, first, stride, lane, order, n, seconds, room):  # type: ignore[no-untyped-def]
    """Differences that are at hand: those of one pixel of a block, of all reads in ``order``."""
    for i in range(n):
        room[_D, i] = along[first + i * stride + lane]
        room[_DT, i] = seconds[order[i + 1]] - seconds[order[i]]
        room[_LINK, i] = 1.0 if i > 0 else 0.0
        room[_END, i] = order[i + 1]


@_jit
def reads_used(room, n):  # type: ignore[no-untyped-def]
    """How many reads the differences are made of."""
    count = n
    for i in range(n):
        if room[_LINK, i] == 0.0:
            count += 1
    return count


@_jit
def pair_cut(sigma, grouped):  # type: ignore[no-untyped-def]
    """Fall of chi² for two differences that is rarer by some factor than one of ``sigma²`` is for one.

    Where no reads are averaged a jump lies in one difference, and pairs are few.
    """
    tail = math.erfc(sigma / math.sqrt(2.0)) * (RARER_GROUP if grouped else RARER)
    return -2.0 * math.log(tail) if tail > 1e-300 else sigma * sigma + 10.0
