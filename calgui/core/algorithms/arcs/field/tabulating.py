"""The lines of all spectra as one flat table."""

import numpy as np

from calgui.core.algorithms.arcs.field.values import ASTRAY, FAINT, OUTSIDE, Bytes, Floats, Whole
from calgui.core.algorithms.spectrummarks import LINE_STATES, LinesOfSpectra

REJECTED, UNIDENTIFIED, MISSING = (LINE_STATES.index(name) for name in ("rejected", "unidentified", "missing"))


def tabulate(
    pixel: Floats, error: Floats, light: Floats, flag: Bytes, expected: Floats, wavelength: Floats, columns: Whole,
    where: Floats, others: Floats, found: Whole,
) -> tuple[LinesOfSpectra, Whole]:  # fmt: skip
    """Put measured lines, missing ones and peaks of no line into one table.

    Parameters
    ----------
    pixel, error, light, expected : ndarray of float64, shape (n, k)
        As of `calgui.core.algorithms.arcs.field.values.FieldMeasured`.
    flag : ndarray of uint8, shape (n, k)
        See there.
    wavelength : ndarray of float64, shape (k,)
        In nm.
    columns : ndarray of int, shape (k,)
        Lines of the list.
    where, others : ndarray of float64, shape (n, m)
        Pixels and fluxes of peaks of no line.
    found : ndarray of int, shape (n,)
        How many of these.

    Returns
    -------
    table : LinesOfSpectra
        By increasing spectrum and pixel.
    cell : ndarray of int64
        Of each row spectrum times k plus line; -1 of a peak.
    """
    lines = pixel.shape[1]
    listed = np.isfinite(expected) & (flag != OUTSIDE)
    cell = np.flatnonzero(listed)
    measured = np.isfinite(pixel.ravel()[cell]) & ~np.isin(flag.ravel()[cell], (FAINT, ASTRAY))
    peak = np.arange(where.shape[1])[None] < found[:, None]
    spectrum = np.concatenate([cell // max(lines, 1), np.nonzero(peak)[0]])
    at = np.concatenate([np.where(measured, pixel.ravel()[cell], expected.ravel()[cell]), where[peak]])
    order = np.lexsort((at, spectrum))
    none = np.full(np.count_nonzero(peak), np.nan)
    line = cell % max(lines, 1)
    states = np.where(measured, REJECTED, MISSING)
    table = LinesOfSpectra(
        spectrum[order],
        at[order],
        np.concatenate([np.where(measured, error.ravel()[cell], np.nan), none])[order],
        np.concatenate([wavelength[line], none])[order],
        np.full(len(order), np.nan),
        np.concatenate([np.where(measured, light.ravel()[cell], np.nan), others[peak]])[order],
        np.concatenate([states, np.full(len(none), UNIDENTIFIED)])[order].astype(np.int64),
        np.concatenate([columns[line], np.full(len(none), -1)])[order].astype(np.int64),
    )
    return table, np.concatenate([cell, np.full(len(none), -1)])[order].astype(np.int64)
