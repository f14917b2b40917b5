"""The line-spread function of many spectra: its shape in parts of the spectrum, widths and resolution along it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.arcs.lamps import LampLines
from calgui.core.algorithms.arcs.solution import Solution1D
from calgui.core.algorithms.registry import Curve
from calgui.core.frames.writing import ExtraHdu

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]

#: parts of the spectrum, pixels to each side of a line, and bins of a pixel
_PARTS, _REACH, _BINS = ("first third", "middle third", "last third"), 6.0, 8
#: spectra that are looked at, and lines whose centres are known better than this count
_SAMPLE, _KNOWN = 400, 0.03
#: lines of no other within so many pixels beyond the reach
_APART = 3.0
#: values of a bin that are needed
_FEWEST = 8
_UM = 1e-3


@dataclass(frozen=True)
class LineSpread:
    """How lines are spread along the pixels.

    Attributes
    ----------
    wavelength : ndarray of float64, shape (k,)
        Of lines, vacuum, nm, by increasing pixel.
    pixel : ndarray of float64, shape (k,)
        Where they are on the main spectrum.
    fwhm : ndarray of float64, shape (k,)
        Median over all spectra, in pixels, that of the pixel taken out.
    resolution : ndarray of float64, shape (k,)
        Wavelength over width.
    offset : ndarray of float64, shape (b,)
        Pixels from the centre.
    profile : ndarray of float64, shape (3, b)
        Of lines of flux 1 as they are seen on pixels, in thirds of the spectrum; NaN where lines are too few.
    seen : ndarray of float64, shape (3,)
        Full width at half maximum of these, in pixels.
    skew : ndarray of float64, shape (3,)
        At a tenth of their height: how much wider the half towards larger pixels is than the other, over both.
    """

    wavelength: Floats
    pixel: Floats
    fwhm: Floats
    resolution: Floats
    offset: Floats
    profile: Floats
    seen: Floats
    skew: Floats


def line_spread(
    flux: Singles, expected: Floats, pixel: Floats, error: Floats, light: Floats, fwhm: Singles,
    fine: npt.NDArray[np.bool_], main: Solution1D, listed: LampLines, columns: npt.NDArray[np.int64],
) -> LineSpread:  # fmt: skip
    """Stack the lines of many spectra.

    Parameters
    ----------
    flux : ndarray of float32, shape (n, pixels)
        Spectra.
    expected, pixel, error, light : ndarray of float64, shape (n, k)
        As of `calgui.core.algorithms.arcs.field.values.FieldMeasured`.
    fwhm : ndarray of float32, shape (n, k)
        See there.
    fine : ndarray of bool, shape (n, k)
        Lines without fault.
    main : Solution1D
        For the dispersion.
    listed : LampLines
        Of the lamps.
    columns : ndarray of int, shape (k,)
        Lines of the list.

    Returns
    -------
    LineSpread
    """
    wavelength = listed.wavelength[columns]
    at = main.pixels(wavelength)
    widths = np.full(len(columns), np.nan)
    for line in range(len(columns)):
        good = fine[:, line]
        if good.any():
            widths[line] = np.median(fwhm[good, line])
    with np.errstate(divide="ignore", invalid="ignore"):
        resolution = wavelength / (widths * np.abs(main.dispersion(at)))
    offset = (np.arange(2 * int(_REACH) * _BINS) + 0.5) / _BINS - _REACH
    profile = np.full((len(_PARTS), len(offset)), np.nan)
    seen, skew = np.full(len(_PARTS), np.nan), np.full(len(_PARTS), np.nan)
    some = np.flatnonzero(fine.any(axis=1))
    some = some[np.linspace(0, len(some) - 1, min(len(some), _SAMPLE)).astype(int)] if some.size else some
    good = fine[some] & (error[some] < _KNOWN) & _alone(expected[some])
    rows, lines = np.nonzero(good)
    if rows.size:
        places, values = _samples(flux[some], pixel[some], light[some], rows, lines)
        third = np.minimum((3 * pixel[some][rows, lines] / flux.shape[1]).astype(int), 2)
        for part in range(len(_PARTS)):
            profile[part] = _stacked(places[third == part], values[third == part], len(offset))
            seen[part], skew[part] = _half_widths(offset, profile[part])
    return LineSpread(wavelength, at, widths, resolution, offset, profile, seen, skew)


def _alone(expected: Floats) -> npt.NDArray[np.bool_]:
    """Lines that no other one of the list comes near to."""
    gaps = np.diff(expected, axis=1, prepend=-np.inf, append=np.inf)
    apart = _REACH + _APART
    return np.asarray((np.abs(gaps[:, :-1]) > apart) & (np.abs(gaps[:, 1:]) > apart))


def _samples(
    flux: Singles, pixel: Floats, light: Floats, rows: npt.NDArray[np.intp], lines: npt.NDArray[np.intp]
) -> tuple[Floats, Floats]:
    """Offsets from the centre, and values of lines of flux 1 above their surroundings, (m, pixels of a line)."""
    centre = pixel[rows, lines]
    near = np.rint(centre).astype(int)[:, None] + np.arange(-int(_REACH) - 2, int(_REACH) + 3)
    inside = (near >= 0) & (near < flux.shape[1])
    values = np.where(inside, flux[rows[:, None], np.clip(near, 0, flux.shape[1] - 1)], np.nan).astype(np.float64)
    away = near - centre[:, None]
    outer = np.where(np.abs(away) > _REACH - 1.5, values, np.nan)
    known = np.isfinite(outer).any(axis=1)
    level = np.full(len(values), np.nan)
    level[known] = np.nanmedian(outer[known], axis=1)
    return away, (values - level[:, None]) / light[rows, lines][:, None]


def _stacked(places: Floats, values: Floats, bins: int) -> Floats:
    """Median of each bin."""
    number = np.floor((places + _REACH) * _BINS)
    good = np.isfinite(values) & (number >= 0) & (number < bins)
    order = np.argsort(number[good], kind="stable")
    which, sorted_values = number[good][order].astype(int), values[good][order]
    ends = np.searchsorted(which, np.arange(bins + 1))
    made = np.full(bins, np.nan)
    for place in range(bins):
        part = sorted_values[ends[place] : ends[place + 1]]
        if part.size >= _FEWEST:
            made[place] = np.median(part)
    return made


def _half_widths(offset: Floats, profile: Floats) -> tuple[float, float]:
    """Full width at half maximum; and at a tenth of it how much wider the right half is than the left, over both."""
    good = np.isfinite(profile)
    if np.count_nonzero(good) < 0.8 * len(profile):
        return np.nan, np.nan
    x, y = offset[good], profile[good]
    # a parabola through what is near the top: the highest bin alone is noise
    top = int(np.argmax(y))
    near = (y > 0.8 * y[top]) & (np.abs(x - x[top]) < 1.5)
    highest, middle = float(y[top]), float(x[top])
    if np.count_nonzero(near) >= 4:
        bend, slope, level = np.polyfit(x[near] - middle, y[near], 2)
        if bend < 0 and abs(slope / bend) < 2:
            highest, middle = float(level - slope**2 / (4 * bend)), middle - float(slope / (2 * bend))
    half, tenth = _crossings(x, y, highest / 2), _crossings(x, y, highest / 10)
    if half is None or tenth is None:
        return np.nan, np.nan
    return half[1] - half[0], (tenth[0] + tenth[1] - 2 * middle) / (tenth[1] - tenth[0])


def _crossings(x: Floats, y: Floats, level: float) -> tuple[float, float] | None:
    """Where a profile first rises above a level, and where it last falls below it."""
    above = np.flatnonzero(y > level)
    first, last = int(above[0]), int(above[-1])
    if first == 0 or last == len(x) - 1:
        return None
    left = float(np.interp(level, [y[first - 1], y[first]], [x[first - 1], x[first]]))
    right = float(np.interp(-level, [-y[last], -y[last + 1]], [x[last], x[last + 1]]))
    return left, right


def spread_curves(spread: LineSpread) -> tuple[Curve, ...]:
    """What is drawn of it.

    Parameters
    ----------
    spread : LineSpread
        Of a field.

    Returns
    -------
    tuple of Curve
        Its shape in thirds of the spectrum; width and resolution along it.
    """
    shapes = {
        f"{name}: {width:.2f} pixels": (spread.offset, profile)
        for name, width, profile in zip(_PARTS, spread.seen, spread.profile, strict=True)
        if np.isfinite(width)
    }
    good = np.isfinite(spread.fwhm)
    label = "wavelength in vacuum (nm)"
    wave = spread.wavelength[good]
    made = [
        Curve("Width over the field", label, "FWHM (pixel)", {"lines": (wave, spread.fwhm[good])}, points=("lines",)),
        Curve(
            "Resolution along the spectrum", label, "wavelength / FWHM", {"lines": (wave, spread.resolution[good])},
            points=("lines",),
        ),
    ]  # fmt: skip
    if shapes:
        made.insert(0, Curve("Line-spread function", "pixels from the centre", "flux of a line, per pixel", shapes))
    return tuple(made)


def spread_extensions(spread: LineSpread) -> tuple[ExtraHdu, ...]:
    """What a product holds of it.

    Parameters
    ----------
    spread : LineSpread
        Of a field.

    Returns
    -------
    tuple of ExtraHdu
        ``LSF``: its shape; ``RESOLUTION``: of each line.
    """
    good = np.isfinite(spread.fwhm)
    columns = {"offset": spread.offset} | {
        name.replace(" ", "_"): profile for name, profile in zip(_PARTS, spread.profile, strict=True)
    }
    lines = {
        "wavelength": spread.wavelength[good] * _UM,
        "fwhm": spread.fwhm[good],
        "resolution": spread.resolution[good],
    }
    return (
        ExtraHdu("LSF", columns, {"offset": "pixel"}),
        ExtraHdu("RESOLUTION", lines, {"wavelength": "um", "fwhm": "pixel"}),
    )
