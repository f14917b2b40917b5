"""Steps along the ramps of a block of pixels, in single precision, for the optimal fit.

Every step is a loop over the pixels of a block without branches, which the compiler turns into vector instructions. A
block is fitted by passes forward and one back, as Brandt (2024, PASP 136, 045004 and 045005) has it for one pixel.
"""

import numpy as np

from calgui.core.algorithms.kernels.compiling import njit

#: pixels of a block
BLOCK = 128

# What belongs to a block lies in one array, and what belongs to its reads in another, at distances that the compiler
# knows: it need not guard against overlap. For each read: the inverse of D, both solutions of L, the difference.
RATE, _PHOTON, NOISE, _A, _B, _C, _SHIFT, _SUSPECT = (row * BLOCK for row in range(8))
_X, _U, _G, _INV, _Y, _Z = (row * BLOCK for row in range(8, 14))
ROWS = 14 * BLOCK
_INVS, _YS, _ZS, DS = (row * BLOCK for row in range(4))
READ = 4 * BLOCK
#: the compiler must see that no index is negative, or it guards every one of them
_POSITIVE = 0x7FFFFFFFFFFF
#: reads in one loop over the pixels, so that their sums stay in registers
_STRIDE = 3

#: mark of a pixel that has all reads but is fitted alone
ALONE = 2

HUGE = np.float32(3.4028235e38)
_ZERO, _ONE, _TWO = np.float32(0), np.float32(1), np.float32(2)

_jit = njit(nogil=True, cache=True, error_model="numpy")
_pass = njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract"})


@_pass
def mark(good, start, order, complete):  # type: ignore[no-untyped-def]
    """Which reads some pixel of a block has, in ``order``; which pixels have all of those, in ``complete``."""
    start &= _POSITIVE
    count = 0
    complete[:] = 1
    for i in range(good.shape[0]):
        some = np.uint8(0)
        for j in range(BLOCK):
            some |= good[i, start + j]
        if some:
            for j in range(BLOCK):
                complete[j] &= np.uint8(good[i, start + j] != 0)
            order[count] = i
            count += 1
    return count


@_pass
def leave(known, start, complete):  # type: ignore[no-untyped-def]
    """Pixels with a known jump are not complete."""
    start &= _POSITIVE
    for i in range(known.shape[0]):
        for j in range(BLOCK):
            complete[j] &= np.uint8(known[i, start + j] == 0)


@_pass
def subtract(reads, start, order, n, plain, block, along):  # type: ignore[no-untyped-def]
    """Differences of the reads, and the rate by plain least squares, where the rounds begin."""
    start &= _POSITIVE
    for j in range(BLOCK):
        block[RATE + j] = _ZERO
    for i in range(n):
        later = order[i + 1]
        earlier = order[i]
        weight = plain[i]
        base = ((i + 1) * READ + DS) & _POSITIVE
        for j in range(BLOCK):
            d = reads[later, start + j] - reads[earlier, start + j]
            along[base + j] = d
            block[RATE + j] += weight * d


@_jit
def intervals(seconds, order, n, dt, plain):  # type: ignore[no-untyped-def]
    """Times between the reads, and the weights of their differences in a fit by plain least squares."""
    mean = 0.0
    for i in range(n + 1):
        mean += seconds[order[i]] / (n + 1)
    square = 0.0
    for i in range(n + 1):
        square += (seconds[order[i]] - mean) ** 2
    above = 0.0
    for i in range(n - 1, -1, -1):
        above += (seconds[order[i + 1]] - mean) / square
        plain[i] = above
        dt[i] = seconds[order[i + 1]] - seconds[order[i]]


@_pass
def _next(noise, k, photon, rate, inner, time, d, inv, y, z):  # type: ignore[no-untyped-def]
    """One step of ``L D L^T``: the inverse of D, and the solutions of L with the times and the differences."""
    q = k * inv
    return _ONE / (_TWO * noise + inner * photon - q * k), time + q * y, d - rate * time + q * z


@_pass
def _begin(block):  # type: ignore[no-untyped-def]
    for j in range(BLOCK):
        block[_PHOTON + j] = max(block[RATE + j], _ZERO)
        block[_SUSPECT + j] = _ZERO
        block[_A + j] = _ZERO
        block[_B + j] = _ZERO
        block[_C + j] = _ZERO
        block[_INV + j] = _ZERO
        block[_Y + j] = _ZERO
        block[_Z + j] = _ZERO


@_pass
def _end(block):  # type: ignore[no-untyped-def]
    for j in range(BLOCK):
        block[_SHIFT + j] = block[_B + j] / block[_A + j]
        block[RATE + j] += block[_SHIFT + j]


@_pass
def better(dt, n, overlap, block, along):  # type: ignore[no-untyped-def]
    """A round that improves the rate: the way along the ramp, of which only the sums are kept (see `ramps_jumps`)."""
    _begin(block)
    many = n - n % _STRIDE
    for i in range(0, many, _STRIDE):
        t0, t1, t2 = dt[i], dt[i + 1], dt[i + 2]
        s0, s1, s2 = t0 - _TWO * overlap, t1 - _TWO * overlap, t2 - _TWO * overlap
        base = ((i + 1) * READ + DS) & _POSITIVE
        for j in range(BLOCK):
            noise, photon, rate = block[NOISE + j], block[_PHOTON + j], block[RATE + j]
            k = noise - overlap * photon
            inv, y, z = block[_INV + j], block[_Y + j], block[_Z + j]
            inv, y, z = _next(noise, k, photon, rate, s0, t0, along[base + j], inv, y, z)
            a = y * y * inv
            b = y * z * inv
            inv, y, z = _next(noise, k, photon, rate, s1, t1, along[base + READ + j], inv, y, z)
            a += y * y * inv
            b += y * z * inv
            inv, y, z = _next(noise, k, photon, rate, s2, t2, along[base + 2 * READ + j], inv, y, z)
            block[_A + j] += a + y * y * inv
            block[_B + j] += b + y * z * inv
            block[_INV + j] = inv
            block[_Y + j] = y
            block[_Z + j] = z
    for i in range(many, n):
        t0 = dt[i]
        s0 = t0 - _TWO * overlap
        base = ((i + 1) * READ + DS) & _POSITIVE
        for j in range(BLOCK):
            noise, photon, rate = block[NOISE + j], block[_PHOTON + j], block[RATE + j]
            k = noise - overlap * photon
            inv, y, z = block[_INV + j], block[_Y + j], block[_Z + j]
            inv, y, z = _next(noise, k, photon, rate, s0, t0, along[base + j], inv, y, z)
            block[_A + j] += y * y * inv
            block[_B + j] += y * z * inv
            block[_INV + j] = inv
            block[_Y + j] = y
            block[_Z + j] = z
    _end(block)


@_pass
def last(dt, n, overlap, block, along):  # type: ignore[no-untyped-def]
    """The last round, of which everything is kept: for chi², and for the way back."""
    _begin(block)
    for i in range(n):
        time = dt[i]
        inner = time - _TWO * overlap
        base = ((i + 1) * READ) & _POSITIVE
        for j in range(BLOCK):
            at = base + j
            noise, photon, rate = block[NOISE + j], block[_PHOTON + j], block[RATE + j]
            inv, y, z = _next(
                noise, noise - overlap * photon, photon, rate, inner, time, along[at + DS],
                block[_INV + j], block[_Y + j], block[_Z + j],
            )  # fmt: skip
            along[at + _INVS] = inv
            along[at + _YS] = y
            along[at + _ZS] = z
            block[_INV + j] = inv
            block[_Y + j] = y
            block[_Z + j] = z
            block[_A + j] += y * y * inv
            block[_B + j] += y * z * inv
            block[_C + j] += z * z * inv
    _end(block)


@_pass
def backward(dt, n, overlap, cut, block, along):  # type: ignore[no-untyped-def]
    """The way back: does chi² fall suspiciously without some difference?

    The photon noise of the suspect's own electrons is taken off before it is judged. What pairs need is left in
    ``along``: ``C^-1`` times the residual, its variance, and its covariance with the next.
    """
    for j in range(BLOCK):
        block[_SUSPECT + j] = _ZERO
        block[_X + j] = _ZERO
        block[_U + j] = _ZERO
        block[_G + j] = _ZERO
        block[_INV + j] = _ONE / block[_A + j]
    for i in range(n, 0, -1):
        inner = dt[i - 1] - _TWO * overlap
        base = (i * READ) & _POSITIVE
        for j in range(BLOCK):
            at = base + j
            noise, photon, rate = block[NOISE + j], block[_PHOTON + j], block[RATE + j]
            inv = along[at + _INVS]
            u_next = block[_U + j]
            q = (noise - overlap * photon) * inv
            x = inv * along[at + _ZS] + q * block[_X + j]
            u = inv * along[at + _YS] + q * u_next
            part = u * block[_INV + j]
            cross = q * block[_G + j]
            g = inv + q * cross
            v = x - block[_SHIFT + j] * u
            p = g - u * part
            # all times p: less is the noise without the electrons that the suspect adds to the rate
            less = _TWO * noise * p + inner * max(rate * p - abs(part * v), _ZERO)
            worse = v * v * (_TWO * noise + inner * photon) - cut * less
            block[_SUSPECT + j] = max(block[_SUSPECT + j], worse)
            along[at + _INVS] = v
            along[at + _YS] = p
            along[at + _ZS] = cross - u_next * part
            block[_X + j] = x
            block[_U + j] = u
            block[_G + j] = g


@_pass
def pairs(n, cut, block, along):  # type: ignore[no-untyped-def]
    """Does chi² fall suspiciously without two neighbours?"""
    for i in range(1, n):
        base = (i * READ) & _POSITIVE
        for j in range(BLOCK):
            at = base + j
            v = along[at + _INVS]
            p = along[at + _YS]
            cross = along[at + _ZS]
            v1 = along[at + READ + _INVS]
            p1 = along[at + READ + _YS]
            fall = v * v * p1 - _TWO * v * v1 * cross + v1 * v1 * p
            block[_SUSPECT + j] = max(block[_SUSPECT + j], fall - cut * (p * p1 - cross * cross))


@_pass
def square(noise, start, width, block):  # type: ignore[no-untyped-def]
    start &= _POSITIVE
    for j in range(width):
        block[NOISE + j] = noise[start + j] * noise[start + j]


@_pass
def store(start, count, block, complete, rate, error, chi2, dof, used):  # type: ignore[no-untyped-def]
    """Results of a block; pixels that are to be fitted alone are marked in ``complete``; whether there are any."""
    start &= _POSITIVE
    for j in range(BLOCK):
        rate[start + j] = block[RATE + j]
        error[start + j] = np.sqrt(_ONE / block[_A + j])
        # not finite where a read, or the noise, is not
        square = block[_C + j] - block[_B + j] * block[_SHIFT + j]
        chi2[start + j] = max(square, _ZERO)
        block[_C + j] = square
    for j in range(BLOCK):
        dof[start + j] = count - 2
        used[start + j] = count
    some = np.uint8(1)
    for j in range(BLOCK):
        fine = (block[_SUSPECT + j] <= _ZERO) & (block[_C + j] <= HUGE) & (block[NOISE + j] > _ZERO)
        again = (block[_C + j] <= HUGE) & (block[NOISE + j] > _ZERO)
        complete[j] *= np.uint8(1 if fine else (ALONE if again else 0))
        some &= np.uint8(complete[j] == 1)
    return some == 0
