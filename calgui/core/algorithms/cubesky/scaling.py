"""Fits one spectrum of the sky to another: shift, a scale for each family, and the smooth light beside the lines."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.cubesky.config import CubeSkyConfig
from calgui.core.algorithms.cubesky.linemodel import Lines, Measured, profiles, shares
from calgui.core.algorithms.cubesky.resampling import Resampler
from calgui.core.spectra.airglow import O2, O2_BAND

Floats = npt.NDArray[np.float64]

#: families follow the common scale within this where their own lines do not tell
_PRIOR = 0.2
#: a family whose scale is less certain than this is told to follow the others
UNCERTAIN = 0.1
#: profiles of both spectra are alike to this part of a line's light
_ALIKE = 0.01
_ROUNDS, _PLAIN_ROUNDS = 10, 3
_TUKEY = 4.685
_STEP = 0.02
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


@dataclass(frozen=True)
class Fit:
    """What was found.

    Attributes
    ----------
    names : tuple of str
        Families.
    scales, errors : ndarray of float64, shape (families,)
        One standard deviation.
    overall, overall_error : float
        The one scale of all lines.
    shift, shift_error : float
        How far the sky is moved towards larger plane numbers, in planes of the sky.
    share : ndarray of float64, shape (families, n)
        Part of each family in the light of a pixel.
    factor : ndarray of float64, shape (n,)
        What the sky is multiplied by.
    continuum, sky_continuum : ndarray of float64, shape (n,)
        Of the science's sky, and of the sky on the same planes.
    offset : ndarray of float64, shape (n,)
        What is added to the sky after it was multiplied: the continuum's change, and what resampling leaves of the
        sharpest lines.
    slope : ndarray of float64, shape (n,)
        Change of the model for one plane of shift.
    light : ndarray of float64, shape (n,)
        Lines of the sky as they are subtracted.
    rotational : float
        Relative change of the lines for a rotational energy of kT at 190 K.
    width : float
        Width of the lines in the science over that in the sky.
    limited : bool
        Whether the shift came to the limit.
    """

    names: tuple[str, ...]
    scales: Floats
    errors: Floats
    overall: float
    overall_error: float
    shift: float
    shift_error: float
    share: Floats
    factor: Floats
    continuum: Floats
    sky_continuum: Floats
    offset: Floats
    slope: Floats
    light: Floats
    rotational: float = 0.0
    width: float = 1.0
    limited: bool = False


@dataclass
class _Fitter:
    spectra: Spectra
    measured: Measured
    config: CubeSkyConfig
    sky_continuum: Floats = field(init=False)
    own_continuum: Floats = field(init=False)
    model: Floats = field(init=False)
    good: npt.NDArray[np.bool_] = field(init=False)

    def __post_init__(self) -> None:
        one, lines = self.spectra, self.measured.lines
        shape = profiles(lines, len(one.sky), self.measured.sigma)
        self.model = shape @ lines.strength if self.measured.found else np.zeros(len(one.sky))
        coefficients = _baseline(one.sky, one.sky_variance, self.model, one.sky_smooth)
        self.own_continuum = one.sky_smooth @ coefficients
        self.sky_continuum = (one.smooth @ coefficients) * one.resampler.ratio
        self.filled = np.where(np.isfinite(one.sky), one.sky, self.own_continuum + self.model).astype(np.float32)
        self.good = np.isfinite(one.science) & one.resampler.covered & np.isfinite(one.science_variance)

    def on_science(self, shift: float) -> tuple[Lines, float]:
        """The lines on the planes of the science, and their width there."""
        one, lines = self.spectra, self.measured.lines
        position, index = one.resampler.position, np.arange(len(one.wavelength), dtype=np.float64)
        order = np.argsort(position)
        place = np.interp(lines.place + shift, position[order], index[order], left=-1e3, right=-1e3)
        pace = float(np.median(np.abs(np.gradient(position))))
        return Lines(place, lines.strength, lines.family, lines.rotational, lines.names), self.measured.sigma / pace

    def sky(self, shift: float) -> tuple[Floats, Floats]:
        """The sky on the planes of the science, and what the model of its lines adds to plain resampling."""
        if shift == 0 and self.spectra.resampler.identical:
            return self.filled.astype(np.float64), np.zeros(len(self.filled))
        matrix = self.spectra.resampler.matrix(shift)
        plain = np.asarray(matrix @ self.filled, np.float64)
        if not self.measured.found:
            return plain, np.zeros(len(plain))
        lines, sigma = self.on_science(shift)
        pace = self.measured.sigma / sigma
        moved = profiles(lines, len(plain), sigma) @ lines.strength
        # light of a line is kept; where values are per wavelength they rise as the steps become larger
        moved *= float(np.median(self.spectra.resampler.ratio)) / pace
        correction = moved - np.asarray(matrix @ self.model.astype(np.float32), np.float64)
        margin = 8
        correction[:margin] = correction[-margin:] = 0
        return plain + correction, correction


def fit(
    spectra: Spectra, measured: Measured, config: CubeSkyConfig, *, own_level: bool = False, halo: float = 0.0
) -> Fit:
    """Fit the sky to the empty spaxels of the science.

    Parameters
    ----------
    spectra : Spectra
        What is fitted to what.
    measured : Measured
        The lines in the sky.
    config : CubeSkyConfig
        Options.
    own_level : bool
        Whether the continuum is that of the sky as it is, and not the one fitted to the science.
    halo : float
        Light of objects in the spaxels that were taken for empty, which is no part of the sky's continuum.

    Returns
    -------
    Fit

    Notes
    -----
    Davies (2007, MNRAS 375, 1099): the lines that leave the same pair of vibrational levels brighten and fade together,
    so each family has one scale; where families overlap a pixel is shared as the lines of the list, measured in the
    sky, share it. Least squares with Tukey's weights, because an object's line may lie on a line of the sky.
    """
    fitter = _Fitter(spectra, measured, config)
    names, share = _families(fitter, spectra, measured, config)
    rotation = _rotation(fitter) if config.rotational and measured.found else None
    shift = _coarse(fitter) if config.fit_shift and measured.found else 0.0
    weight = np.ones(len(spectra.science))
    overall, overall_error = 1.0, _PRIOR
    scales, errors, shift_error, turned = np.ones(len(names)), np.full(len(names), _PRIOR), 0.0, 0.0
    slope, level = np.zeros(len(spectra.science)), np.zeros(spectra.smooth.shape[1])
    for number in range(_ROUNDS):
        sky, _ = fitter.sky(shift)
        light = sky - fitter.sky_continuum
        variance = _variance(spectra, shift, share.T @ scales, light)
        columns = [light[:, None]]
        overall, overall_error = _one_scale(fitter, columns[0], spectra, variance, weight)
        design = [(share * light).T, spectra.smooth]
        if rotation is not None:
            design.append((light * (share.T @ scales) * rotation)[:, None])
        moving = config.fit_shift and measured.found
        if moving:
            ahead, behind = fitter.sky(shift + _STEP)[0], fitter.sky(shift - _STEP)[0]
            slope = (share.T @ scales) * (ahead - behind) / (2 * _STEP)
            design.append(slope[:, None])
        solved, covariance = _solve(
            np.concatenate(design, axis=1), spectra, share, shift, variance, weight, fitter.good, overall
        )
        f, q = len(names), spectra.smooth.shape[1]
        scales, level = solved[:f], solved[f : f + q]
        errors = np.sqrt(np.diag(covariance)[:f])
        turned = float(solved[f + q]) if rotation is not None else 0.0
        step = 0.0
        if moving:
            step = float(np.clip(solved[-1], -0.3, 0.3))
            shift_error = float(np.sqrt(covariance[-1, -1]))
            shift = float(np.clip(shift + step, -config.max_shift, config.max_shift))
        left = (spectra.science - np.concatenate(design, axis=1) @ solved) / np.sqrt(variance)
        scatter = max(1.4826 * float(np.median(np.abs(left[fitter.good]))), 1.0)
        if number >= _PLAIN_ROUNDS:
            weight = np.clip(1 - (left / (_TUKEY * scatter)) ** 2, 0, None) ** 2
            weight[~np.isfinite(weight)] = 0
            if abs(step) < 1e-4 and number > _PLAIN_ROUNDS + 2:
                break
    return _finished(
        fitter, config, names, share, scales, errors, (overall, overall_error), shift, shift_error,
        None if own_level else level, halo, slope, turned, rotation,
    )  # fmt: skip


def _finished(
    fitter: _Fitter,
    config: CubeSkyConfig,
    names: tuple[str, ...],
    share: Floats,
    scales: Floats,
    errors: Floats,
    overall: tuple[float, float],
    shift: float,
    shift_error: float,
    level: Floats | None,
    halo: float,
    slope: Floats,
    turned: float,
    rotation: Floats | None,
) -> Fit:
    spectra = fitter.spectra
    sky, correction = fitter.sky(shift)
    factor = share.T @ scales
    if rotation is not None:
        factor = factor * (1 + turned * rotation)
    continuum = fitter.sky_continuum if level is None else spectra.smooth @ level - halo
    return Fit(
        names=names,
        scales=scales,
        errors=errors,
        overall=overall[0],
        overall_error=overall[1],
        shift=shift,
        shift_error=shift_error,
        share=share,
        factor=factor,
        continuum=continuum,
        sky_continuum=fitter.sky_continuum,
        offset=continuum - factor * fitter.sky_continuum + factor * correction,
        slope=slope,
        light=factor * (sky - fitter.sky_continuum),
        rotational=turned,
        width=_width(fitter, shift, sky),
        limited=abs(shift) >= config.max_shift * 0.999 and config.fit_shift and fitter.measured.found,
    )


def _width(fitter: _Fitter, shift: float, sky: Floats) -> float:
    """Width of the lines in the science over that in the sky, both measured in the same way."""
    if not fitter.measured.found:
        return 1.0
    from scipy.optimize import minimize_scalar

    spectra, good = fitter.spectra, fitter.good
    lines, usual = fitter.on_science(shift)
    weight = 1 / np.sqrt(_variance(spectra, shift, np.ones(len(sky)), sky - fitter.sky_continuum)[good])

    def left(sigma: float, spectrum: Floats) -> float:
        model = profiles(lines, len(sky), sigma) @ lines.strength
        design = np.concatenate([model[:, None], spectra.smooth], axis=1)[good] * weight[:, None]
        solved = np.linalg.lstsq(design, spectrum[good] * weight, rcond=None)[0]
        return float(np.sum((spectrum[good] * weight - design @ solved) ** 2))

    widths = [
        minimize_scalar(
            left, (0.6 * usual, 1.7 * usual), args=(one,), bounds=(0.6 * usual, 1.7 * usual), method="bounded",
            options={"xatol": 0.003 * usual, "maxiter": 12},
        ).x
        for one in (spectra.science, sky)
    ]  # fmt: skip
    return float(widths[0] / widths[1])


def _baseline(values: Floats, variance: Floats, model: Floats, smooth: Floats) -> Floats:
    """Coefficients of the continuum from pixels that the lines hardly reach."""
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
        found = np.linalg.lstsq(basis * weight[:, None], sought * weight, rcond=None)[0]
        coefficients = np.asarray(found, np.float64)
        left = sought - basis @ coefficients
        scatter = max(1.4826 * float(np.median(np.abs(left - np.median(left)))), 1e-30)
        # lines that no list holds stand above: what is bright counts less than what is dark
        weight = np.where(left > 0, 1 / (1 + (left / (1.5 * scatter)) ** 2), 1.0)
    return coefficients


def _families(
    fitter: _Fitter, spectra: Spectra, measured: Measured, config: CubeSkyConfig
) -> tuple[tuple[str, ...], Floats]:
    n = len(spectra.wavelength)
    lines, sigma = fitter.on_science(0.0)
    if not measured.found or not config.families:
        return ("all",), np.ones((1, n))
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
    oxygen = _oxygen(fitter, spectra)
    if oxygen is not None and O2 not in names:
        share = np.concatenate([share * (1 - oxygen), oxygen[None]])
        names = (*names, O2)
    return names, share


def _oxygen(fitter: _Fitter, spectra: Spectra) -> Floats | None:
    """Part of the light at 1.27 µm that is of oxygen: what the lines of OH do not explain there."""
    inside = (spectra.wavelength > O2_BAND[0]) & (spectra.wavelength < O2_BAND[1])
    if np.count_nonzero(inside) < 10:
        return None
    from scipy.ndimage import gaussian_filter1d

    sky, _ = fitter.sky(0.0)
    light = np.clip(sky - fitter.sky_continuum, 0, None)
    lines, sigma = fitter.on_science(0.0)
    of_oh = profiles(lines, len(light), sigma) @ lines.strength
    over, all_of_it = (gaussian_filter1d(one, 2.0) for one in (np.clip(light - 1.2 * of_oh, 0, None), light + 1e-30))
    part = np.where(inside, np.clip(over / np.maximum(all_of_it, 1e-30), 0, 1), 0)
    return np.asarray(part) if float((part * light).sum()) > 0.05 * float(light[inside].sum()) else None


def _rotation(fitter: _Fitter) -> Floats:
    """Mean rotational energy of the light of each pixel, in kT, less that of all."""
    lines, sigma = fitter.on_science(0.0)
    shape = profiles(lines, len(fitter.spectra.wavelength), sigma)
    light = shape @ lines.strength
    energy = shape @ (lines.strength * lines.rotational / _KT)
    mean = float(energy.sum() / max(light.sum(), 1e-30))
    floor = 1e-3 * float(light.max(initial=1e-30))
    return np.clip((energy + floor * mean) / (light + floor) - mean, -10, 10)


def _coarse(fitter: _Fitter) -> float:
    """The shift among steps of a quarter pixel that leaves least."""
    spectra, largest = fitter.spectra, fitter.config.max_shift
    count = max(int(np.ceil(largest / 0.25)), 1)
    best, least = 0.0, np.inf
    for shift in np.linspace(-largest, largest, 2 * count + 1):
        light = fitter.sky(float(shift))[0] - fitter.sky_continuum
        design = np.concatenate([light[:, None], spectra.smooth], axis=1)[fitter.good]
        sought = spectra.science[fitter.good]
        weight = 1 / np.sqrt(_variance(spectra, 0.0, np.ones(len(light)), light)[fitter.good])
        solved = np.linalg.lstsq(design * weight[:, None], sought * weight, rcond=None)[0]
        left = float(np.sum(np.abs((sought - design @ solved) * weight)))
        if left < least:
            best, least = float(shift), left
    return best


def _variance(spectra: Spectra, shift: float, factor: Floats, light: Floats) -> Floats:
    if shift == 0 and spectra.resampler.identical:
        own = spectra.sky_variance
    else:
        matrix = spectra.resampler.matrix(shift)
        own = np.asarray(matrix.power(2) @ np.nan_to_num(spectra.sky_variance).astype(np.float64))
    total = spectra.science_variance + factor**2 * np.nan_to_num(own) + (_ALIKE * light) ** 2
    floor = 1e-12 * max(float(np.nanmax(np.abs(spectra.science))), 1e-30) ** 2
    return np.where(np.isfinite(total), np.maximum(total, floor), 1e30)


def _one_scale(
    fitter: _Fitter, light: Floats, spectra: Spectra, variance: Floats, weight: Floats
) -> tuple[float, float]:
    good = fitter.good
    design = np.concatenate([light, spectra.smooth], axis=1)[good]
    root = np.sqrt(weight[good] / variance[good])
    if not fitter.measured.found:
        return 1.0, _PRIOR
    scaled = design * root[:, None]
    solved = np.linalg.lstsq(scaled, spectra.science[good] * root, rcond=None)[0]
    normal = scaled.T @ scaled
    error = float(np.sqrt(max(np.linalg.pinv(normal, rcond=1e-12, hermitian=True)[0, 0], 0)))
    return float(solved[0]), error


def _solve(
    design: Floats,
    spectra: Spectra,
    share: Floats,
    shift: float,
    variance: Floats,
    weight: Floats,
    good: npt.NDArray[np.bool_],
    overall: float,
) -> tuple[Floats, Floats]:
    """Weighted least squares; families are held near the common scale as far as their own lines leave them free."""
    families = len(share)
    strength = np.where(good, weight / variance, 0)
    sought = np.where(good, spectra.science, 0)
    norm = np.sqrt(np.maximum((strength[:, None] * design**2).sum(axis=0), 1e-300))
    scaled = design / norm
    normal = scaled.T @ (strength[:, None] * scaled)
    right = scaled.T @ (strength * sought)
    # the noise of the sky makes its lines look brighter than they are, and so the scale too small
    noise = np.nan_to_num(spectra.resampler.matrix(shift).power(2) @ np.nan_to_num(spectra.sky_variance))
    bias = (share * (strength * noise)) @ share.T / np.outer(norm[:families], norm[:families])
    limit = 0.3 * np.diag(normal)[:families]
    keep = np.minimum(1.0, limit / np.maximum(np.diag(bias), 1e-300)).min()
    normal[:families, :families] -= keep * bias
    held = np.zeros(len(normal))
    held[:families] = 1 / (_PRIOR * norm[:families]) ** 2
    normal[np.diag_indices(len(normal))] += held + 1e-12
    right += held * np.concatenate([np.full(families, overall) * norm[:families], np.zeros(len(normal) - families)])
    inverse = np.linalg.pinv(normal, rcond=1e-13, hermitian=True)
    return inverse @ right / norm, inverse / np.outer(norm, norm)
