"""The stretch of a spectrum on which names of lines are borne out: beyond it lines fall on listed ones by chance."""

import math

import numpy as np
import numpy.typing as npt
from numpy.polynomial import legendre

from calgui.core.algorithms.arcs.aligning import SPREAD, above, density
from calgui.core.algorithms.arcs.finding import FoundLines
from calgui.core.algorithms.arcs.fitting import LineFit, predictions
from calgui.core.algorithms.arcs.lamps import LampLines

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

#: unlisted lines, as a part of all
_UNLISTED = 0.3
#: how well names place a line, over the width of lines
_PLACE = 0.175


def borne_out(
    found: FoundLines, listed: LampLines, index: Whole, fit: LineFit, light: Floats, pixels: int
) -> tuple[Flags, float]:
    """Lines within the stretch of the spectrum for which most speaks.

    Going along the spectrum each found line adds the logarithm of its likelihood, as in `calgui.core.algorithms.arcs.
    aligning`, over that of points without order: with a listed line where those that are not near it foresee it, it is
    large; without one it is below zero. Each listed line takes away the chance that it would be seen. The stretch is
    the one of the largest sum, as in the local alignment of sequences (Smith & Waterman 1981, J. Mol. Biol. 147, 195):
    from an end inwards no sum of it is below zero.

    Parameters
    ----------
    found : FoundLines
        Of the spectrum.
    listed : LampLines
        The list, as the spectrum resolves it.
    index : ndarray of int, shape (m,)
        Of each found line in it; -1 where it has no name.
    fit : LineFit
        Through the lines with names.
    light : ndarray of float64, shape (n,)
        Natural logarithm of the flux that each listed line should have.
    pixels : int
        Of the spectrum.

    Returns
    -------
    within : ndarray of bool, shape (m,)
        Lines of the stretch.
    sum : float
        Of it: a logarithm of a likelihood ratio.
    """
    m, half = len(found), (pixels - 1) / 2
    place = _places(listed.wavelength, fit, half)
    gain = _gains(found, listed, index, fit, light, half)
    least = float(np.log(np.maximum(found.flux, 1e-300)).min()) - 0.1
    inside = (place > found.first) & (place < found.last)
    loss = -np.where(inside, above((least - light) / SPREAD), 0.0)
    at = np.r_[found.pixel, place[inside]]
    what = np.r_[gain, loss[inside]]
    order = np.argsort(at, kind="stable")
    begin, end, total = _largest(what[order])
    low, high = at[order[begin]], at[order[end]]
    reach = found.fwhm if math.isfinite(found.fwhm) else 0.0
    return (found.pixel >= low - reach) & (found.pixel <= high + reach) if total > 0 else np.zeros(m, bool), total


def _places(wavelength: Floats, fit: LineFit, half: float) -> Floats:
    """Pixels of wavelengths; NaN beyond the spectrum."""
    u = np.linspace(-1, 1, 513)
    wave = legendre.legval(u, fit.coefficients)
    order = np.argsort(wave)
    return np.asarray(np.interp(wavelength, wave[order], (u[order] + 1) * half, left=np.nan, right=np.nan), np.float64)


def _gains(found: FoundLines, listed: LampLines, index: Whole, fit: LineFit, light: Floats, half: float) -> Floats:
    """What each found line adds."""
    u = found.pixel / half - 1
    good = np.flatnonzero(index >= 0)
    design = legendre.legvander(u, fit.order)
    wave = design @ fit.coefficients
    step = np.maximum(np.abs(legendre.legval(u, legendre.legder(fit.coefficients))) / half, 1e-12)
    error = np.sqrt(np.abs(np.einsum("ia,ab,ib->i", design, fit.covariance, design))) / step
    # where the others foresee those with names
    ahead, vague = predictions(u[good], listed.wavelength[index[good]], fit.sigma, fit.used, half, fit.order)
    known = np.isfinite(ahead) & np.isfinite(vague)
    error[good] = np.where(known, vague, 2 * half)
    wave[good] = listed.wavelength[index[good]] + np.where(known, ahead, 0.0) * step[good]
    sigma = np.sqrt(np.maximum(_PLACE * found.fwhm, found.pixel_error) ** 2 + error**2)
    own = np.log(np.maximum(found.flux, 1e-300))
    apart = (listed.wavelength[None, :] - wave[:, None]) / step[:, None] / sigma[:, None]
    marks = density((own[:, None] - light[None, :]) / SPREAD) / SPREAD * max(float(np.ptp(own)), 2.0)
    ratio = np.exp(-0.5 * apart**2) / (2.5066 * sigma[:, None]) * marks / (len(found) / (2 * half))
    return np.asarray(np.log(_UNLISTED + ratio.sum(axis=1)) + 1 - _UNLISTED, np.float64)


def _largest(what: Floats) -> tuple[int, int, float]:
    """First and last place of the stretch of the largest sum, and that sum."""
    best = (0, 0, -math.inf)
    begin, total = 0, 0.0
    for place, value in enumerate(what):
        if total <= 0:
            begin, total = place, 0.0
        total += float(value)
        if total > best[2]:
            best = (begin, place, total)
    return best
