"""Whole rows of a band, straightened and fitted optimally at once: the reads never leave the processor's cache."""

import numpy as np

from calgui.core.algorithms.kernels.compiling import njit
from calgui.core.algorithms.kernels.pointers import unwritten
from calgui.core.algorithms.kernels.ramps_blocks import straighten_rows
from calgui.core.algorithms.kernels.ramps_lines import parts_of
from calgui.core.algorithms.kernels.ramps_optimal import fit_range
from calgui.core.algorithms.kernels.ramps_passes import BLOCK
from calgui.core.algorithms.kernels.ramps_response import prepare_reads

#: pixels that are worked on at once, whole rows of them: their straightened reads stay in the second cache
_AT_ONCE = 4096

_jit = njit(nogil=True, cache=True, error_model="numpy")


@_jit
def _others(planes, bits, odd, first, nx, known, reads, usable, jumps, flags):  # type: ignore[no-untyped-def]
    """Look one by one at the pixels that are not ordinary; whether a jump is known in any of them."""
    pixels = np.flatnonzero(odd)
    n = reads.shape[0]
    theirs = np.empty((n, pixels.size), np.float32)
    good, jumped = np.empty((n, pixels.size), np.bool_), np.empty((n, pixels.size), np.bool_)
    words = np.empty(pixels.size, np.uint32)
    prepare_reads(planes, bits, pixels + first, nx, known, theirs, good, jumped, words)
    some = False
    usable[:] = 1
    jumps[:] = 0
    for place in range(pixels.size):
        at = pixels[place]
        flags[at] = words[place]
        for k in range(n):
            reads[k, at] = theirs[k, place]
            usable[k, at] = good[k, place]
            jumps[k, at] = jumped[k, place]
            some |= jumped[k, place]
    return some


@_jit
def fit_rows(  # type: ignore[no-untyped-def]
    planes, bits, start, stop, nx, known, noise, overlap, detect, sigma, grouped, most, names, noise_squared,
    rate, err, used, flags, parts,
):  # fmt: skip
    """Fit whole rows of a band whose response is to be straightened.

    Parameters
    ----------
    planes, bits : ndarray of uint64
        Addresses of the reads and of their flags; no flags where it is empty.
    start, stop : int
        Rows.
    nx : int
        Pixels of a row.
    known : tuple
        As for `ramps_response.prepare_reads`; there are coefficients.
    noise : ndarray of float32, shape (1,)
        Electrons of a read.
    overlap, detect, sigma, grouped, most
        As for `ramps_optimal.fit_range`.
    names : tuple of uint32
        DO_NOT_USE and JUMP_DET.
    noise_squared : float
        Variance of a read, for ``parts``.
    rate, err : ndarray of float32, shape (pixels of the band,)
    used : ndarray of uint16
    flags : ndarray of uint32
        Filled at the places of these rows.
    parts : ndarray of float32, shape (3, pixels of the band) or (3, 0)
        As for `ramps_lines.parts_of`; filled where there is room.
    """
    n = planes.size
    seconds, spread = known[3], known[4]
    unusable, jump = names
    rows = max(1, _AT_ONCE // nx)
    # a few pixels are fitted as they are among others, in a block that they fill by repeating
    room = max(rows * nx, BLOCK)
    reads, odd = np.empty((n, room), np.float32), np.empty(room, np.bool_)
    good, jumps = np.ones((n, room), np.uint8), np.zeros((n, room), np.uint8)
    found = np.zeros((n, room), np.bool_)
    chi2, dof, many = np.empty(room, np.float32), np.empty(room, np.int16), np.empty(room, np.int16)
    value, error = np.empty(room, np.float32), np.empty(room, np.float32)
    nothing = np.empty((0, 0), np.uint8)
    for top in range(start, stop, rows):
        bottom = min(top + rows, stop)
        first, size = top * nx, (bottom - top) * nx
        words = flags[first : first + size]
        usable, breaks = nothing, nothing
        if straighten_rows(planes, bits, top, bottom, nx, known, reads, words, odd[:size]):
            usable = good
            if _others(planes, bits, odd[:size], first, nx, known, reads, good, jumps, words):
                breaks = jumps
        wide = max(size, BLOCK)
        for j in range(size, wide):
            for k in range(n):
                reads[k, j] = reads[k, j % size]
                good[k, j], jumps[k, j] = good[k, j % size], jumps[k, j % size]
        found[:] = False
        fit_range(
            unwritten(reads), unwritten(usable), unwritten(breaks), unwritten(seconds), overlap, unwritten(noise),
            np.int64(0), wide, detect, sigma, grouped, most, value, error, chi2, dof, many, found,
        )  # fmt: skip
        seen = np.zeros(size, np.bool_)
        for k in range(n):
            row = found[k]
            for j in range(size):
                seen[j] |= row[j]
        for j in range(size):
            lost = not np.isfinite(value[j])
            rate[first + j], err[first + j] = value[j], error[j]
            used[first + j] = 0 if lost else many[j]
            words[j] |= (jump if seen[j] else np.uint32(0)) | (unusable if lost else np.uint32(0))
        if parts.size:
            if usable.size == 0:
                good[:] = 1
            if breaks.size:
                found |= jumps != 0
            parts_of(good != 0, found, np.arange(size) + first, seconds, spread, noise_squared, parts)
