"""One image less another, or over another, with errors and data quality: each pixel is touched once.

All planes are told by their addresses, so that one compiled loop serves arrays of any kind; 0 stands for one that is
not there. Pixels lie one behind the other.
"""

import numpy as np

from calgui.core.algorithms.kernels.compiling import njit
from calgui.core.algorithms.kernels.pointers import floats_at, words_at

_HUGE = np.float32(3.4028235e38)
_ZERO, _ONE = np.float32(0), np.float32(1)
_NOTHING = np.uint32(0)
#: pixels that are copied at once: they stay in the first cache
_BLOCK = 1024

_jit = njit(nogil=True, cache=True, error_model="numpy")


@_jit
def _copied(data, err, dq, first, count, values, words):  # type: ignore[no-untyped-def]
    """Pixels in places of their own: where those of an image are written over, the compiler would go one by one."""
    ours, ours_err, ours_dq = floats_at(data), floats_at(err), words_at(dq)
    for j in range(count):
        values[0, j] = ours[first + j]
    if err != 0:
        for j in range(count):
            values[1, j] = ours_err[first + j]
    if dq != 0:
        for j in range(count):
            words[j] = ours_dq[first + j]


@_jit
def _places(data, err, dq, values, words):  # type: ignore[no-untyped-def]
    """Addresses of those places, 0 for planes that are not there."""
    at, nothing = np.uint64(values.ctypes.data), np.uint64(0)
    return (
        at,
        at + np.uint64(4 * _BLOCK) if err != 0 else nothing,
        np.uint64(words.ctypes.data) if dq != 0 else nothing,
    )


@_jit
def _on(address, pixels):  # type: ignore[no-untyped-def]
    """An address so many pixels on."""
    return address + np.uint64(4 * pixels) if address != 0 else address


@_jit
def subtract(data, err, dq, other, other_err, other_dq, first, stop, factor, fill, flag, out, out_err, out_dq):  # type: ignore[no-untyped-def]
    """Pixels of an image less ``factor`` times those of another.

    Parameters
    ----------
    data, err, dq, other, other_err, other_dq : uint64
        Addresses of float32, float32 and uint32 pixels.
    first, stop : int
        Pixels counted from those addresses.
    factor, fill : float32
        Where the other has no value, ``fill`` stands for it. An error of the other that is none counts as 0.
    flag : uint32
        Bits that such pixels get.
    out, out_err, out_dq : uint64
        Addresses of what is written, perhaps over the image itself; no error without that of the image.

    Returns
    -------
    int
        Pixels of the other without a value.
    """
    values, words = np.empty((2, _BLOCK), np.float32), np.empty(_BLOCK, np.uint32)
    ours, ours_err, ours_dq = _places(data, err, dq, values, words)
    missing = 0
    for begin in range(first, stop, _BLOCK):
        count = min(_BLOCK, stop - begin)
        _copied(data, err, dq, begin, count, values, words)
        missing += _less(
            ours, ours_err, ours_dq, _on(other, begin), _on(other_err, begin), _on(other_dq, begin), count, factor,
            fill, flag, _on(out, begin), _on(out_err, begin), _on(out_dq, begin),
        )  # fmt: skip
    return missing


@_jit
def _less(data, err, dq, other, other_err, other_dq, count, factor, fill, flag, out, out_err, out_dq):  # type: ignore[no-untyped-def]
    """The same for some pixels that are not written over."""
    ours, ours_err, ours_dq = floats_at(data), floats_at(err), words_at(dq)
    theirs, theirs_err, theirs_dq = floats_at(other), floats_at(other_err), words_at(other_dq)
    made, made_err, made_dq = floats_at(out), floats_at(out_err), words_at(out_dq)
    missing = 0
    for j in range(count):
        value = theirs[j]
        fine = abs(value) <= _HUGE
        made[j] = ours[j] - factor * (value if fine else fill)
        bits = _NOTHING if fine else flag
        missing += 0 if fine else 1
        if dq != 0:
            bits |= ours_dq[j]
        if other_dq != 0:
            bits |= theirs_dq[j]
        made_dq[j] = bits
        if err != 0:
            square = _ZERO
            if other_err != 0:
                part = factor * theirs_err[j]
                square = part * part
                square = square if square <= _HUGE else _ZERO
            made_err[j] = np.sqrt(square + ours_err[j] * ours_err[j])
    return missing


@_jit
def divide(data, err, dq, flat, flat_err, flat_dq, count, bits_of, with_flat, out, out_err, out_dq):  # type: ignore[no-untyped-def]
    """Pixels of an image over those of a flat, as JWST's ``flat_field``.

    Parameters
    ----------
    data, err, dq, flat, flat_err, flat_dq : uint64
        As for `subtract`.
    count : int
        Pixels.
    bits_of : tuple of uint32
        DO_NOT_USE, NO_FLAT_FIELD, NON_SCIENCE, REFERENCE_PIXEL.
    with_flat : bool
        Whether the error of the flat counts.
    out, out_err, out_dq : uint64
        As for `subtract`.

    Returns
    -------
    tuple of int
        Light-sensitive pixels without a flat, and light-sensitive pixels.
    """
    values, words = np.empty((2, _BLOCK), np.float32), np.empty(_BLOCK, np.uint32)
    ours, ours_err, ours_dq = _places(data, err, dq, values, words)
    without, light = 0, 0
    for begin in range(0, count, _BLOCK):
        some = min(_BLOCK, count - begin)
        _copied(data, err, dq, begin, some, values, words)
        found = _over(
            ours, ours_err, ours_dq, _on(flat, begin), _on(flat_err, begin), _on(flat_dq, begin), some, bits_of,
            with_flat, _on(out, begin), _on(out_err, begin), _on(out_dq, begin),
        )  # fmt: skip
        without, light = without + found[0], light + found[1]
    return without, light


@_jit
def _over(data, err, dq, flat, flat_err, flat_dq, count, bits_of, with_flat, out, out_err, out_dq):  # type: ignore[no-untyped-def]
    """The same for some pixels that are not written over."""
    unused_bit, no_flat, non_science, reference = bits_of
    ours, ours_err, ours_dq = floats_at(data), floats_at(err), words_at(dq)
    theirs, theirs_err, theirs_dq = floats_at(flat), floats_at(flat_err), words_at(flat_dq)
    made, made_err, made_dq = floats_at(out), floats_at(out_err), words_at(out_dq)
    without, light = 0, 0
    for j in range(count):
        value = theirs[j]
        bits = theirs_dq[j] if flat_dq != 0 else _NOTHING
        if not (value > _ZERO and value <= _HUGE) or (bits & no_flat) != 0:
            bits |= no_flat | unused_bit
        unused = (bits & unused_bit) != 0
        value = _ONE if unused else value
        if (bits & non_science) != 0:
            bits |= unused_bit
        if (bits & (non_science | reference)) == 0:
            light += 1
            without += 1 if unused else 0
        over = ours[j] / value
        made[j] = over
        if err != 0:
            part = ours_err[j] / value
            square = part * part
            if with_flat and flat_err != 0:
                error = theirs_err[j]
                if unused and not abs(error) <= _HUGE:
                    error = _ZERO
                part = over * (error / value)
                square += part * part
            made_err[j] = np.sqrt(square)
        if dq != 0:
            bits |= ours_dq[j]
            if (bits & non_science) != 0:
                bits |= unused_bit
        made_dq[j] = bits
    return without, light


@_jit
def in_cells(data, dq, nx, rows, first, stop, side, unfit, out):  # type: ignore[no-untyped-def]
    """Means of the good pixels of square cells.

    Parameters
    ----------
    data, dq : uint64
        Addresses of float32 and uint32 pixels of some rows.
    nx : int
        Columns.
    rows : tuple of int
        Of the rows the first that counts, and the one behind the last.
    first, stop : int
        The same of the columns.
    side : int
        Of a cell.
    unfit : uint32
        Bits of pixels that do not count.
    out : ndarray of float32, shape (cells of the rows, cells of a row)
        NaN where fewer than half of the pixels count.
    """
    pixels, words = floats_at(data), words_at(dq)
    columns = out.shape[1]
    total, good = np.empty(columns, np.float64), np.empty(columns, np.int64)
    for line in range(out.shape[0]):
        total[:] = 0.0
        good[:] = 0
        for y in range(line * side, (line + 1) * side):
            if y < rows[0] or y >= rows[1]:
                continue
            for cell in range(columns):
                some, count = np.float64(0), 0
                for x in range(max(first, cell * side), min(stop, (cell + 1) * side)):
                    value = pixels[y * nx + x]
                    fine = abs(value) <= _HUGE
                    if dq != 0:
                        fine = fine and (words[y * nx + x] & unfit) == 0
                    some += float(value if fine else _ZERO)
                    count += 1 if fine else 0
                total[cell] += some
                good[cell] += count
        for cell in range(columns):
            enough = 2 * good[cell] >= side * side
            out[line, cell] = np.float32(total[cell] / good[cell]) if enough else np.float32(np.nan)
