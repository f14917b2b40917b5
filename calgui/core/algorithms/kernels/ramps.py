"""Straight lines through the reads of a ramp.

Reads are given by the addresses of their pixels, as they come from a band of a file. Where every read of a pixel can
be used as it is, the rate is a weighted sum of the reads with weights that all pixels share: that is done here, in
blocks, with vector instructions. Where the detector's response has to be straightened, `ramps_blocks` does that and
the sum, with the same weights. Other pixels are looked at one by one in double precision, by `ramps_response` and
`ramps_lines`.
"""

import numpy as np

from calgui.core.algorithms.kernels.compiling import njit
from calgui.core.algorithms.kernels.pointers import floats_at, words_at
from calgui.core.algorithms.kernels.ramps_blocks import straight_sums, straighten_rows
from calgui.core.algorithms.kernels.ramps_lines import CDS, MCDS, UTR, fit_pixels, longest_run, parts_of
from calgui.core.algorithms.kernels.ramps_response import (
    EXTRAPOLATE,
    FIGURES,
    FROM_X,
    FULL_WELL,
    KNOWN_ZERO,
    TO_X,
    X_MOST,
    prepare_reads,
)
from calgui.core.algorithms.kernels.ramps_rows import fit_rows

__all__ = [
    "CDS",
    "EXTRAPOLATE",
    "FIGURES",
    "FROM_X",
    "FULL_WELL",
    "KNOWN_ZERO",
    "MCDS",
    "TO_X",
    "UTR",
    "X_MOST",
    "find_special",
    "fit_pixels",
    "fit_rows",
    "longest_run",
    "parts_of",
    "prepare_reads",
    "straight_sums",
    "straighten_rows",
    "weighted_sums",
]

#: pixels of a block, which stay in the first cache
BLOCK = 1024
#: pixels that are summed at a time, whole rows of them
SUMMED = 8192

_HUGE = np.float32(3.4028235e38)

_jit = njit(nogil=True, cache=True, error_model="numpy")


@_jit
def weighted_sums(planes, weights, start, stop, nx, column_shift, row_shift, variance, rate, err, special):  # type: ignore[no-untyped-def]
    """Rates and errors of whole rows of a band: sum of w_k times read k, less what the reference pixels drifted.

    ``variance`` has two parts: the first plus the second times the rate, where that is positive, is the variance.
    Pixels whose rate is not finite are marked in ``special``; gives their number.
    """
    n = planes.size
    zero = np.float32(0)
    part, share = np.float32(variance[0]), np.float32(variance[1])
    found = np.int64(0)
    step = max(1, SUMMED // nx)
    for top in range(start, stop, step):
        bottom = min(top + step, stop)
        width = (bottom - top) * nx
        begin = np.uint64(4 * top * nx)
        out = rate[top * nx : bottom * nx]
        p0, p1 = floats_at(planes[0] + begin), floats_at(planes[1] + begin)
        w0, w1 = weights[0], weights[1]
        for j in range(width):
            out[j] = w0 * p0[j] + w1 * p1[j]
        k = 2
        while k + 7 <= n:
            # seven planes at once: what is summed is read and written less often
            p0, p1 = floats_at(planes[k] + begin), floats_at(planes[k + 1] + begin)
            p2, p3 = floats_at(planes[k + 2] + begin), floats_at(planes[k + 3] + begin)
            p4, p5 = floats_at(planes[k + 4] + begin), floats_at(planes[k + 5] + begin)
            p6 = floats_at(planes[k + 6] + begin)
            w0, w1, w2, w3 = weights[k], weights[k + 1], weights[k + 2], weights[k + 3]
            w4, w5, w6 = weights[k + 4], weights[k + 5], weights[k + 6]
            for j in range(width):
                out[j] += ((w0 * p0[j] + w1 * p1[j]) + (w2 * p2[j] + w3 * p3[j])) + (
                    (w4 * p4[j] + w5 * p5[j]) + w6 * p6[j]
                )
            k += 7
        while k + 2 <= n:
            p0, p1 = floats_at(planes[k] + begin), floats_at(planes[k + 1] + begin)
            w0, w1 = weights[k], weights[k + 1]
            for j in range(width):
                out[j] += w0 * p0[j] + w1 * p1[j]
            k += 2
        if k < n:
            p0 = floats_at(planes[k] + begin)
            w0 = weights[k]
            for j in range(width):
                out[j] += w0 * p0[j]
        for row in range(top, bottom):
            shift = row_shift[row]
            line = rate[row * nx : (row + 1) * nx]
            sigma = err[row * nx : (row + 1) * nx]
            odd = np.int32(0)
            for j in range(nx):
                value = line[j] - column_shift[j] - shift
                line[j] = value
                sigma[j] = np.sqrt(part + share * (value if value > zero else zero))
                odd += np.int32(not (abs(value) <= _HUGE))
            if odd:
                found += odd
                for j in range(nx):
                    special[row * nx + j] = not (abs(line[j]) <= _HUGE)
    return found


@_jit
def find_special(planes, bits, start, stop, nx, gain, limit, lead, zeros, reject, keep, rate, flags, special):  # type: ignore[no-untyped-def]
    """Which pixels of whole rows cannot be taken as they are: not finite, flagged, or perhaps near the full well.

    Not needed where there are neither flags nor a full well.

    ``limit`` (electrons, infinite for none) is compared with the highest read above the level at time zero, the first
    read less ``lead`` times the step to the second; and above ``zeros`` where that is known. ``flags`` gets the bits
    that all reads have, and those of ``keep`` that any has. Gives the number of such pixels.
    """
    n = planes.size
    found = np.int64(0)
    high = np.empty(BLOCK, np.float32)
    common = np.empty(BLOCK, np.uint32)
    seen = np.empty(BLOCK, np.uint32)
    look = limit < np.inf
    for row in range(start, stop):
        for left in range(0, nx, BLOCK):
            width = min(BLOCK, nx - left)
            begin = np.uint64(4 * (row * nx + left))
            at = row * nx + left
            for j in range(width):
                common[j] = np.uint32(0)
                seen[j] = np.uint32(0)
            if bits.size:
                for j in range(width):
                    common[j] = np.uint32(0xFFFFFFFF)
                for k in range(n):
                    words = words_at(bits[k] + begin)
                    for j in range(width):
                        common[j] &= words[j]
                        seen[j] |= words[j]
            if look:
                first, second = floats_at(planes[0] + begin), floats_at(planes[1] + begin)
                for j in range(width):
                    high[j] = first[j]
                for k in range(1, n):
                    pixels = floats_at(planes[k] + begin)
                    for j in range(width):
                        high[j] = pixels[j] if pixels[j] > high[j] else high[j]
                for j in range(width):
                    step = second[j] - first[j]
                    zero = first[j] - lead * (step if step > 0 else np.float32(0))
                    near = ((high[j] - zero) * gain >= limit) | ((high[j] - zeros[left + j]) * gain >= limit)
                    seen[j] |= np.uint32(reject) if near else np.uint32(0)
            for j in range(width):
                flags[at + j] = common[j] | (seen[j] & keep)
                odd = ((seen[j] & reject) != 0) | (not (abs(rate[at + j]) <= _HUGE))
                special[at + j] = odd
                found += np.int64(odd)
    return found
