"""A peak of a spectrum: centre, width and flux by a fit of a line shape on a straight background."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from calgui.core.errors import AlgorithmError

Floats = npt.NDArray[np.float64]
Shape = Literal["gaussian", "moffat", "voigt"]

_FWHM_OF_SIGMA = 2.3548200450309493
#: value, and what it must stay between, of what a Moffat profile and a Voigt profile have beyond centre and width
_EXTRA: dict[str, tuple[tuple[float, float, float], ...]] = {
    "gaussian": (),
    "moffat": ((3.0, 1.01, 50.0),),
    "voigt": ((0.5, 0.0, 1.0),),
}


@dataclass(frozen=True)
class Peak:
    """What a fit gives.

    Attributes
    ----------
    shape : str
        ``gaussian``, ``moffat`` or ``voigt``.
    centre, fwhm : float
        In the unit of the axis that was fitted.
    flux : float
        Area under the peak above the background, in the unit of the values times that of the axis; negative for an
        absorption line.
    height : float
        At the centre, above the background.
    centre_error, fwhm_error, flux_error : float
        One standard deviation: from the errors of the values where those are given, else from the scatter of what is
        left.
    background, slope : float
        Of the straight line below it: at the centre, and for each unit of the axis.
    extra : float or None
        The exponent (beta) of a Moffat profile; the Lorentzian's share of the width of a Voigt profile.
    rms : float
        Of what is left, in the unit of the values.
    chi2_reduced : float or None
        None where no errors were given.
    model : ndarray
        At the places that were fitted.
    """

    shape: Shape
    centre: float
    fwhm: float
    flux: float
    height: float
    centre_error: float
    fwhm_error: float
    flux_error: float
    background: float
    slope: float
    extra: float | None
    rms: float
    chi2_reduced: float | None
    model: Floats


def fit_peak(x: Floats, y: Floats, error: Floats | None = None, shape: Shape = "gaussian") -> Peak:
    """Fit one peak, upwards or downwards, on a straight background.

    Parameters
    ----------
    x : ndarray, shape (n,)
        Pixels or wavelengths, rising or falling.
    y : ndarray, shape (n,)
        Values; what is not finite is left out.
    error : ndarray, optional
        One standard deviation of each.
    shape : str
        ``gaussian``; ``moffat`` with a free exponent; ``voigt`` with a free share of the Lorentzian width.

    Returns
    -------
    Peak

    Raises
    ------
    AlgorithmError
        Too few values, nothing that stands out, or a fit that ends outside of the range.
    """
    from scipy.optimize import curve_fit

    x, y, error = _usable(x, y, error)
    extra = _EXTRA[shape]
    if len(x) < 6 + len(extra):
        raise AlgorithmError(
            f"There are {len(x)} values; a fit of this shape needs {6 + len(extra)}.", cure="Choose a wider range."
        )
    # positions near 0 and 1, so that a wavelength of 2,000 nm loses no digits
    middle, span = (float(x[0]) + float(x[-1])) / 2, abs(float(x[-1]) - float(x[0]))
    u = (x - middle) / span
    scale = float(np.ptp(y))
    if scale == 0 or span == 0:
        raise AlgorithmError("All values are the same: no peak stands out.", cure="Choose a range about one line.")
    v = y / scale
    start, bounds = _start(u, v, extra)
    profile = _PROFILES[shape]

    def model(u: Floats, centre: float, width: float, height: float, level: float, tilt: float, *more: float) -> Floats:
        return level + tilt * (u - centre) + height * profile((u - centre) / width, *more)

    try:
        found, covariance = curve_fit(
            model, u, v, start, sigma=None if error is None else error / scale, absolute_sigma=error is not None,
            bounds=bounds, max_nfev=2000,
        )  # fmt: skip
    except (RuntimeError, ValueError) as failure:
        raise AlgorithmError(f"The fit found no peak: {failure}.", cure="Choose a range about one line.") from None
    if not np.all(np.isfinite(covariance)) or found[1] > 2:
        raise AlgorithmError("No peak stands out here.", cure="Choose a range about one line.")
    centre, width, height, level, slope = (float(value) for value in found[:5])
    more = tuple(float(value) for value in found[5:])
    left = v - model(u, *found)
    deviations = np.sqrt(np.diag(covariance))
    area = profile_area(shape, *more)
    relative = _area_variance(shape, found, covariance)
    degrees = len(x) - len(found)
    return Peak(
        shape,
        centre=middle + centre * span,
        fwhm=width * span,
        flux=height * width * area * scale * span,
        height=height * scale,
        centre_error=float(deviations[0]) * span,
        fwhm_error=float(deviations[1]) * span,
        flux_error=float(np.sqrt(relative)) * scale * span,
        background=level * scale,
        slope=slope * scale / span,
        extra=more[0] if more else None,
        rms=float(np.sqrt(np.mean(left**2))) * scale,
        chi2_reduced=None if error is None else float(np.sum((left * scale / error) ** 2)) / degrees,
        model=np.asarray(model(u, *found) * scale, np.float64),
    )


def profile_area(shape: Shape, *extra: float) -> float:
    """Area below a profile of height 1 and full width at half maximum 1.

    Parameters
    ----------
    shape : str
        See `fit_peak`.
    *extra : float
        Exponent or share.

    Returns
    -------
    float
    """
    if shape == "gaussian":
        return float(np.sqrt(np.pi / (4 * np.log(2))))
    if shape == "moffat":
        from scipy.special import gamma

        (beta,) = extra
        half = 0.5 / np.sqrt(2 ** (1 / beta) - 1)
        return float(half * np.sqrt(np.pi) * gamma(beta - 0.5) / gamma(beta))
    return 1.0 / float(_voigt_area_one(np.zeros(1), *extra)[0])


def _usable(x: Floats, y: Floats, error: Floats | None) -> tuple[Floats, Floats, Floats | None]:
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    good = np.isfinite(x) & np.isfinite(y)
    if error is not None:
        error = np.asarray(error, np.float64)
        good &= np.isfinite(error) & (error > 0)
        error = error[good]
    return x[good], y[good], error


def _start(
    u: Floats, v: Floats, extra: tuple[tuple[float, float, float], ...]
) -> tuple[list[float], tuple[list[float], list[float]]]:
    """First guess and bounds: the background from the ends, the peak from what is furthest from it."""
    ends = max(1, len(u) // 8)
    level = float(np.median(np.concatenate([v[:ends], v[-ends:]])))
    apart = v - level
    top = int(np.argmax(np.abs(apart)))
    height = float(apart[top]) or 0.1
    above = np.abs(apart) > abs(height) / 2
    step = float(np.median(np.abs(np.diff(u))))
    width = max(float(np.count_nonzero(above & (np.sign(apart) == np.sign(height)))) * step, 1.5 * step)
    start = [float(u[top]), min(width, 0.9), height, level, 0.0, *[value for value, _, _ in extra]]
    low = [-0.5, 0.2 * step, -20.0, -np.inf, -np.inf, *[least for _, least, _ in extra]]
    high = [0.5, 2.5, 20.0, np.inf, np.inf, *[most for _, _, most in extra]]
    start[0] = min(max(start[0], -0.499), 0.499)
    return start, (low, high)


def _gaussian(t: Floats) -> Floats:
    return np.asarray(np.exp(-4 * np.log(2) * t * t), np.float64)


def _moffat(t: Floats, beta: float) -> Floats:
    return np.asarray((1 + 4 * t * t * (2 ** (1 / beta) - 1)) ** -beta, np.float64)


def _voigt(t: Floats, share: float) -> Floats:
    return np.asarray(_voigt_area_one(t, share) / _voigt_area_one(np.zeros(1), share)[0], np.float64)


def _voigt_area_one(t: Floats, share: float) -> Floats:
    """A Voigt profile of area 1 and full width at half maximum 1, of which the Lorentzian has this share.

    The widths follow Olivero and Longbothum 1977, JQSRT 17, 233: f = 0.5346 L + sqrt(0.2166 L² + G²), to 0.02 %.
    """
    from scipy.special import voigt_profile

    lorentz = share
    gauss = np.sqrt(max((1 - 0.5346 * lorentz) ** 2 - 0.2166 * lorentz**2, 0.0))
    return np.asarray(voigt_profile(t, gauss / _FWHM_OF_SIGMA, lorentz / 2), np.float64)


_PROFILES: dict[str, Callable[..., Floats]] = {"gaussian": _gaussian, "moffat": _moffat, "voigt": _voigt}


def _area_variance(shape: Shape, found: Floats, covariance: Floats) -> float:
    """Variance of height × width × area of the profile, in the units of the fit, to first order."""
    height, width, more = float(found[2]), float(found[1]), [float(value) for value in found[5:]]
    area = profile_area(shape, *more)
    slope = np.zeros(len(found))
    slope[1], slope[2] = height * area, width * area
    if more:
        step = 1e-4 * max(abs(more[0]), 1.0)
        low, high = more[0] - step, more[0] + step
        _, least, most = _EXTRA[shape][0]
        low, high = max(low, least), min(high, most)
        slope[5] = height * width * (profile_area(shape, high) - profile_area(shape, low)) / (high - low)
    return float(slope @ covariance @ slope)
