"""Finding a star: the brightest one, or that at a place; its centre and width."""

import math
from dataclasses import dataclass

import numpy as np

from calgui.core.algorithms.fluxstar.inputs import Floats, Mask, Singles
from calgui.core.algorithms.noise import MAD_TO_SIGMA
from calgui.core.errors import AlgorithmError, InputError

#: a star stands above the noise of the smoothed image by this
STAR_SIGMA = 8.0
#: the usual one of the four pixels beside a star's brightest has this part of its light or more, a hot pixel's has none
_SHARED = 0.12
_CANDIDATES, _BOX = 60, 9
_FEW = 4_000_000
#: pixels that a click may lie off
CLICK = 8.0


@dataclass(frozen=True)
class Star:
    """A star.

    Attributes
    ----------
    x, y : float
        Pixels from 0.
    fwhm : float
        Pixels, of a round Gaussian.
    peak : float
        Above its surroundings, e-/s per pixel.
    """

    x: float
    y: float
    fwhm: float
    peak: float


def level_and_noise(data: Singles, bad: Mask) -> tuple[float, float]:
    """Median and robust scatter of the good pixels.

    Parameters
    ----------
    data : ndarray of float32
        Any.
    bad : ndarray of bool
        Left out.

    Returns
    -------
    tuple of float

    Raises
    ------
    InputError
        When there are no good pixels.
    """
    few = slice(None, None, max(1, math.ceil(data.size / _FEW)))
    values = data[few][~bad[few]].astype(np.float64)
    if not values.size:
        raise InputError("No pixel of the image can be used: all are NaN or flagged.", cure="Choose another image.")
    level = float(np.median(values))
    return level, float(MAD_TO_SIGMA * np.median(np.abs(values - level)))


def candidates(data: Singles, bad: Mask) -> list[tuple[float, float, float]]:
    """Peaks that look like stars, the brightest first.

    Parameters
    ----------
    data : ndarray of float32, shape (ny, nx)
        e-/s.
    bad : ndarray of bool
        Pixels that say nothing.

    Returns
    -------
    list of tuple
        x, y and brightness in sigma of the smoothed image.
    """
    from photutils.detection import find_peaks
    from scipy.ndimage import gaussian_filter

    level, _ = level_and_noise(data, bad)
    filled = np.where(bad, np.float32(level), data)
    smooth = gaussian_filter(filled, 1.0)
    _, noise = level_and_noise(smooth, bad)
    noise = noise or float(np.abs(smooth).max()) * 1e-6 or 1.0
    smooth -= np.float32(level)
    # asked first, for photutils warns where it finds nothing
    above = float(smooth.max()) > STAR_SIGMA * noise
    found = find_peaks(smooth, STAR_SIGMA * noise, box_size=_BOX, n_peaks=_CANDIDATES) if above else None
    if found is None:
        return []
    found.sort("peak_value", reverse=True)
    return [
        (float(row["x_peak"]), float(row["y_peak"]), float(row["peak_value"]) / noise)
        for row in found
        if _shared(filled, level, int(row["x_peak"]), int(row["y_peak"]))
    ]


def _shared(data: Singles, level: float, x: int, y: int) -> bool:
    """Whether neighbours of the brightest pixel have their share of light, as they have of a star's."""
    part = data[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2]
    row, column = np.unravel_index(int(part.argmax()), part.shape)
    y, x = max(y - 1, 0) + int(row), max(x - 1, 0) + int(column)
    if not (0 < y < data.shape[0] - 1 and 0 < x < data.shape[1] - 1):
        return True
    beside = np.array([data[y - 1, x], data[y + 1, x], data[y, x - 1], data[y, x + 1]], np.float64)
    return float(np.median(beside)) - level > _SHARED * (float(data[y, x]) - level)


def find_star(data: Singles, bad: Mask, place: tuple[float, float] | None) -> Star:
    """The star that is to be measured.

    Parameters
    ----------
    data : ndarray of float32, shape (ny, nx)
        e-/s.
    bad : ndarray of bool
        Pixels that say nothing.
    place : tuple of float or None
        x, y near which it is; the brightest without one.

    Returns
    -------
    Star

    Raises
    ------
    InputError
        When there is none; when it lies at the edge, or the place outside of the image.
    """
    ny, nx = data.shape
    if place is None:
        found = candidates(data, bad)
        if not found:
            raise InputError(
                f"No star was found: nothing that looks like one stands {STAR_SIGMA:g} sigma above the noise.",
                cure="Choose an image with a star, or name its place by the option star.",
            )
        start = found[0][:2]
    else:
        if not (-0.5 <= place[0] <= nx - 0.5 and -0.5 <= place[1] <= ny - 0.5):
            raise InputError(
                f"The place {place[0]:g},{place[1]:g} of the star lies outside of the image of {nx} × {ny} pixels.",
                cure="Give the option star as x,y from 0.",
            )
        start = _brightest_near(data, bad, place)
    return centre(data, bad, start)


def _brightest_near(data: Singles, bad: Mask, place: tuple[float, float]) -> tuple[float, float]:
    from scipy.ndimage import gaussian_filter

    rows, columns = around(data.shape, place, math.ceil(2 * CLICK))
    level, _ = level_and_noise(data[rows, columns], bad[rows, columns])
    part = gaussian_filter(np.where(bad[rows, columns], np.float32(level), data[rows, columns]), 1.0)
    y, x = np.indices(part.shape)
    far = np.hypot(x + columns.start - place[0], y + rows.start - place[1]) > CLICK
    row, column = np.unravel_index(int(np.where(far, -np.inf, part).argmax()), part.shape)
    return float(column + columns.start), float(row + rows.start)


def around(shape: tuple[int, ...], place: tuple[float, float], half: int) -> tuple[slice, slice]:
    """Rows and columns around a place, as far as the image goes.

    Parameters
    ----------
    shape : tuple of int
        Of the image.
    place : tuple of float
        x, y.
    half : int
        Pixels on each side.

    Returns
    -------
    tuple of slice
    """
    x, y = round(place[0]), round(place[1])
    return slice(max(y - half, 0), min(y + half + 1, shape[0])), slice(max(x - half, 0), min(x + half + 1, shape[1]))


def centre(data: Singles, bad: Mask, start: tuple[float, float]) -> Star:
    """Fit a pixel-integrated round Gaussian to the core of a star.

    Parameters
    ----------
    data, bad
        As in `find_star`.
    start : tuple of float
        x, y of its brightest pixel.

    Returns
    -------
    Star

    Raises
    ------
    AlgorithmError
        When there is no star.
    InputError
        When it lies at the edge.
    """
    from scipy.optimize import least_squares
    from scipy.special import ndtr

    x, y = start
    sigma = max(_width(data, bad, start) / 2.3548, 0.4)
    for _ in range(2):
        half = max(3, math.ceil(2.5 * sigma))
        rows, columns = around(data.shape, (x, y), half)
        good = ~bad[rows, columns]
        values = data[rows, columns].astype(np.float64)
        if good.sum() < 8:
            raise InputError(
                f"The star at {x:.0f}, {y:.0f} has too few good pixels to be measured.", cure="Choose another one."
            )
        edges = np.arange(columns.start, columns.stop + 1) - 0.5, np.arange(rows.start, rows.stop + 1) - 0.5

        def misfit(p: Floats, edges: tuple[Floats, Floats] = edges, v: Floats = values, g: Mask = good) -> Floats:
            wide, high = np.diff(ndtr((edges[0] - p[0]) / p[2])), np.diff(ndtr((edges[1] - p[1]) / p[2]))
            made: Floats = (p[3] * high[:, None] * wide[None, :] + p[4] - v)[g]
            return made

        low = float(np.percentile(values[good], 10))
        top = max(float(values[good].max()) - low, 1e-12)
        guess = [x, y, sigma, top * 2 * math.pi * sigma**2 + top, low]
        fit = least_squares(
            misfit,
            guess,
            bounds=([x - half, y - half, 0.2, 0, -np.inf], [x + half, y + half, 4.0 * sigma + 2, np.inf, np.inf]),
            x_scale=[1, 1, 1, guess[3], top],
        )
        x, y, sigma = (float(value) for value in fit.x[:3])
    peak = float(fit.x[3]) * (float(ndtr(0.5 / sigma) - ndtr(-0.5 / sigma))) ** 2
    residual = float(np.median(np.abs(misfit(fit.x)))) * MAD_TO_SIGMA
    if not peak > 3 * residual:
        raise AlgorithmError(
            f"There is no star at {start[0]:.0f}, {start[1]:.0f}: a peak of {peak:.3g} e-/s within a scatter of "
            f"{residual:.3g}.",
            cure="Name its place by the option star.",
        )
    fwhm = 2.3548 * sigma
    edge = min(x, y, data.shape[1] - 1 - x, data.shape[0] - 1 - y)
    if edge < max(4, 2 * fwhm):
        raise InputError(
            f"The star at {x:.1f}, {y:.1f} lies {edge:.1f} pixels from the edge of the image, and is "
            f"{fwhm:.1f} pixels wide: a part of its light is lost.",
            cure="Choose another star by the option star, or another image.",
        )
    return Star(x, y, fwhm, peak)


def _width(data: Singles, bad: Mask, place: tuple[float, float]) -> float:
    """Width at half height, by the pixels that are above it and hang together."""
    from scipy.ndimage import label

    rows, columns = around(data.shape, place, 40)
    part, good = data[rows, columns], ~bad[rows, columns]
    level = float(np.median(part[good])) if good.any() else 0.0
    row, column = round(place[1]) - rows.start, round(place[0]) - columns.start
    near = part[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2]
    above = good & (part > level + 0.5 * (float(near.max()) - level))
    parts, _ = label(above)
    mine = int(parts[row, column])
    count = int(np.count_nonzero(parts == mine)) if mine else 1
    return min(2 * math.sqrt(count / math.pi), 60.0)
