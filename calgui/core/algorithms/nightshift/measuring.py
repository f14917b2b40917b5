"""Shifts of the features of the sky on every spectrum."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.banding import over_bands
from calgui.core.algorithms.kernels import compiled_arcs, unwritten
from calgui.core.algorithms.nightshift.config import NightShiftConfig
from calgui.core.algorithms.nightshift.features import Features, features_of
from calgui.core.algorithms.spectralgrid.spectra import Stack
from calgui.core.errors import AlgorithmError
from calgui.core.frames import dq as flags
from calgui.core.jobs import Job
from calgui.core.spectra.airglow import sky_lines

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]

#: of light, km/s
LIGHT = 299_792.458
_FWHM = 2.3548200450309493
#: full width at half maximum to begin with, pixels
_GUESS = 2.4
#: spectra of which the width and a first shift are found
_SAMPLE = 200
#: spectra of a part of the work
_CHUNK = 64
#: features that are off by more than this, because of what they are made of, are left out; pixels
_DOUBT = 0.15


@dataclass(frozen=True)
class Measured:
    """Features of all spectra.

    Attributes
    ----------
    features : Features
        What was looked for.
    centre, pace : ndarray of float64, shape (n, f)
        Pixel by the solution, along rising wavelength, and nm per pixel.
    shift, error, flux : ndarray of float64, shape (n, f)
        Pixels along rising wavelength; NaN where it was not seen.
    fwhm : float
        Of lines, in pixels, that of the pixel taken out.
    """

    features: Features
    centre: Floats
    pace: Floats
    shift: Floats
    error: Floats
    flux: Floats
    fwhm: float

    @cached_property
    def usual_pace(self) -> float:
        """nm per pixel, the median of all."""
        return float(np.nanmedian(self.pace))

    @property
    def middle(self) -> float:
        """Median wavelength of the features, nm."""
        return float(np.median(self.features.wavelength))


def usable(stack: Stack) -> Singles:
    """Spectra without flagged pixels.

    Parameters
    ----------
    stack : Stack
        Spectra.

    Returns
    -------
    ndarray of float32, shape (n, pixels)
        NaN where a pixel does not count.
    """
    if stack.bits is None:
        return stack.flux
    return np.where(stack.bits & np.uint32(flags.DO_NOT_USE | flags.SATURATED), np.float32(np.nan), stack.flux)


def measure(stack: Stack, photons: float, config: NightShiftConfig, job: Job) -> Measured:
    """Measure the features of the sky.

    Parameters
    ----------
    stack : Stack
        Spectra with wavelengths.
    photons : float
        Electrons in a unit of flux, where there are no errors.
    config : NightShiftConfig
        ``search``, ``faintest``.
    job : Job
        Progress and cancel.

    Returns
    -------
    Measured

    Raises
    ------
    AlgorithmError
        There are no lines of the sky in the range, or none is seen.
    """
    flux = usable(stack)
    known = np.flatnonzero(np.isfinite(stack.wavelength).all(axis=1) & np.isfinite(flux).any(axis=1))
    if not known.size:
        raise AlgorithmError("No spectrum has both values and wavelengths.", cure="Choose the WAVECAL of this mode.")
    low, high = float(stack.wavelength[known].min()), float(stack.wavelength[known].max())
    lines = sky_lines().within(low, high)
    pace = float(np.median(np.diff(stack.wavelength[known], axis=1)))
    some = known[np.linspace(0, len(known) - 1, min(len(known), _SAMPLE)).astype(int)]
    sigma = _GUESS / _FWHM
    features = features_of(lines, _GUESS * pace, config.faintest, _DOUBT * pace)
    if not len(features):
        raise AlgorithmError(
            f"Between {low:.1f} and {high:.1f} nm there is no known line of the night sky that stands alone.",
            cure="Take the shift from a filter with lines of OH, 0.8 to 2.3 µm.",
        )
    guess = _first_shift(flux[some], stack.wavelength[some], features, sigma, config.search)
    for _ in range(2):
        places = _places(stack.wavelength[some], features.wavelength)
        trial = _fitted(stack, flux, some, places, features, photons, guess, sigma, Job())
        wide = trial[3][trial[1] < 0.15]
        if wide.size >= 3:
            sigma = float(np.median(wide))
        close = trial[0][trial[1] < 0.3]
        if close.size:
            guess = float(np.median(close))
        seen = math.hypot(sigma * _FWHM, 0.8)
        features = features_of(lines, seen * pace, config.faintest, _DOUBT * pace)
    job.report(0.2, "Measuring lines of the night sky")
    centre, paces = _places(stack.wavelength, features.wavelength)
    shift, error, light, _ = _fitted(
        stack, flux, slice(None), (centre, paces), features, photons, guess, sigma, job.part(0.2, 1)
    )  # fmt: skip
    if not np.isfinite(shift).any():
        raise AlgorithmError(
            "No line of the night sky is seen where the solution has one.",
            cure=f"Choose spectra of the sky, or search further than {config.search:g} pixels.",
        )
    return Measured(features, centre, paces, shift, error, light, sigma * _FWHM)


def _fitted(
    stack: Stack, flux: Singles, which: npt.NDArray[np.intp] | slice, places: tuple[Floats, Floats],
    features: Features, photons: float, guess: float, sigma: float, job: Job,
) -> tuple[Floats, Floats, Floats, Floats]:  # fmt: skip
    """Shift, error, flux and width of features of some spectra."""
    kernel = compiled_arcs("blends").shifts
    values = unwritten(np.ascontiguousarray(flux[which]))
    spread = np.empty((0, 0), np.float32) if stack.error is None else np.ascontiguousarray(stack.error[which])
    centre, pace = places
    made = [np.full(centre.shape, np.nan) for _ in range(4)]

    def work(start: int, stop: int) -> None:
        kernel(
            values, spread, photons, centre, pace, features.first, features.distance, features.share, guess, sigma,
            start, stop, *made,
        )  # fmt: skip

    over_bands(len(values), _CHUNK, work, job, "Measuring lines of the night sky")
    return made[0], made[1], made[2], made[3]


def _places(wavelength: Floats, lines: Floats) -> tuple[Floats, Floats]:
    """Pixel of each line on each spectrum, and nm per pixel there; NaN outside."""
    count, pixels = wavelength.shape
    centre, pace = np.full((count, len(lines)), np.nan), np.full((count, len(lines)), np.nan)
    index = np.arange(pixels, dtype=np.float64)
    for spectrum in range(count):
        own = wavelength[spectrum]
        if not np.isfinite(own[0]):
            continue
        at = np.interp(lines, own, index, left=np.nan, right=np.nan)
        near = np.clip(np.nan_to_num(at).astype(int), 1, pixels - 3)
        # a parabola through the pixels around it: straight between them would be off where dispersion changes
        before, here, after = own[near], own[near + 1], own[near + 2]
        first, second = (after - before) / 2, after - 2 * here + before
        step = (lines - here) / first
        for _ in range(3):
            step = step - (here + first * step + second * step**2 / 2 - lines) / (first + second * step)
        centre[spectrum] = np.where(np.isfinite(at), near + 1 + step, np.nan)
        pace[spectrum] = first + second * step
    return centre, pace


def _first_shift(flux: Singles, wavelength: Floats, features: Features, sigma: float, search: float) -> float:
    """The shift at which the filtered spectra are the brightest where features are, by their square roots."""
    filters = compiled_arcs("filtering")
    taps, reach = filters.line_filter(math.hypot(sigma, 0.3)), math.ceil(search)
    steps = np.arange(-2 * reach, 2 * reach + 1) / 2
    total = np.zeros(len(steps))
    centre, _ = _places(wavelength, features.wavelength)
    values, room = np.empty(flux.shape[1]), np.empty(flux.shape[1])
    index = np.arange(flux.shape[1])
    for spectrum, row in enumerate(flux):
        noise, _ = filters.filtered(row, taps, values, room)
        if not noise > 0:
            continue
        at = centre[spectrum][np.isfinite(centre[spectrum])]
        weight = np.sqrt(features.intensity[np.isfinite(centre[spectrum])])
        root = np.sqrt(np.maximum(values, 0) / noise)
        total += np.interp(at[None] + steps[:, None], index, root, left=0, right=0) @ weight
    return float(steps[int(np.argmax(total * (1 - 0.1 * (steps / (reach + 1)) ** 2)))])
