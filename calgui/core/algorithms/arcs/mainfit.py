"""The solution of the main spectrum, from lines with names."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from numpy.polynomial import legendre

from calgui.core.algorithms.arcs.finding import FoundLines
from calgui.core.algorithms.arcs.fitting import SPARE, LineFit, OrderLook, best_order, fit_lines, order_looks
from calgui.core.algorithms.arcs.naming import Named, expected_light, line_errors
from calgui.core.algorithms.arcs.solution import Solution1D
from calgui.core.algorithms.spectrummarks import LINE_STATES
from calgui.core.errors import AlgorithmError

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

#: what lines that are used may lie off the solution, over their width: sharp ones, and those of large errors
_FARTHEST = (0.25, 0.35)

USED, REJECTED, EXCLUDED, UNIDENTIFIED, MISSING = range(len(LINE_STATES))


@dataclass(frozen=True)
class MainFit:
    """A solution with what it came from.

    Attributes
    ----------
    solution : Solution1D
        Of the main spectrum.
    fit : LineFit
        Of the lines that are neither excluded nor saturated.
    looks : tuple of OrderLook
        Residuals by order.
    best : int
        Order that cross-validation prefers.
    """

    solution: Solution1D
    fit: LineFit
    looks: tuple[OrderLook, ...]
    best: int

    def look(self, order: int) -> OrderLook | None:
        """What an order does.

        Parameters
        ----------
        order : int
            Of the polynomial.

        Returns
        -------
        OrderLook or None
            None where the lines are too few to tell.
        """
        return next((one for one in self.looks if one.order == order), None)


def main_solution(
    found: FoundLines, named: Named, pixels: int, order: int | None, clip: float, excluded: Whole
) -> MainFit:
    """Fit a polynomial to the named lines.

    Parameters
    ----------
    found : FoundLines
        Of the main spectrum.
    named : Named
        Their names.
    pixels : int
        Of the spectrum.
    order : int or None
        None for the one that cross-validation chooses.
    clip : float
        In sigma.
    excluded : ndarray of int
        Listed lines to leave out.

    Returns
    -------
    MainFit

    Raises
    ------
    AlgorithmError
        Too few lines for the order.
    """
    half = (pixels - 1) / 2
    index = named.index
    is_out = np.isin(index, excluded) & (index >= 0)
    fitted = np.flatnonzero((index >= 0) & ~is_out & found.usable)
    asked = 1 if order is None else order
    needed = asked + 1 + SPARE
    if len(fitted) < needed:
        _refuse(asked, needed, len(fitted), order is None)
    u = found.pixel[fitted] / half - 1
    wave = named.listed.wavelength[index[fitted]]
    error = line_errors(found, named.listed, index, named.coefficients, pixels)[fitted]
    looks = _looks(u.tobytes(), wave.tobytes(), error.tobytes(), half, clip)
    best = best_order(looks)
    chosen = best if order is None else order
    fit = fit_lines(u, wave, error, half, chosen, clip)
    # blends may be displaced, but what lies farther off is another line
    own = np.clip(clip * found.pixel_error[fitted], _FARTHEST[0] * found.fwhm, _FARTHEST[1] * found.fwhm)
    near = ~fit.used | (np.abs(fit.residual) <= own)
    if not near.all() and (near & fit.used).sum() >= chosen + 1 + SPARE:
        fitted, u, wave, error = fitted[near], u[near], wave[near], error[near]
        fit = fit_lines(u, wave, error, half, chosen, clip)
    return MainFit(_solution(found, named, pixels, fit, fitted, is_out), fit, looks, best)


@lru_cache(maxsize=16)
def _looks(u: bytes, wave: bytes, error: bytes, half: float, clip: float) -> tuple[OrderLook, ...]:
    """Of the same lines they are the same, whatever the order that is asked for: an answer is due at once."""
    places, wavelengths, errors = (np.frombuffer(one, np.float64) for one in (u, wave, error))
    return order_looks(places, wavelengths, errors, half, clip)


def _refuse(order: int, needed: int, count: int, is_auto: bool) -> None:
    lower = count - 1 - SPARE
    lines = "1 line is" if count == 1 else f"{count} lines are"
    raise AlgorithmError(
        f"Order {order} has {order + 1} coefficients and takes {needed} lines; {lines} identified.",
        cure="Take a longer exposure or more lamps, or identify lines by hand (option identify)."
        if is_auto or lower < 1
        else f"Choose order {lower}{' or lower' if lower > 1 else ''}.",
    )


def _solution(
    found: FoundLines, named: Named, pixels: int, fit: LineFit, fitted: Whole, is_out: npt.NDArray[np.bool_]
) -> Solution1D:
    half = (pixels - 1) / 2
    m, index = len(found), named.index
    state = np.full(m, UNIDENTIFIED)
    state[index >= 0] = REJECTED
    state[is_out] = EXCLUDED
    state[fitted[fit.used]] = USED
    wavelength = (
        np.where(index >= 0, named.listed.wavelength[index], np.nan) if len(named.listed) else np.full(m, np.nan)
    )
    u = found.pixel / half - 1
    step = legendre.legval(u, legendre.legder(fit.coefficients)) / half
    residual = (legendre.legval(u, fit.coefficients) - wavelength) / step
    return Solution1D(
        fit.coefficients,
        (0.0, float(pixels - 1)),
        found.pixel,
        found.pixel_error,
        found.flux,
        index.astype(np.int64),
        wavelength,
        state.astype(np.int64),
        np.asarray(residual, np.float64),
        found.fwhm,
        fit.rms,
    )


def missing_lines(found: FoundLines, named: Named, solution: Solution1D) -> tuple[Whole, Floats]:
    """Listed lines that should be seen, and are not.

    Parameters
    ----------
    found : FoundLines
        Of the main spectrum.
    named : Named
        Their names.
    solution : Solution1D
        Of it.

    Returns
    -------
    index, pixel : ndarray
        Of the list, and where they ought to be: those that should be three times brighter than the faintest line.
    """
    if not len(named.listed) or not len(found):
        return np.zeros(0, np.int64), np.zeros(0)
    pixel = solution.pixels(named.listed.wavelength)
    light = expected_light(named.listed, named.level)
    least = np.log(max(float(np.min(found.flux)), 1e-300)) + np.log(3.0)
    near = np.min(np.abs(pixel[:, None] - found.pixel[None, :]), axis=1, initial=np.inf)
    inside = (pixel > found.first + 1) & (pixel < found.last - 1)
    gone = np.flatnonzero(inside & (light > least) & (near > found.fwhm))
    return gone, pixel[gone]
