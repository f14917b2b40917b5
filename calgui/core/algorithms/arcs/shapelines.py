"""Lines of one spectrum that tell the shape of all."""

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.arcs.gaussians import FWHM, Fitted
from calgui.core.algorithms.arcs.shape import LineShape
from calgui.core.algorithms.arcs.shapefitting import Lines, measure_shape

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

#: what a line stands above its noise, in sigma, to tell
_TELLS = 25.0
#: its pixels and the gap to others, in widths; pixels nearer to another are left out; pixels that it takes
_WINDOW, _GAP, _BESIDE, _SEEN = 2.2, 3.5, 1.6, 7


def shape_of(
    values: Floats,
    variance: Floats,
    fitted: Fitted,
    single: Flags,
    width: Floats,
    fwhm: float,
    first: int,
    last: int,
    unsure: bool,
) -> LineShape:
    """Measure the shape of the lines of one spectrum.

    Parameters
    ----------
    values, variance : ndarray of float64, shape (n,)
        Of the spectrum.
    fitted : Fitted
        Its lines, by fits of Gaussians.
    single : ndarray of bool, shape (m,)
        Those that nothing is wrong with.
    width : ndarray of float64, shape (m,)
        Full width at half maximum at each.
    fwhm : float
        The same in the middle.
    first, last : int
        Pixels between which there is a spectrum.
    unsure : bool
        Whether errors of the fits grew with what they leave.

    Returns
    -------
    LineShape
        Of lines that are bright, and no others near to them; a Gaussian where they do not tell it.
    """
    half = int(np.ceil(_WINDOW * fwhm)) + 1
    # errors that grew with what a Gaussian leaves would speak against those that tell most
    noise_of_flux = (
        fitted.flux_error / np.sqrt(np.maximum(np.nan_to_num(fitted.chi2, nan=1.0), 1.0))
        if unsure
        else fitted.flux_error
    )
    rank = np.argsort(fitted.pixel)
    gaps = np.full(len(rank), np.inf)
    apart = np.diff(fitted.pixel[rank])
    gaps[rank] = np.minimum(np.r_[np.inf, apart], np.r_[apart, np.inf])
    chosen = single & (gaps > _GAP * fwhm) & (fitted.flux > _TELLS * noise_of_flux)
    chosen &= (fitted.pixel > first + half + 1) & (fitted.pixel < last - half - 1)
    lines = np.flatnonzero(chosen)
    near = np.rint(fitted.pixel[lines]).astype(np.int64)[:, None] + np.arange(-half, half + 1)
    value, noise = values[near], variance[near]
    usable = np.isfinite(value) & np.isfinite(noise) & (noise > 0)
    others = np.abs(near[:, :, None] - fitted.pixel[None, None, :]) < _BESIDE * fwhm
    others[np.arange(len(lines)), :, lines] = False
    usable &= ~others.any(axis=2)
    whole = usable[:, half - 1 : half + 2].all(axis=1) & (usable.sum(axis=1) > _SEEN)
    lows = np.min(np.where(usable, value, np.inf), axis=1, initial=np.inf, keepdims=True)
    return measure_shape(
        Lines(
            near - fitted.pixel[lines][:, None],
            np.where(usable, value - lows, 0.0),
            np.where(usable, 1 / np.where(usable, noise, 1.0), 0.0),
            np.zeros(len(lines)),
            fitted.flux[lines],
            width[lines] / FWHM,
            np.zeros((len(lines), 0)),
            fitted.pixel[lines],
            np.full(len(lines), np.nan),
            np.zeros(len(lines), np.int64),
            lines,
        ).take(whole)
    ).middle
