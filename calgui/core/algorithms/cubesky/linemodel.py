"""The lines of the list as an instrument shows them: their width and place from the sky itself, and who shares what."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.leastsquares import solve
from calgui.core.spectra.airglow import SkyLines

Floats = npt.NDArray[np.float64]

#: lines of one family that are closer than this, in pixels, are one
_MERGED = 0.3
#: a line reaches so many sigma
_REACH = 6.0
#: widths that are tried first, sigma in pixels, and places
_WIDTHS, _PLACES = (0.7, 0.9, 1.3, 2.0, 3.0), (-0.8, -0.4, 0.0, 0.4, 0.8)
#: where no line can be measured: two pixels at half height
USUAL_SIGMA = 0.85
_SHARPENED = 20


@dataclass(frozen=True)
class Lines:
    """Lines on an axis of pixels.

    Attributes
    ----------
    place : ndarray of float64, shape (L,)
        Plane number, from 0, with its fraction.
    strength : ndarray of float64, shape (L,)
        Light of the line; relative until it is measured.
    family : ndarray of int, shape (L,)
        Index into ``names``.
    rotational : ndarray of float64, shape (L,)
        Rotational energy of the upper level, 1/cm; 0 where it is not known.
    names : tuple of str
        Families, ``4-2``.
    """

    place: Floats
    strength: Floats
    family: npt.NDArray[np.intp]
    rotational: Floats
    names: tuple[str, ...]


def place_lines(lines: SkyLines, wavelength: Floats) -> Lines:
    """The lines of the list on an axis.

    Parameters
    ----------
    lines : SkyLines
        All.
    wavelength : ndarray of float64, shape (n,)
        Of the planes, nm, rising or falling.

    Returns
    -------
    Lines
        Those that reach into the axis. What is not identified belongs to the family of the nearest line that is.
    """
    rising = wavelength if wavelength[-1] > wavelength[0] else wavelength[::-1]
    margin = 8 * float(np.median(np.diff(rising)))
    part = lines.within(rising[0] - margin, rising[-1] + margin)
    known = [name for name in part.family if name]
    names = tuple(dict.fromkeys(known))
    if not names:
        none = np.zeros(0)
        return Lines(none, none, np.zeros(0, np.intp), none, ())
    of = np.array([names.index(name) if name else -1 for name in part.family])
    identified = np.flatnonzero(of >= 0)
    nearest = np.abs(part.wavelength[:, None] - part.wavelength[identified][None]).argmin(axis=1)
    of = of[identified[nearest]]
    index = np.arange(len(rising), dtype=np.float64)
    place = np.interp(part.wavelength, rising, index)
    low, high = part.wavelength < rising[0], part.wavelength > rising[-1]
    place[low] = (part.wavelength[low] - rising[0]) / (rising[1] - rising[0])
    place[high] = index[-1] + (part.wavelength[high] - rising[-1]) / (rising[-1] - rising[-2])
    energy = np.nan_to_num(part.rotational)
    merged: list[tuple[float, float, int, float]] = []
    for family in range(len(names)):
        mine = np.flatnonzero(of == family)
        for group in np.split(mine, np.flatnonzero(np.diff(place[mine]) > _MERGED) + 1):
            weight = part.intensity[group]
            total = float(weight.sum())
            merged.append(
                (
                    float((place[group] * weight).sum() / total),
                    total,
                    family,
                    float((energy[group] * weight).sum() / total),
                )
            )
    columns = np.array(merged)
    made = columns[:, 0] if rising is wavelength else index[-1] - columns[:, 0]
    return Lines(made, columns[:, 1], columns[:, 2].astype(np.intp), columns[:, 3], names)


def profiles(lines: Lines, n: int, sigma: float, offset: float = 0.0) -> Any:
    """Each line as a Gaussian of area 1, integrated over the pixels.

    Parameters
    ----------
    lines : Lines
        Where they are.
    n : int
        Planes.
    sigma : float
        Width in pixels.
    offset : float
        Added to every place.

    Returns
    -------
    scipy.sparse.csc_array of float64, shape (n, L)
        A line reaches few pixels.
    """
    from scipy.sparse import csc_array
    from scipy.special import ndtr

    place = lines.place + offset
    half = int(np.ceil(_REACH * sigma)) + 1
    near = np.round(place).astype(np.int64)[:, None] + np.arange(-half, half + 1)[None]
    edges = np.concatenate([near, near[:, -1:] + 1], axis=1) - 0.5
    values = np.diff(ndtr((edges - place[:, None]) / sigma), axis=1)
    inside = (near >= 0) & (near < n)
    starts = np.concatenate([[0], np.cumsum(np.count_nonzero(inside, axis=1))])
    return csc_array((values[inside], near[inside], starts), shape=(n, len(place)))


@dataclass(frozen=True)
class Measured:
    """How a spectrograph shows the lines.

    Attributes
    ----------
    sigma : float
        Width, in pixels of the sky.
    offset : float
        Places of the lines in the sky less those of the list, in pixels.
    lines : Lines
        With the light of each in the unit of the spectrum.
    found : bool
        Whether the lines stand out at all.
    """

    sigma: float
    offset: float
    lines: Lines
    found: bool


def measure(lines: Lines, spectrum: Floats, variance: Floats, smooth: Floats) -> Measured:
    """Width, place and strengths of the lines in a spectrum of the sky.

    Parameters
    ----------
    lines : Lines
        On the axis of the spectrum.
    spectrum, variance : ndarray of float64, shape (n,)
        Values and their variance; NaN is left out.
    smooth : ndarray of float64, shape (n, q)
        Basis of the continuum.

    Returns
    -------
    Measured
        Families are scaled first; then each line by Richardson's and Lucy's iterations, because the list gives their
        ratios only roughly.
    """
    from scipy.ndimage import maximum_filter1d
    from scipy.optimize import minimize

    good = np.isfinite(spectrum) & np.isfinite(variance)
    if not lines.names or good.sum() < smooth.shape[1] + 2 * len(lines.names) + 3:
        return Measured(USUAL_SIGMA, 0.0, lines, found=False)
    values = spectrum[good]
    # profiles are no Gaussians: what is expected of a model is relative to the line, in its wings, too
    light = maximum_filter1d(np.clip(values - np.percentile(values, 20), 0, None), 7)
    floor = (1e-6 * max(float(np.abs(values).max()), 1e-30)) ** 2
    weight = 1 / np.sqrt(variance[good] + (0.1 * light) ** 2 + floor)
    member = (lines.family[:, None] == np.arange(len(lines.names))[None]) * lines.strength[:, None]

    def fitted(parameters: Floats) -> tuple[float, Floats]:
        sigma, offset = float(np.clip(parameters[0], 0.4, 8.0)), float(np.clip(parameters[1], -2.0, 2.0))
        model = np.concatenate([profiles(lines, len(spectrum), sigma, offset) @ member, smooth], axis=1)[good]
        scales = solve(model * weight[:, None], values * weight)
        return float(np.sum(((values - model @ scales) * weight) ** 2)), np.asarray(scales, np.float64)

    starts = [np.array([sigma, place]) for sigma in _WIDTHS for place in _PLACES]
    best = min(starts, key=lambda start: fitted(start)[0])
    bare = solve(smooth[good] * weight[:, None], values * weight)
    flat = float(np.sum(((values - smooth[good] @ bare) * weight) ** 2))
    simplex = best[None] + np.array([[0, 0], [0.15, 0], [0, 0.15]])
    found = minimize(
        lambda parameters: fitted(parameters)[0],
        best,
        method="Nelder-Mead",
        options={"maxfev": 60, "xatol": 0.005, "fatol": 1e-3, "initial_simplex": simplex},
    )
    chi, scales = fitted(found.x)
    sigma, offset = float(np.clip(found.x[0], 0.4, 8.0)), float(np.clip(found.x[1], -2.0, 2.0))
    # the lines must explain more than chance would: 25 for each family, and as much as what is left of the noise
    stands_out = flat - chi > 25 * len(lines.names) * max(1.0, chi / good.sum())
    if not stands_out:
        return Measured(USUAL_SIGMA, 0.0, lines, found=False)
    level = smooth @ scales[len(lines.names) :]
    usual = max(float(np.median(np.clip(scales[: len(lines.names)], 0, None))), 1e-12)
    strength = np.clip(scales[lines.family], 0.02 * usual, None) * lines.strength
    shape = profiles(lines, len(spectrum), sigma, offset).tocsr()[good]
    strength = _sharpened(shape, strength, np.clip(values - level[good], 0, None))
    made = Lines(lines.place + offset, strength, lines.family, lines.rotational, lines.names)
    return Measured(sigma, offset, made, found=True)


def _sharpened(shape: Any, strength: Floats, light: Floats) -> Floats:
    """Strengths of single lines by Richardson's and Lucy's iterations; they stay positive."""
    seen = np.maximum(np.asarray(shape.sum(axis=0)).ravel(), 1e-9)
    for _ in range(_SHARPENED):
        model = np.maximum(shape @ strength, 1e-12)
        # a line that hardly reaches into the spectrum keeps what the list says
        change = np.where(seen > 0.75, (shape.T @ (light / model)) / seen, 1.0)
        strength = strength * np.clip(change, 0.5, 2.0)
    return strength


def shares(lines: Lines, n: int, sigma: float) -> Floats:
    """Which part of the light of each pixel belongs to which family.

    Parameters
    ----------
    lines : Lines
        On the axis wanted, with measured strengths.
    n : int
        Planes.
    sigma : float
        Width in pixels of that axis.

    Returns
    -------
    ndarray of float64, shape (families, n)
        Adds up to 1 in every pixel; between the lines the nearest families share.
    """
    from scipy.ndimage import gaussian_filter1d

    member = (lines.family[:, None] == np.arange(len(lines.names))[None]) * lines.strength[:, None]
    made = np.asarray(profiles(lines, n, sigma) @ member).T
    wide = sum(
        part * gaussian_filter1d(made, width * sigma, axis=1, mode="nearest")
        for part, width in ((1e-2, 6.0), (1e-3, 40.0))
    )
    # far from all lines families share as in the whole
    everywhere = 1e-7 * made.sum(axis=1, keepdims=True)
    made = made + wide + everywhere + 1e-12 * max(float(made.sum()), 1e-30)
    return np.asarray(made / made.sum(axis=0))
