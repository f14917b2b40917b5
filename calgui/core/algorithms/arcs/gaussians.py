"""Line shapes integrated over pixels, fitted to all lines of a spectrum at once, each on a background of its own."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.arcs.shape import GAUSSIAN, LineShape

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

#: full width at half maximum over sigma
FWHM = 2.3548200450309493
_STEPS = 14
#: passes in which neighbours are taken away with what was fitted to them
_PASSES = 4


@dataclass(frozen=True)
class Fitted:
    """What the fits give, of each line.

    Attributes
    ----------
    pixel, pixel_error : ndarray of float64, shape (m,)
        Centre, from 0, and its error.
    sigma, sigma_error : ndarray of float64, shape (m,)
        Width, in pixels: what the shape is stretched by; the error is 0 where the width was given.
    flux, flux_error : ndarray of float64, shape (m,)
        Above the background, in the unit of the values times pixel.
    chi2 : ndarray of float64, shape (m,)
        Of each degree of freedom; NaN where there is none.
    good : ndarray of bool, shape (m,)
        Whether the fit ended near where it began, with pixels on both sides of the centre.
    """

    pixel: Floats
    pixel_error: Floats
    sigma: Floats
    sigma_error: Floats
    flux: Floats
    flux_error: Floats
    chi2: Floats
    good: Flags

    def __len__(self) -> int:
        return len(self.pixel)


def pixel_shape(apart: Floats, sigma: Floats, shape: LineShape = GAUSSIAN) -> Floats:
    """Share of a line's flux in pixels.

    Parameters
    ----------
    apart : ndarray
        Middle of the pixel minus centre of the line.
    sigma : ndarray
        Width of the line, in pixels.
    shape : LineShape
        Of lines.

    Returns
    -------
    ndarray of float64
    """
    return np.asarray(shape.below((apart + 0.5) / sigma)[0] - shape.below((apart - 0.5) / sigma)[0], np.float64)


def fit_gaussians(
    values: Floats, variance: Floats, start: Floats, sigma: Floats, half: int, free_width: bool, scale_errors: bool,
    shape: LineShape = GAUSSIAN,
) -> Fitted:  # fmt: skip
    """Fit the shape of a line, integrated over pixels, on a straight background, to each line.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
        Of the spectrum; NaN where there is none.
    variance : ndarray of float64, shape (n,)
        Of them.
    start : ndarray of float64, shape (m,)
        Where lines are, within a pixel or so.
    sigma : ndarray of float64, shape (m,)
        Their widths, or where to begin.
    half : int
        Pixels to each side that are fitted.
    free_width : bool
        Whether widths are fitted, too.
    scale_errors : bool
        Whether errors grow with what the fit leaves, where that is more than the variance.
    shape : LineShape
        Of lines.

    Returns
    -------
    Fitted
        Neighbours are taken away by what was fitted to them, in turns.
    """
    n, m = len(values), len(start)
    grid = np.rint(start).astype(np.int64)[:, None] + np.arange(-half, half + 1)[None, :]
    inside = (grid >= 0) & (grid < n)
    place = np.clip(grid, 0, n - 1)
    x = grid.astype(np.float64)
    y0 = values[place]
    usable = inside & np.isfinite(y0) & np.isfinite(variance[place]) & (variance[place] > 0)
    y0 = np.where(usable, y0, 0.0)
    weight = np.where(usable, 1.0 / np.where(usable, variance[place], 1.0), 0.0)
    centre, width = start.astype(np.float64).copy(), sigma.astype(np.float64).copy()
    flux, covariance, left = np.zeros(m), np.zeros((m, 5, 5)), np.zeros_like(y0)
    for turn in range(_PASSES):
        others = _others(x, centre, width, flux, half, shape) if turn else np.zeros_like(y0)
        centre, width, flux, covariance, left = _solve(
            x, y0 - others, weight, centre, width, flux, start, free_width, shape, first=turn == 0
        )
    count = usable.sum(axis=1)
    degrees = count - (5 if free_width else 4)
    with np.errstate(divide="ignore", invalid="ignore"):
        chi2 = np.where(degrees > 0, (weight * left**2).sum(axis=1) / degrees, np.nan)
    grown = np.sqrt(np.where(np.isfinite(chi2), np.maximum(chi2, 1.0), 1.0)) if scale_errors else np.ones(m)
    error = np.sqrt(np.abs(np.einsum("ijj->ij", covariance))) * grown[:, None]
    near = np.abs(x - centre[:, None]) < np.maximum(1.2 * width, 1.0)[:, None]
    enough = ((usable & near & (x < centre[:, None])).sum(axis=1) > 0) & (
        (usable & near & (x > centre[:, None])).sum(axis=1) > 0
    )
    good = (
        enough
        & (degrees > 0)
        & (np.abs(centre - start) < np.maximum(1.5, FWHM * sigma))
        & np.isfinite(error[:, 1])
        & (error[:, 1] > 0)
        & (flux > 0)
        & ((usable & near).sum(axis=1) >= np.minimum(3, (inside & near).sum(axis=1)))
    )
    return Fitted(centre, error[:, 1], width, error[:, 4], flux, error[:, 0], chi2, good)


def _others(x: Floats, centre: Floats, width: Floats, flux: Floats, half: int, shape: LineShape) -> Floats:
    """What other lines give to the pixels of each."""
    order = np.argsort(centre)
    total = np.zeros_like(x)
    for step in range(1, len(centre)):
        low, high = order[:-step], order[step:]
        close = centre[high] - centre[low] < 2 * half + 2
        if not close.any():
            break
        low, high = low[close], high[close]
        for mine, its in ((low, high), (high, low)):
            np.add.at(
                total,
                mine,
                np.maximum(flux[its], 0)[:, None]
                * pixel_shape(x[mine] - centre[its][:, None], width[its][:, None], shape),
            )
    return total


def _solve(
    x: Floats,
    y: Floats,
    weight: Floats,
    centre: Floats,
    width: Floats,
    flux: Floats,
    start: Floats,
    free_width: bool,
    shape: LineShape,
    first: bool,
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Gauss and Newton's steps of all lines at once: flux and background are linear, and solved for anew."""
    m, reach = len(centre), np.maximum(1.5, FWHM * width)
    begin = width.copy()
    terms = 5 if free_width else 4
    base = np.stack([np.zeros_like(x), np.zeros_like(x), np.ones_like(x), x - start[:, None], np.zeros_like(x)], axis=2)
    made, inverse = np.zeros((m, 5)), np.zeros((m, 5, 5))
    for step in range(_STEPS if first else 5):
        high, low = (x - centre[:, None] + 0.5) / width[:, None], (x - centre[:, None] - 0.5) / width[:, None]
        (below_high, pdf_high), (below_low, pdf_low) = shape.below(high), shape.below(low)
        base[:, :, 0] = below_high - below_low
        # of height one: multiplied by the flux where it is known
        slope = -(pdf_high - pdf_low) / width[:, None]
        stretch = -(high * pdf_high - low * pdf_low) / width[:, None]
        if step == 0 and first:
            linear = base[:, :, [0, 2, 3]]
            normal = np.einsum("mk,mki,mkj->mij", weight, linear, linear) + 1e-12 * np.eye(3)
            flux = _divide(normal, np.einsum("mk,mki,mk->mi", weight, linear, y))[:, 0]
        size = np.where(np.abs(flux) > 0, flux, 1.0)
        base[:, :, 1] = size[:, None] * slope
        base[:, :, 4] = size[:, None] * stretch
        design = base[:, :, :terms]
        normal = np.einsum("mk,mki,mkj->mij", weight, design, design)
        right = np.einsum("mk,mki,mk->mi", weight, design, y)
        made = _divide(normal, right)
        shift = np.clip(made[:, 1], -0.5, 0.5)
        flux = made[:, 0]
        centre = np.clip(centre + np.where(np.isfinite(shift), shift, 0), start - reach, start + reach)
        if free_width:
            grow = np.clip(made[:, 4], -0.2 * width, 0.2 * width)
            width = np.clip(width + np.where(np.isfinite(grow), grow, 0), 0.25 * begin, 4 * begin)
    full = np.zeros((m, 5, 5))
    full[:, :terms, :terms] = _invert(normal)
    inverse = full
    left = y - np.einsum("mki,mi->mk", base[:, :, [0, 2, 3]], made[:, [0, 2, 3]])
    return centre, width, flux, inverse, np.where(weight > 0, left, 0.0)


def _divide(normal: Floats, right: Floats) -> Floats:
    return np.asarray(np.einsum("mij,mj->mi", _invert(normal), right), np.float64)


def _invert(normal: Floats) -> Floats:
    """Of matrices that may be singular where a line has hardly a pixel: those are of no use afterwards."""
    scale = np.sqrt(np.maximum(np.einsum("mii->mi", normal), 1e-300))
    shaped = normal / (scale[:, :, None] * scale[:, None, :])
    shaped = shaped + 1e-10 * np.eye(normal.shape[1])
    return np.asarray(np.linalg.inv(shaped) / (scale[:, :, None] * scale[:, None, :]), np.float64)
