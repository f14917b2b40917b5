"""Coefficients of a spectrum from those of the spectra around it."""

import numpy as np

from calgui.core.algorithms.arcs.field.values import Floats, Place, Whole

#: spectra around one that are looked at, and rounds in which those far off count less and less
_AROUND, _ROUNDS = 24, 5
#: weight of the ties that keep a plane flat where spectra around do not say
_TIE = 1e-3


def from_around(wanted: Whole, known: Whole, place: Place | None, coefficients: Floats) -> Floats:
    """A plane through the coefficients of the nearest spectra, robust against those far off.

    Parameters
    ----------
    wanted : ndarray of int, shape (m,)
        Spectra without.
    known : ndarray of int
        Spectra with coefficients; at least one.
    place : tuple of two ndarray of int, or None
        Row and column of all spectra; in one row where there is no field.
    coefficients : ndarray of float64, shape (n, terms)
        Of all.

    Returns
    -------
    ndarray of float64, shape (m, terms)
    """
    from scipy.spatial import cKDTree

    if place is None:
        points = np.column_stack([np.zeros(len(coefficients)), np.arange(len(coefficients), dtype=np.float64)])
    else:
        points = np.column_stack([np.asarray(part, np.float64) for part in place])
    count = min(_AROUND, len(known))
    _, index = cKDTree(points[known]).query(points[wanted], list(range(1, count + 1)))
    near = known[index]
    apart = points[near] - points[wanted][:, None]
    design = np.concatenate([np.ones((*apart.shape[:2], 1)), apart], axis=2)
    values = coefficients[near]
    weight = np.broadcast_to(1 / (1 + np.sum(apart**2, axis=2))[..., None], values.shape).copy()
    start = weight
    middle = np.zeros((len(wanted), values.shape[2]))
    for _ in range(_ROUNDS):
        matrix = np.einsum("mja,mjb,mjt->mtab", design, design, weight)
        right = np.einsum("mja,mjt,mjt->mta", design, values, weight)
        total = weight.sum(axis=1)
        matrix[..., 1, 1] += _TIE * total
        matrix[..., 2, 2] += _TIE * total
        plane = np.linalg.solve(matrix, right[..., None])[..., 0]
        middle = plane[..., 0]
        off = np.abs(values - np.einsum("mja,mta->mjt", design, plane))
        scale = 1.4826 * np.median(off, axis=1)[:, None]
        weight = start / (1 + (off / np.maximum(2.5 * scale, 1e-12)) ** 2) ** 2
    return np.asarray(middle, np.float64)
