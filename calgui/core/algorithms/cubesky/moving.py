"""The sky on the planes of the science: moved, its lines known, its light shared among the families."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.cubesky.linemodel import Lines, Measured, profiles, shares
from calgui.core.algorithms.cubesky.resampling import Resampler
from calgui.core.algorithms.leastsquares import solve
from calgui.core.spectra.airglow import O2, O2_BAND

Floats = npt.NDArray[np.float64]

#: profiles of both spectra are alike to this part of a line's light
_ALIKE = 0.01
#: kT of OH in 1/cm, at the 190 K of the list
_KT = 132.1
#: the smallest part of all lines' light that a family of its own has
_LEAST_LIGHT = 1e-3


@dataclass(frozen=True)
class Spectra:
    """Mean spectra of the same empty spaxels.

    Attributes
    ----------
    wavelength : ndarray of float64, shape (n,)
        Of the science, nm.
    science, science_variance : ndarray of float64, shape (n,)
        Mean and its variance.
    sky, sky_variance : ndarray of float64, shape (k,)
        The same on the planes of the sky.
    resampler : Resampler
        From the sky's planes to the science's.
    smooth, sky_smooth : ndarray of float64, shape (n, q), (k, q)
        Basis of the continuum on both axes.
    """

    wavelength: Floats
    science: Floats
    science_variance: Floats
    sky: Floats
    sky_variance: Floats
    resampler: Resampler
    smooth: Floats
    sky_smooth: Floats


@dataclass
class Mover:
    """A sky that is moved to the planes of the science.

    Attributes
    ----------
    spectra : Spectra
        Mean spectra.
    measured : Measured
        Lines in the sky.
    sky_continuum : ndarray of float64, shape (n,)
        Continuum of the sky on the planes of the science.
    good : ndarray of bool, shape (n,)
        Planes that can be fitted.
    """

    spectra: Spectra
    measured: Measured
    sky_continuum: Floats = field(init=False)
    good: npt.NDArray[np.bool_] = field(init=False)
    _model: npt.NDArray[np.float32] = field(init=False, repr=False)
    _filled: npt.NDArray[np.float32] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        one, lines = self.spectra, self.measured.lines
        model = np.zeros(len(one.sky))
        if self.measured.found:
            model = profiles(lines, len(one.sky), self.measured.sigma) @ lines.strength
        coefficients = baseline(one.sky, one.sky_variance, model, one.sky_smooth)
        self.sky_continuum = (one.smooth @ coefficients) * one.resampler.ratio
        level = one.sky_smooth @ coefficients
        self._model = model.astype(np.float32)
        self._filled = np.where(np.isfinite(one.sky), one.sky, level + model).astype(np.float32)
        self.good = np.isfinite(one.science) & one.resampler.covered & np.isfinite(one.science_variance)

    def on_science(self, shift: float) -> tuple[Lines, float]:
        """The lines on the planes of the science.

        Parameters
        ----------
        shift : float
            Planes of the sky.

        Returns
        -------
        tuple of Lines and float
            And their width there, sigma in planes.
        """
        lines, path = self.measured.lines, self.spectra.resampler
        place = path.plane_of(lines.place + shift)
        pace = float(np.median(np.abs(np.gradient(path.position))))
        return Lines(place, lines.strength, lines.family, lines.rotational, lines.names), self.measured.sigma / pace

    def sky(self, shift: float) -> tuple[Floats, Floats]:
        """The sky on the planes of the science.

        Parameters
        ----------
        shift : float
            Planes of the sky.

        Returns
        -------
        tuple of ndarray of float64, shape (n,)
            The sky; and the part of it that plain resampling does not give: lines are hardly wider than two pixels, so
            that their model is moved as a Gaussian, and only what is left of them is resampled.
        """
        if shift == 0 and self.spectra.resampler.identical:
            return self._filled.astype(np.float64), np.zeros(len(self._filled))
        matrix = self.spectra.resampler.matrix(shift)
        plain = np.asarray(matrix @ self._filled, np.float64)
        if not self.measured.found:
            return plain, np.zeros(len(plain))
        lines, sigma = self.on_science(shift)
        moved = profiles(lines, len(plain), sigma) @ lines.strength
        # light of a line is kept; where values are per wavelength they rise as the steps become larger
        moved *= float(np.median(self.spectra.resampler.ratio)) * sigma / self.measured.sigma
        # it holds lines beyond the ends, too, which resampling knows nothing of
        correction = moved - np.asarray(matrix @ self._model, np.float64)
        return plain + correction, correction


def baseline(values: Floats, variance: Floats, model: Floats, smooth: Floats) -> Floats:
    """Coefficients of the continuum from pixels that the lines hardly reach.

    Parameters
    ----------
    values, variance : ndarray of float64, shape (n,)
        A spectrum of the sky, and its variance; NaN is left out.
    model : ndarray of float64, shape (n,)
        Light of the lines that are known.
    smooth : ndarray of float64, shape (n, q)
        Basis of the continuum.

    Returns
    -------
    ndarray of float64, shape (q,)
    """
    good = np.isfinite(values) & np.isfinite(variance)
    order = np.argsort(model[good])
    # the darkest three fifths, or what is below a thousandth of the brightest line
    dark = np.zeros(good.sum(), np.bool_)
    dark[order[: max(int(0.4 * len(order)), 2 * smooth.shape[1])]] = True
    dark |= model[good] < 1e-3 * max(float(model.max(initial=0.0)), 1e-30)
    basis, sought = smooth[good][dark], values[good][dark]
    weight = np.ones(len(sought))
    coefficients = np.zeros(smooth.shape[1])
    for _ in range(8):
        found = solve(basis * weight[:, None], sought * weight)
        coefficients = np.asarray(found, np.float64)
        left = sought - basis @ coefficients
        scatter = max(1.4826 * float(np.median(np.abs(left - np.median(left)))), 1e-30)
        # lines that no list holds stand above: what is bright counts less than what is dark
        weight = np.where(left > 0, 1 / (1 + (left / (1.5 * scatter)) ** 2), 1.0)
    return coefficients


def families_of(mover: Mover, *, apart: bool) -> tuple[tuple[str, ...], Floats]:
    """The families in the light, and their parts of it.

    Parameters
    ----------
    mover : Mover
        Of the sky.
    apart : bool
        Whether families are told apart at all.

    Returns
    -------
    tuple of tuple of str and ndarray of float64, shape (families, n)
        Names; parts, which add up to 1 in each plane. ``all`` where there is one scale for everything.
    """
    n, measured = len(mover.spectra.wavelength), mover.measured
    if not measured.found or not apart:
        return ("all",), np.ones((1, n))
    lines, sigma = mover.on_science(0.0)
    total = np.array([lines.strength[lines.family == family].sum() for family in range(len(lines.names))])
    kept = [family for family in range(len(total)) if total[family] > _LEAST_LIGHT * total.sum()]
    mine = np.isin(lines.family, kept)
    renumbered = np.array([kept.index(family) if family in kept else 0 for family in range(len(total))])
    part = Lines(
        lines.place[mine], lines.strength[mine], renumbered[lines.family[mine]], lines.rotational[mine],
        tuple(lines.names[family] for family in kept),
    )  # fmt: skip
    share = shares(part, n, sigma)
    names = part.names
    oxygen = _oxygen(mover)
    if oxygen is not None and O2 not in names:
        share = np.concatenate([share * (1 - oxygen), oxygen[None]])
        names = (*names, O2)
    return names, share


def _oxygen(mover: Mover) -> Floats | None:
    """Part of the light at 1.27 µm that is of oxygen: what the lines of OH do not explain there."""
    wavelength = mover.spectra.wavelength
    inside = (wavelength > O2_BAND[0]) & (wavelength < O2_BAND[1])
    if np.count_nonzero(inside) < 10:
        return None
    from scipy.ndimage import gaussian_filter1d

    sky, _ = mover.sky(0.0)
    light = np.clip(sky - mover.sky_continuum, 0, None)
    lines, sigma = mover.on_science(0.0)
    of_oh = profiles(lines, len(light), sigma) @ lines.strength
    over, all_of_it = (gaussian_filter1d(one, 2.0) for one in (np.clip(light - 1.2 * of_oh, 0, None), light + 1e-30))
    part = np.where(inside, np.clip(over / np.maximum(all_of_it, 1e-30), 0, 1), 0)
    return np.asarray(part) if float((part * light).sum()) > 0.05 * float(light[inside].sum()) else None


def rotation_of(mover: Mover) -> Floats:
    """Rotational energy behind the light of each plane.

    Parameters
    ----------
    mover : Mover
        Of the sky.

    Returns
    -------
    ndarray of float64, shape (n,)
        Mean over the lines in kT at 190 K, less that of all light; 0 between the lines.
    """
    lines, sigma = mover.on_science(0.0)
    shape = profiles(lines, len(mover.spectra.wavelength), sigma)
    light = shape @ lines.strength
    energy = shape @ (lines.strength * lines.rotational / _KT)
    mean = float(energy.sum() / max(light.sum(), 1e-30))
    floor = 1e-3 * float(light.max(initial=1e-30))
    return np.asarray(np.clip((energy + floor * mean) / (light + floor) - mean, -10, 10))


def width_ratio(mover: Mover, shift: float, sky: Floats, factor: Floats) -> float:
    """Width of the lines in the science over that in the sky, both measured in the same way.

    Parameters
    ----------
    mover : Mover
        Of the sky.
    shift : float
        That was found.
    sky : ndarray of float64, shape (n,)
        The sky, moved.
    factor : ndarray of float64, shape (n,)
        What its lines are multiplied by.

    Returns
    -------
    float
        1 where no lines were found.
    """
    if not mover.measured.found:
        return 1.0
    from scipy.optimize import minimize_scalar

    spectra, good = mover.spectra, mover.good
    lines, usual = mover.on_science(shift)
    weight = 1 / np.sqrt(variance_of(spectra, shift, np.ones(len(sky)), sky - mover.sky_continuum)[good])

    # families are as bright as they are in the science
    strength = lines.strength * np.interp(lines.place, np.arange(len(factor)), factor)

    def left(sigma: float, spectrum: Floats, strength: Floats) -> float:
        model = profiles(lines, len(sky), sigma) @ strength
        design = np.concatenate([model[:, None], spectra.smooth], axis=1)[good] * weight[:, None]
        solved = solve(design, spectrum[good] * weight)
        return float(np.sum((spectrum[good] * weight - design @ solved) ** 2))

    widths = [
        minimize_scalar(
            left, (0.6 * usual, 1.7 * usual), args=one, bounds=(0.6 * usual, 1.7 * usual), method="bounded",
            options={"xatol": 0.003 * usual, "maxiter": 12},
        ).x
        for one in ((spectra.science, strength), (sky, lines.strength))
    ]  # fmt: skip
    return float(widths[0] / widths[1])


def variance_of(spectra: Spectra, shift: float, factor: Floats, light: Floats) -> Floats:
    """Variance of the difference of the mean spectra.

    Parameters
    ----------
    spectra : Spectra
        What is fitted.
    shift : float
        Of the sky.
    factor : ndarray of float64, shape (n,)
        What the sky is multiplied by.
    light : ndarray of float64, shape (n,)
        Lines, whose profiles are alike to one per cent.

    Returns
    -------
    ndarray of float64, shape (n,)
    """
    if shift == 0 and spectra.resampler.identical:
        own = spectra.sky_variance
    else:
        matrix = spectra.resampler.matrix(shift)
        own = np.asarray(matrix.power(2) @ np.nan_to_num(spectra.sky_variance).astype(np.float64))
    total = spectra.science_variance + factor**2 * np.nan_to_num(own) + (_ALIKE * light) ** 2
    floor = 1e-12 * max(float(np.nanmax(np.abs(spectra.science))), 1e-30) ** 2
    return np.where(np.isfinite(total), np.maximum(total, floor), 1e30)
