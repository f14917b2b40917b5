"""Sorting networks: lists of compare-and-swap steps that sort n values without a branch.

A step ``(a, b, kind)`` puts the smaller of the values at ``a`` and ``b`` into ``a`` and the larger into ``b``;
with ``kind`` `MINIMUM` or `MAXIMUM` only one of the two is written, because nothing reads the other.

Source: K. E. Batcher, "Sorting networks and their applications", AFIPS Spring Joint Computer Conference 32 (1968).
"""

from collections.abc import Iterable
from functools import cache

import numpy as np
import numpy.typing as npt

Network = npt.NDArray[np.int32]

BOTH, MINIMUM, MAXIMUM = 0, 1, 2


@cache
def sorting_network(n: int) -> Network:
    """Steps that sort n values in ascending order.

    Parameters
    ----------
    n : int
        Number of values.

    Returns
    -------
    ndarray of int32, shape (steps, 3)
        To be used in order; read-only.
    """
    return _frozen((a, b, BOTH) for a, b in _odd_even_merge_sort(n))


@cache
def central_network(n: int) -> Network:
    """Steps after which the values at `central` are those of the sorted list; the others are not sorted.

    Parameters
    ----------
    n : int
        Number of values.

    Returns
    -------
    ndarray of int32, shape (steps, 3)
        To be used in order; read-only.
    """
    return selecting_network(n, central(n))


@cache
def median_network(n: int) -> Network:
    """Steps that bring the median of n values in place, and for even n the two values around it.

    Parameters
    ----------
    n : int
        Number of values.

    Returns
    -------
    ndarray of int32, shape (steps, 3)
        To be used in order; read-only.
    """
    return selecting_network(n, (n // 2,) if n % 2 else central(n))


def central(n: int) -> tuple[int, int]:
    """Positions of the two values between which, or at one of which, the median lies.

    Parameters
    ----------
    n : int
        Number of values.

    Returns
    -------
    tuple of int
        For odd n the median is at the second of them.
    """
    return max(n // 2 - 1, 0), n // 2


def selecting_network(n: int, outputs: Iterable[int]) -> Network:
    """The sorting network without the steps that the wanted outputs do not depend on.

    Parameters
    ----------
    n : int
        Number of values.
    outputs : iterable of int
        Positions that must hold what the sorted list has there.

    Returns
    -------
    ndarray of int32, shape (steps, 3)
        To be used in order; read-only.
    """
    needed = set(outputs)
    kept = []
    for a, b in reversed(list(_odd_even_merge_sort(n))):
        if a not in needed and b not in needed:
            continue
        kind = BOTH if a in needed and b in needed else MINIMUM if a in needed else MAXIMUM
        kept.append((a, b, kind))
        needed |= {a, b}
    return _frozen(reversed(kept))


def _odd_even_merge_sort(n: int) -> Iterable[tuple[int, int]]:
    """Batcher's network for the next power of two, without steps that would touch values beyond n (all infinite)."""
    p = 1
    while p < n:
        k = p
        while k >= 1:
            for j in range(k % p, n - k, 2 * k):
                for i in range(min(k, n - j - k)):
                    if (i + j) // (2 * p) == (i + j + k) // (2 * p):
                        yield i + j, i + j + k
            k //= 2
        p *= 2


def _frozen(steps: Iterable[tuple[int, int, int]]) -> Network:
    network = np.array(list(steps), np.int32).reshape(-1, 3)
    network.flags.writeable = False
    return network
