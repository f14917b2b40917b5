"""Spectra brought to other steps of wavelength by the overlap of their pixels, so that what they hold is kept."""

import math

import numpy as np

from calgui.core.algorithms.kernels.compiling import njit

_jit = njit(nogil=True, cache=True, error_model="numpy")

#: a cell of which bad pixels leave less than this is not filled
_HALF = 0.5


@_jit
def _edges(wavelength, out):  # type: ignore[no-untyped-def]
    """Edges of pixels in the middle between them; False where wavelengths do not rise."""
    n = wavelength.size
    for i in range(1, n):
        if not wavelength[i] > wavelength[i - 1]:
            return False
        out[i] = 0.5 * (wavelength[i] + wavelength[i - 1])
    out[0] = wavelength[0] - (out[1] - wavelength[0])
    out[n] = wavelength[n - 1] + (wavelength[n - 1] - out[n - 1])
    return True


@_jit
def rebin(  # type: ignore[no-untyped-def]
    wavelength, flux, spread, bits, bad_bits, end_bit, gap_bit, no_data, density, first, step, start, stop, data, error,
    quality, correlation, sums,
):  # fmt: skip
    """Bring spectra to a common linear grid.

    Parameters
    ----------
    wavelength : ndarray of float64, shape (n, pixels)
        Of the middle of each pixel, rising; NaN of a spectrum without.
    flux : ndarray of float32, shape (n, pixels)
        What each pixel holds; NaN where there is nothing.
    spread : ndarray of float32, shape (n, pixels), or (0, 0)
        One standard deviation.
    bits : ndarray of uint32, shape (n, pixels), or (0, 0)
        Data quality.
    bad_bits, end_bit, gap_bit, no_data : uint32
        Bits of pixels that do not count; bits for cells that a spectrum reaches in part, that lack bad pixels, and
        that have no value.
    density : bool
        Whether values are per wavelength, rather than what a pixel holds.
    first, step : float
        Lower edge of the first cell, and the width of all.
    start, stop : int
        Which spectra.
    data, error, correlation : ndarray of float32, shape (n, cells)
        Values, errors, and how each is correlated with the next: results.
    quality : ndarray of uint32, shape (n, cells)
        Result.
    sums : ndarray of float64, shape (n, 4)
        Of each spectrum: what it holds before and after, the variance of the sum of its cells, and the sum of their
        variances: results, over good pixels that lie on the grid.
    """
    pixels, cells = wavelength.shape[1], data.shape[1]
    edges = np.empty(pixels + 1)
    total, variance, beside = np.empty(cells), np.empty(cells), np.empty(cells)
    good, whole = np.empty(cells), np.empty(cells)
    for s in range(start, stop):
        data[s] = np.nan
        error[s] = np.nan
        correlation[s] = np.nan
        quality[s] = no_data
        sums[s] = 0.0
        if not _edges(wavelength[s], edges):
            continue
        total[:] = 0.0
        variance[:] = 0.0
        beside[:] = 0.0
        good[:] = 0.0
        whole[:] = 0.0
        for c in range(cells):
            quality[s, c] = 0
        for i in range(pixels):
            low, high = (edges[i] - first) / step, (edges[i + 1] - first) / step
            begin, end = max(0, math.floor(low)), min(cells - 1, math.floor(high))
            if end < begin:
                continue
            width = high - low
            value = np.float64(flux[s, i])
            fine = math.isfinite(value)
            mark = np.uint32(0)
            if bits.size:
                mark = bits[s, i]
                fine = fine and (mark & bad_bits) == 0
            sigma2 = 0.0
            if spread.size:
                sigma2 = np.float64(spread[s, i]) ** 2
            before = 0.0
            for c in range(begin, end + 1):
                overlap = min(high, c + 1.0) - max(low, float(c))
                if not overlap > 0:
                    before = 0.0
                    continue
                whole[c] += overlap
                quality[s, c] |= mark & ~bad_bits
                if not fine:
                    quality[s, c] |= gap_bit
                    continue
                good[c] += overlap
                # of a density the share of the cell, of a content that of the pixel
                share = overlap if density else overlap / width
                total[c] += share * value
                variance[c] += share * share * sigma2
                if c > begin:
                    beside[c - 1] += before * share * sigma2
                before = share
                sums[s, 0] += share * value
        for c in range(cells):
            if whole[c] < 1e-9:
                quality[s, c] = no_data
                continue
            if good[c] < _HALF * whole[c]:
                quality[s, c] |= no_data
                continue
            if whole[c] < 1.0 - 1e-6:
                quality[s, c] |= end_bit
            # what bad pixels would have held is taken as that of the others; the ends of a spectrum hold what they hold
            factor = 1.0 / good[c] if density else whole[c] / good[c]
            data[s, c] = factor * total[c]
            error[s, c] = factor * math.sqrt(variance[c]) if spread.size else np.nan
            sums[s, 1] += total[c]
            sums[s, 2] += variance[c]
            sums[s, 3] += variance[c]
            if c + 1 < cells:
                sums[s, 2] += 2.0 * beside[c]
                if variance[c] > 0 and variance[c + 1] > 0 and good[c + 1] >= _HALF * whole[c + 1]:
                    correlation[s, c] = beside[c] / math.sqrt(variance[c] * variance[c + 1])
