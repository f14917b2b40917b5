"""The lines of a lamp found again in one spectrum after the other, each from those beside it that are known already.

A spectrum is filtered with the shape of a line less its mean, so that a smooth background counts nothing. Where the
lines ought to be is known up to a shift and a stretch: those are tried on a grid, and judged by the square roots of the
filtered values, so that neither one bright line nor a cosmic ray decides. What is left is a smooth curve through the
lines that were met.
"""

import math

import numpy as np

from calgui.core.algorithms.kernels.arcs_curves import eliminate, robust_curve
from calgui.core.algorithms.kernels.arcs_filtering import filtered
from calgui.core.algorithms.kernels.compiling import njit

_jit = njit(nogil=True, cache=True, error_model="numpy")

#: of a spectrum
KNOWN, UNSURE, LOST, EMPTY = 0, 1, 2, 3
#: filtered values above so many sigma are peaks; a line that ought to be so many sigma ought to be seen
_PEAK, _SEEN = 6.0, 10.0
_MOST_PEAKS = 24
#: the part of the lines that ought to be seen which has to be met, and the least score of a place
_MET, _LEAST = 0.6, 0.45
#: the best place has to be better by this than any other
_BETTER = 1.12
_NEAR = 16  # spectra beside it that tell where lines ought to be
_MOST_LINES = 512
#: where all lines are so near to where the spectra beside it tell, on average, nothing is looked at again
_AGREES = 1.0


@_jit
def _strongest(values, least, out):  # type: ignore[no-untyped-def]
    """Local maxima above a value, the strongest first; gives their number."""
    count = 0
    for i in range(1, values.size - 1):
        value = values[i]
        if value > least and value >= values[i - 1] and value > values[i + 1]:
            place = min(count, out.size)
            while place > 0 and out[place - 1] < value:
                if place < out.size:
                    out[place] = out[place - 1]
                place -= 1
            if place < out.size:
                out[place] = value
                count = min(count + 1, out.size)
    return count


@_jit
def _brightness(peaks, count, strength, at, pixels, room):  # type: ignore[no-untyped-def]
    """How bright a spectrum is, relative to the strengths that are expected: by ranks, so that hits count little."""
    lines = 0
    for k in range(strength.size):
        if strength[k] > 0 and -8.0 < at[k] < pixels + 8.0 and lines < room.size:
            room[lines] = strength[k]
            lines += 1
    if lines == 0 or count == 0:
        return 0.0
    order = np.sort(room[:lines])[::-1]
    ranks = min(count, lines, 9)
    ratio = np.empty(ranks)
    for j in range(ranks):
        ratio[j] = peaks[j] / order[j]
    return np.median(ratio)


@_jit
def _score(root, at, weight, cap, reach, shift, stretch, middle, span):  # type: ignore[no-untyped-def]
    """How well lines are met at a shift and stretch: 1 where all are as bright as expected."""
    pixels = root.size
    total, inside, outside = 0.0, 0.0, 0.0
    for k in range(at.size):
        w = weight[k]
        if w <= 0.0:
            continue
        place = at[k] + shift + stretch * (at[k] - middle) / span
        i = math.floor(place + 0.5)
        if i < 0 or i >= pixels:
            outside += w * w
            continue
        if root[i] < 0:
            continue  # a pixel without a value tells nothing
        inside += w * w
        value = root[i]
        for p in range(max(0, i - reach), min(pixels, i + reach + 1)):
            value = max(value, root[p])
        total += w * min(value, cap * w)
    if not inside > 0.4 * (inside + outside):
        return 0.0
    return total / (inside + 0.3 * outside)


@_jit
def _best(root, at, weight, cap, window, most, step, middle, span):  # type: ignore[no-untyped-def]
    """The shift and stretch of the best score, and by what it is better than places elsewhere."""
    size = 2 * window + 1
    along = np.zeros(size)
    best, best_shift, best_stretch = -1.0, 0.0, 0.0
    for n in range(size):
        shift = float(n - window)
        for t in range(-most, most + 1):
            stretch = t * step
            value = _score(root, at, weight, cap, 1, shift, stretch, middle, span)
            # what needs less of a change is the likelier
            value *= 1.0 - 0.08 * (shift / (window + 1.0)) ** 2 - 0.04 * (stretch / (most * step + 1.0)) ** 2
            along[n] = max(along[n], value)
            if value > best:
                best, best_shift, best_stretch = value, shift, stretch
    other = 0.0
    apart = 6.0 + 0.5 * most * step
    for n in range(size):
        if abs(n - window - best_shift) > apart:
            other = max(other, along[n])
    return best, best_shift, best_stretch, other


@_jit
def _met(values, noise, at, within, place, strength):  # type: ignore[no-untyped-def]
    """The highest filtered value near each place: where it is to a part of a pixel, and how high."""
    pixels = values.size
    for k in range(at.size):
        place[k] = np.nan
        strength[k] = 0.0
        centre = math.floor(at[k] + 0.5) if np.isfinite(at[k]) else -10
        if centre < 2 or centre > pixels - 3:
            continue
        top = -1
        for i in range(max(1, centre - within), min(pixels - 1, centre + within + 1)):
            if values[i] >= values[i - 1] and values[i] > values[i + 1] and (top < 0 or values[i] > values[top]):
                top = i
        if top < 0 or not values[top] > 5.0 * noise:
            continue
        bend = 2.0 * values[top] - values[top - 1] - values[top + 1]
        place[k] = top + 0.5 * (values[top + 1] - values[top - 1]) / bend if bend > 0 else float(top)
        strength[k] = values[top]


@_jit
def _guess(expected, bright, near, count, rows, columns, row, column, at, strength):  # type: ignore[no-untyped-def]
    """Where the lines of a spectrum ought to be by those beside it: their mean, moved along a plane through them."""
    lines = expected.shape[1]
    at[:] = 0.0
    strength[:] = 0.0
    weights = 0.0
    matrix, right = np.zeros((3, 3)), np.zeros(3)
    middle = 0.0
    for j in range(count):
        s = near[j]
        far = (rows[s] - row) ** 2 + (columns[s] - column) ** 2
        w = 1.0 / (1.0 + far)
        weights += w
        mean = 0.0
        for k in range(lines):
            at[k] += w * expected[s, k]
            strength[k] += w * bright[s, k]
            mean += expected[s, k]
        mean /= lines
        middle += w * mean
        terms = (1.0, float(rows[s] - row), float(columns[s] - column))
        for a in range(3):
            right[a] += w * terms[a] * mean
            for b in range(3):
                matrix[a, b] += w * terms[a] * terms[b]
    at /= weights
    strength /= weights
    middle /= weights
    # weak ties: spectra in a row say nothing across it
    right[0] -= matrix[0, 0] * middle
    right[1] -= matrix[1, 0] * middle
    right[2] -= matrix[2, 0] * middle
    matrix[1, 1] += 0.02 * weights
    matrix[2, 2] += 0.02 * weights
    plane = 0.0
    if count >= 2 and eliminate(matrix, right):
        plane = right[0]
    return plane


@_jit
def _agrees(expected, bright, near, grid, known, rows, columns, s, at, strength):  # type: ignore[no-untyped-def]
    """Whether the lines of a spectrum are where those beside it tell."""
    found = _near(grid, known, rows[s], columns[s], s, np.int64(3), near)
    if found < 3:
        return False
    plane = _guess(expected, bright, near, found, rows, columns, rows[s], columns[s], at, strength)
    off = 0.0
    for k in range(at.size):
        off += abs(at[k] + plane - expected[s, k])
    return off < _AGREES * at.size


@_jit
def _near(grid, known, row, column, own, radius, near):  # type: ignore[no-untyped-def]
    """Known spectra around a place, by rings of growing size until there are some; gives their number."""
    count = 0
    for ring in range(1, radius + 1):
        for r in range(row - ring, row + ring + 1):
            if r < 0 or r >= grid.shape[0]:
                continue
            inner = abs(r - row) < ring
            for c in range(column - ring, column + ring + 1):
                if (inner and abs(c - column) < ring) or c < 0 or c >= grid.shape[1]:
                    continue
                s = grid[r, c]
                if s >= 0 and s != own and known[s] and count < near.size:
                    near[count] = s
                    count += 1
        if (count >= 1 and ring >= 3) or count >= near.size:
            break
    return count


@_jit
def _whole(row, place):  # type: ignore[no-untyped-def]
    """Whether the pixels at a place have values."""
    middle = math.floor(place + 0.5)
    total = 0.0
    for p in range(max(0, middle - 1), min(row.size, middle + 2)):
        total += row[p]
    return not math.isnan(total)


@_jit
def _take(  # type: ignore[no-untyped-def]
    row, values, noise, root, at, strength, seen, gain, window, most, step, learn, out, bright, near_by
):  # fmt: skip
    """Find the lines of one spectrum near where they ought to be; gives what it is and its score."""
    pixels, lines = values.size, at.size
    middle, span = 0.5 * (pixels - 1), 0.5 * (pixels - 1)
    weight = np.empty(lines)
    visible = 0
    for k in range(lines):
        weight[k] = math.sqrt(strength[k]) if strength[k] > 0 else 0.0
        if gain * strength[k] < 3.0 * noise:
            weight[k] *= 0.3
    root_gain = math.sqrt(gain)
    score, shift, stretch, other = _best(root, at, weight, 1.5 * root_gain, window, most, step, middle, span)
    score /= root_gain
    other /= root_gain
    if score < _LEAST or (score < _BETTER * other and not near_by):
        return LOST, score
    place, height = np.empty(lines), np.empty(lines)
    u, off, w, curve = np.empty(lines), np.empty(lines), np.empty(lines), np.zeros(4)
    for k in range(lines):
        u[k] = (at[k] - middle) / span
        out[k] = at[k] + shift + stretch * u[k]
    met = 0
    for turn in range(3):
        _met(values, noise, out, 3 if turn == 0 else 2, place, height)
        count = 0
        for k in range(lines):
            off[k] = place[k] - out[k] if strength[k] > 0 and seen[k] else np.nan
            w[k] = min(height[k] / noise, 50.0) if noise > 0 else 1.0
            count += np.isfinite(off[k])
        degree = 0 if count < 4 else 1 if count < 7 else 2 if count < 12 else 3
        if count == 0 or not robust_curve(u, off, w, degree, curve[: degree + 1]):
            return LOST, score
        met, visible = 0, 0
        for k in range(lines):
            model, power = 0.0, 1.0
            for a in range(degree + 1):
                model += curve[a] * power
                power *= u[k]
            out[k] += model
            inside = 3.0 < out[k] < pixels - 4.0 and _whole(row, out[k])
            if seen[k] and strength[k] > 0 and inside:
                hit = np.isfinite(off[k]) and abs(off[k] - model) < 0.8
                if gain * strength[k] > _SEEN * noise:
                    visible += 1
                    met += hit
    for k in range(lines):
        bright[k] = strength[k] * gain
        if np.isfinite(place[k]) and abs(place[k] - out[k]) < 0.8:
            # what is far brighter than it ought to be is a hit
            bright[k] = min(height[k], 3.0 * bright[k]) if strength[k] > 0 else height[k]
        if learn[k] and np.isfinite(place[k]):
            out[k] += 0.5 * max(-0.5, min(0.5, place[k] - out[k]))
    if visible == 0 or met < _MET * visible:
        return LOST, score
    return (KNOWN if met >= 3 else UNSURE), score


@_jit
def _count(strength):  # type: ignore[no-untyped-def]
    """How many lines there ought to be."""
    count = 0
    for k in range(strength.size):
        count += strength[k] > 0
    return count


@_jit
def follow(  # type: ignore[no-untyped-def]
    flux, taps, order, start, stop, grid, rows, columns, seen, learn, narrow, wide, expected, bright, known, state,
    score, jump, again,
):  # fmt: skip
    """Find the lines of spectra in an order in which each has known ones beside it.

    Parameters
    ----------
    flux : ndarray of float32, shape (n, pixels)
        Spectra.
    taps : ndarray of float64
        See `calgui.core.algorithms.kernels.arcs_filtering.line_filter`.
    order : ndarray of int64
        Spectra to go through.
    start, stop : int
        Which of these.
    grid : ndarray of int64, shape (ny, nx)
        Spectrum at each place; -1 for none.
    rows, columns : ndarray of int64, shape (n,)
        Place of each.
    seen : ndarray of bool, shape (k,)
        Lines that the first spectrum shows.
    learn : ndarray of bool, shape (k,)
        Lines whose place the first spectrum cannot tell.
    narrow, wide : int
        Pixels around the place that spectra beside it give; where that fails.
    expected, bright : ndarray of float64, shape (n, k)
        Where lines are, and how bright, of known spectra; those of others are added.
    known : ndarray of bool, shape (n,)
        Which are.
    state : ndarray of int64, shape (n,)
        What each is.
    score : ndarray of float64, shape (n,)
        How well its lines are met; about 1.
    jump : ndarray of float64, shape (n,)
        Pixels that the lines lie from where those beside it tell, of spectra that are looked at again and kept.
    again : bool
        Whether spectra that are known are looked at again, and kept where the others do not tell better.
    """
    pixels, lines = flux.shape[1], expected.shape[1]
    values, room, root = np.empty(pixels), np.empty(pixels), np.empty(pixels)
    peaks, strengths = np.empty(_MOST_PEAKS), np.empty(_MOST_LINES)
    near = np.empty(_NEAR, np.int64)
    at, moved, strength = np.empty(lines), np.empty(lines), np.empty(lines)
    out, light = np.empty(lines), np.empty(lines)
    radius = max(grid.shape)
    for n in range(start, stop):
        s = order[n]
        was = known[s]
        if was and not again:
            continue
        if was and state[s] == KNOWN and _agrees(expected, bright, near, grid, known, rows, columns, s, at, strength):
            continue
        noise, _ = filtered(flux[s], taps, values, room)
        peak_count = _strongest(values, _PEAK * noise, peaks) if noise > 0 else 0
        if peak_count == 0:
            state[s] = EMPTY
            known[s] = False
            continue
        for i in range(pixels):
            root[i] = math.sqrt(values[i]) if values[i] > 0 else 0.0
            if math.isnan(flux[s, i]):
                root[i] = -1.0
        found = _near(grid, known, rows[s], columns[s], s, radius, near)
        if found == 0:
            state[s] = LOST
            continue
        plane = _guess(expected, bright, near, found, rows, columns, rows[s], columns[s], at, strength)
        for k in range(lines):
            moved[k] = at[k] + plane
        gain = _brightness(peaks, peak_count, strength, moved, pixels, strengths)
        if not gain > 0:
            state[s] = LOST
            continue
        what, value = LOST, 0.0
        for turn in range(1 if was else 2):
            # beside an edge the spectra do not go on as they did
            edge = turn == 1
            what, value = _take(
                flux[s], values, noise, root, at if edge else moved, strength, seen, gain, wide if edge else narrow,
                5 if edge else 1, 2.5 if edge else 2.0, learn, out, light, not edge,
            )  # fmt: skip
            if what != LOST:
                break
        if again and was:
            # both places are good ones: that which the others tell is taken
            gap = 0.0
            for k in range(lines):
                gap += out[k] - expected[s, k]
            gap = abs(gap / lines)
            if what == LOST or gap < 0.5 or value < 0.85 * score[s]:
                jump[s] = 0.0
                for k in range(lines):
                    jump[s] += (expected[s, k] - moved[k]) / lines
                continue
        if what == LOST:
            state[s] = EMPTY if 3 * peak_count <= _count(strength) and not was else LOST
            known[s] = False
            continue
        state[s] = what
        score[s] = value
        known[s] = True
        expected[s] = out
        bright[s] = light
