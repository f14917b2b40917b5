"""Finds the lines of a spectrum, and measures their centres."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.arcs.gaussians import FWHM, Fitted, fit_gaussians
from calgui.core.algorithms.arcs.shape import GAUSSIAN, LineShape
from calgui.core.algorithms.arcs.shapelines import shape_of

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

#: lines narrower, or wider, than others by this factor are none, or several
_NARROW, _WIDE = 0.62, 1.6
#: part of the peak that is one height, and how many pixels of that make a flat top
_FLAT, _TOP = 0.004, 3
#: lines that tell the width
_TELLING = 40
#: what a line must stand above its noise, in sigma, to tell the width
_CLEAR = 15.0
#: how far the measured shape may move a centre, in widths
_SAME = 0.35


@dataclass(frozen=True)
class Noise:
    """How noise is known.

    Attributes
    ----------
    error : ndarray of float64, shape (n,), or None
        One standard deviation of each pixel.
    per_unit : float
        Variance that a unit of signal adds, in units of the spectrum; 0 where it is not known, or in ``error``.
    floor : float
        Least standard deviation, of the detector's reads; 0 where it is not known.
    """

    error: Floats | None = None
    per_unit: float = 0.0
    floor: float = 0.0


@dataclass(frozen=True)
class FoundLines:
    """Lines of a spectrum, by increasing pixel.

    Attributes
    ----------
    pixel, pixel_error : ndarray of float64, shape (m,)
        Centre, from 0, and its error.
    flux : ndarray of float64, shape (m,)
        Above the surroundings, in the unit of the spectrum times pixel.
    width : ndarray of float64, shape (m,)
        Full width at half maximum of a fit of its own, in pixels.
    usable : ndarray of bool, shape (m,)
        Whether its centre is that of a single line: neither saturated, nor of several, nor cut by an end.
    saturated : ndarray of bool, shape (m,)
        Whether it is: flagged, or of flat top.
    fwhm : float
        Of lines at the middle, in pixels; NaN where no line tells.
    slope : float
        Change of that from the middle to the last pixel.
    first, last : int
        Pixels between which there is a spectrum; the rest is padding.
    narrow : int
        Peaks that are narrower than any line: hot pixels, cosmic rays.
    background, noise : ndarray of float64, shape (n,)
        Below the lines; its standard deviation.
    shape : LineShape
        What centres were fitted with: the measured shape of the lines, or a Gaussian where they do not tell it.
    """

    pixel: Floats
    pixel_error: Floats
    flux: Floats
    width: Floats
    usable: Flags
    saturated: Flags
    fwhm: float
    slope: float
    first: int
    last: int
    narrow: int
    background: Floats
    noise: Floats
    shape: LineShape = GAUSSIAN

    def __len__(self) -> int:
        return len(self.pixel)


def extent(flux: Floats) -> tuple[int, int]:
    """First and last pixel of a spectrum that is padded with zeros or nothing.

    Parameters
    ----------
    flux : ndarray of float64, shape (n,)
        The spectrum.

    Returns
    -------
    int, int
        The first is behind the last where there is none.
    """
    there = np.flatnonzero(np.isfinite(flux) & (flux != 0))
    return (int(there[0]), int(there[-1])) if there.size else (0, -1)


def find_lines(
    flux: Floats, noise: Noise, threshold: float, bad: Flags | None = None, saturated: Flags | None = None
) -> FoundLines:
    """Find lines and measure them.

    Parameters
    ----------
    flux : ndarray of float64, shape (n,)
        The spectrum; NaN where there is none.
    noise : Noise
        What is known of it; the rest is estimated.
    threshold : float
        What a line must stand above the noise, in sigma, by a filter of its shape.
    bad, saturated : ndarray of bool, shape (n,), optional
        Pixels not to be used, and those that are saturated.

    Returns
    -------
    FoundLines
        Centres by fits of the lines' shape integrated over pixels, of the width that bright lines have.
    """
    n = len(flux)
    first, last = extent(flux)
    values = np.array(flux, np.float64)
    values[:first] = values[last + 1 :] = np.nan
    full = np.zeros(n, bool) if saturated is None else saturated.copy()
    if bad is not None:
        values[bad & ~full] = np.nan
    if np.isfinite(values).sum() < 10:
        return _nothing(n, first, last)
    background = _background(values)
    deviation = _deviation(values, background, noise)
    above = np.where(np.isfinite(values), values - background, 0.0)
    fwhm = _first_width(above, deviation)
    if not np.isfinite(fwhm):
        return _nothing(n, first, last, background, deviation)
    full |= _flat_tops(values, above, fwhm, deviation)
    # photons of what a line shows, noise and all, would pull its centre: of the smoothed light
    variance = deviation**2 + noise.per_unit * np.maximum(_smoothed(above, fwhm), 0)
    start = _peaks(above, deviation, fwhm, threshold, noise.error is None and noise.floor <= 0)
    if not start.size:
        return _nothing(n, first, last, background, deviation)
    return _measured(values, variance, start, fwhm, full, first, last, background, deviation, noise, threshold)


def _measured(
    values: Floats, variance: Floats, start: Floats, fwhm: float, full: Flags, first: int, last: int,
    background: Floats, deviation: Floats, noise: Noise, threshold: float,
) -> FoundLines:  # fmt: skip
    unsure = noise.error is None
    half = int(np.ceil(1.6 * fwhm)) + 1
    one = fit_gaussians(values, variance, start, np.full(len(start), fwhm / FWHM), half, True, unsure)
    is_full = _touches(full, start, fwhm)
    middle, slope = _widths(one, is_full, fwhm, len(values))
    # what is far narrower than light can be is none, and would pull its neighbours
    spike = one.good & (one.sigma < _NARROW * middle / FWHM) & (one.flux > 4 * one.flux_error)
    start = np.where(one.good & (np.abs(one.pixel - start) < 0.5 * fwhm), one.pixel, start)
    keep = ~spike
    start, is_full = start[keep], is_full[keep]
    width = np.maximum(_width_at(start, middle, slope, len(values)), 0.3 * middle)
    half = int(np.ceil(1.6 * middle)) + 1
    two = fit_gaussians(values, variance, start, width / FWHM, half, False, unsure)
    own = (one.sigma * FWHM)[keep]
    its_error = (one.sigma_error * FWHM)[keep]
    real = two.good & (two.flux > max(threshold * 0.8, 3.0) * two.flux_error)
    real &= (two.pixel > first - 0.5) & (two.pixel < last + 0.5)
    # a wide one is two: its centre is that of neither
    several = (own - 3 * its_error > _WIDE * width) & (two.chi2 > 2)
    cut = (two.pixel < first + 0.5 * middle) | (two.pixel > last - 0.5 * middle)
    single = real & ~is_full & ~several & ~cut & (own > _NARROW * width)
    # without the noise of bright pixels nothing tells what more than a Gaussian is worth
    known = noise.error is not None or noise.per_unit > 0
    shape = shape_of(values, variance, two, single & known, width, middle, first, last, unsure)
    pixel, error = two.pixel, two.pixel_error
    if shape.is_measured:
        three = fit_gaussians(values, variance, two.pixel, width / FWHM, half, False, unsure, shape)
        # what is no line of this shape keeps the place that it has without it
        same = three.good & (np.abs(three.pixel - two.pixel) < _SAME * width)
        pixel, error = np.where(same, three.pixel, pixel), np.where(same, three.pixel_error, error)
    order = np.flatnonzero(real)
    order = order[np.argsort(pixel[order])]
    return FoundLines(
        pixel[order],
        error[order],
        two.flux[order],
        own[order],
        (~is_full & ~several & ~cut)[order],
        is_full[order],
        middle,
        slope,
        first,
        last,
        int(spike.sum()),
        background,
        deviation,
        shape,
    )


def _nothing(
    n: int, first: int, last: int, background: Floats | None = None, noise: Floats | None = None
) -> FoundLines:
    none, no = np.zeros(0), np.zeros(0, bool)
    low = np.zeros(n) if background is None else background
    sigma = np.full(n, np.nan) if noise is None else noise
    return FoundLines(none, none, none, none, no, no, np.nan, 0.0, first, last, 0, low, sigma)


def _background(values: Floats) -> Floats:
    """What is below the lines: a running median of what does not stand out."""
    from scipy.ndimage import median_filter

    good = np.flatnonzero(np.isfinite(values))
    y = values[good]
    size = max(31, min(len(y) // 12, 201)) // 2 * 2 + 1
    size = min(size, (len(y) - 1) // 2 * 2 + 1)
    for _ in range(3):
        low = median_filter(y, size, mode="nearest")
        scatter = 1.4826 * float(np.median(np.abs(y - low))) or float(np.std(y - low)) or 1.0
        y = np.minimum(y, low + 2 * scatter)
    return np.asarray(np.interp(np.arange(len(values)), good, low), np.float64)


def _deviation(values: Floats, background: Floats, noise: Noise) -> Floats:
    """Standard deviation of each pixel without its lines: as given, or as neighbours differ."""
    from scipy.ndimage import percentile_filter

    if noise.error is not None:
        return np.where(np.isfinite(noise.error) & (noise.error > 0), noise.error, np.inf).astype(np.float64)
    if noise.floor > 0:
        return np.asarray(np.sqrt(noise.floor**2 + noise.per_unit * np.maximum(background, 0)), np.float64)
    good = np.flatnonzero(np.isfinite(values))
    y = values[good]
    curved = np.abs(y[1:-1] - 0.5 * (y[:-2] + y[2:])) / np.sqrt(1.5)
    size = min(max(len(y) // 8, 101), len(curved))
    # lines raise the upper half of the differences: the lower third of a Gaussian's lies within 0.4307 sigma
    local = percentile_filter(curved, 33.3, size, mode="nearest") / 0.4307
    whole = max(float(np.percentile(curved, 33.3)) / 0.4307, 1e-9 * float(np.max(np.abs(y)) or 1.0))
    return np.asarray(np.interp(np.arange(len(values)), good[1:-1], np.maximum(local, 0.3 * whole)), np.float64)


def _first_width(above: Floats, deviation: Floats) -> float:
    """Full width at half maximum of the clearest lines."""
    from scipy.signal import find_peaks, peak_widths

    with np.errstate(invalid="ignore", divide="ignore"):
        clear = np.where(np.isfinite(deviation) & (deviation > 0), above / deviation, 0.0)
    for least in (_CLEAR, 5.0):
        places, found = find_peaks(above, prominence=0)
        chosen = (clear[places] > least) & (found["prominences"] > least * np.nan_to_num(deviation[places], posinf=0))
        places = places[chosen]
        if not places.size:
            continue
        widths = peak_widths(above, places, 0.5)[0]
        strong = np.argsort(-clear[places])[:_TELLING]
        widths = widths[strong]
        # a hot pixel alone is one wide: less than any sampled line
        real = widths[widths > 1.35]
        if real.size >= min(3, max(1, widths.size // 3)):
            return float(np.median(real))
    return float("nan")


def _smoothed(above: Floats, fwhm: float) -> Floats:
    from scipy.ndimage import gaussian_filter1d

    return np.asarray(gaussian_filter1d(above, 0.5 * fwhm / FWHM, mode="nearest"), np.float64)


def _flat_tops(values: Floats, above: Floats, fwhm: float, deviation: Floats) -> Flags:
    """Pixels of tops that are as flat as no line of this width is."""
    n = len(values)
    flat = np.zeros(n, bool)
    need = max(_TOP, int(np.ceil(0.5 * fwhm)) + 1)
    clear = above > 20 * np.nan_to_num(deviation, posinf=np.inf)
    place = 0
    while place < n:
        if not clear[place]:
            place += 1
            continue
        stop = place
        low = high = values[place]
        while stop + 1 < n and clear[stop + 1]:
            low, high = min(low, values[stop + 1]), max(high, values[stop + 1])
            if high - low > _FLAT * abs(high):
                break
            stop += 1
        if stop - place + 1 >= need:
            flat[place : stop + 1] = True
            place = stop + 1
        else:
            place += 1
    return flat


def _scatter(ratio: Floats, apart: int) -> float:
    """What a filter gives without lines, in sigma: more than 1 where pixels that were resampled share their noise.

    From places so far apart that they share none, and from the lowest of the values: lines raise either.
    """
    n = len(ratio)
    if n < 8 * apart:
        return 1.0
    curved = np.abs(ratio[apart:-apart] - 0.5 * (ratio[: -2 * apart] + ratio[2 * apart :])) / np.sqrt(1.5)
    low, high = np.percentile(ratio, (10, 30))
    # of a Gaussian they are 0.757 sigma apart
    return max(1.0, min(float(np.percentile(curved, 33.3)) / 0.4307, float(high - low) / 0.757))


def _peaks(above: Floats, deviation: Floats, fwhm: float, threshold: float, unsure: bool) -> Floats:
    """Where a filter of the shape of a line stands out; the noise may be unsure."""
    from scipy.signal import find_peaks

    half = int(np.ceil(1.5 * fwhm))
    offset = np.arange(-half, half + 1)
    shape = np.exp(-0.5 * (offset * FWHM / fwhm) ** 2)
    weight = np.where(np.isfinite(deviation) & (deviation > 0), 1 / np.where(deviation > 0, deviation, 1) ** 2, 0)
    top = np.convolve(above * weight, shape, "same")
    bottom = np.sqrt(np.convolve(weight, shape**2, "same"))
    ratio = np.where(bottom > 0, top / np.where(bottom > 0, bottom, 1), 0)
    if unsure:
        ratio = ratio / _scatter(ratio, int(np.ceil(2 * fwhm)))
    # of the filtered light a line has 1.4 its width: two of them are told apart on the light itself
    wide, _ = find_peaks(ratio, height=threshold, distance=max(1, int(0.7 * fwhm)), prominence=0.6 * threshold)
    sharp, _ = find_peaks(
        _smoothed(above, fwhm),
        prominence=3 * threshold * float(np.median(deviation[np.isfinite(deviation)])),
        distance=max(1, int(0.7 * fwhm)),
    )
    extra = [one for one in sharp if ratio[one] > threshold and np.all(np.abs(wide - one) > 0.7 * fwhm)]
    places = np.sort(np.r_[wide, np.array(extra, np.int64)]).astype(np.int64)
    return _to_tops(above, places)


def _to_tops(above: Floats, places: npt.NDArray[np.int64]) -> Floats:
    """By a parabola through three pixels of the light."""
    made = places.astype(np.float64)
    inner = (places > 0) & (places < len(above) - 1)
    at = places[inner]
    low, mid, high = above[at - 1], above[at], above[at + 1]
    bend = low - 2 * mid + high
    with np.errstate(divide="ignore", invalid="ignore"):
        shift = np.where(bend < 0, 0.5 * (low - high) / bend, 0.0)
    made[inner] += np.clip(shift, -0.7, 0.7)
    return made


def _touches(full: Flags, start: Floats, fwhm: float) -> Flags:
    reach = max(1, round(fwhm))
    wide = np.convolve(full, np.ones(2 * reach + 1), "same") > 0
    return np.asarray(wide[np.clip(np.rint(start).astype(np.int64), 0, len(full) - 1)], bool)


def _widths(fitted: Fitted, is_full: Flags, fwhm: float, n: int) -> tuple[float, float]:
    """Width of lines at the middle, and its change to the end, from the clearest lines."""
    width = fitted.sigma * FWHM
    clear = fitted.good & ~is_full & (fitted.flux > _CLEAR * fitted.flux_error) & (width > 0.5 * fwhm)
    if clear.sum() < 3:
        clear = fitted.good & ~is_full & (width > 0.5 * fwhm)
    if not clear.any():
        return fwhm, 0.0
    middle = float(np.median(width[clear]))
    near = clear & (np.abs(width - middle) < 0.35 * middle)
    if near.sum() < 1:
        return middle, 0.0
    middle = float(np.median(width[near]))
    u = 2 * fitted.pixel / max(n - 1, 1) - 1
    if near.sum() < 8 or np.ptp(u[near]) < 0.8:
        return middle, 0.0
    weight = 1 / np.hypot(fitted.sigma_error[near] * FWHM, 0.05 * middle)
    for _ in range(6):
        design = np.stack([np.ones(near.sum()), u[near]], axis=1)
        found = np.linalg.lstsq(design * weight[:, None], width[near] * weight, rcond=None)[0]
        left = width[near] - design @ found
        scale = max(1.4826 * float(np.median(np.abs(left))), 0.01 * middle)
        weight = 1 / np.hypot(fitted.sigma_error[near] * FWHM, 0.05 * middle) / np.sqrt(1 + (left / (2 * scale)) ** 2)
    slope = float(np.clip(found[1], -0.4 * middle, 0.4 * middle))
    return float(found[0]), slope


def _width_at(pixel: Floats, middle: float, slope: float, n: int) -> Floats:
    return middle + slope * (2 * pixel / max(n - 1, 1) - 1)
