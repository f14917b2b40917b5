"""Fits one spectrum of the sky to another: shift, a scale for each family, and the smooth light beside the lines."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.cubesky.config import CubeSkyConfig
from calgui.core.algorithms.cubesky.linemodel import Measured
from calgui.core.algorithms.cubesky.moving import Mover, Spectra, families_of, rotation_of, variance_of, width_ratio
from calgui.core.algorithms.leastsquares import solve

Floats = npt.NDArray[np.float64]

#: families follow the common scale within this where their own lines do not tell
_PRIOR = 0.2
#: a family whose scale is less certain than this is told to follow the others
UNCERTAIN = 0.1
#: rounds of the fit, and those before outliers count less
_ROUNDS, _PLAIN_ROUNDS = 10, 3
_TUKEY = 4.685
#: planes, for the slope; and how far it holds
_STEP, _STEEP = 0.02, 0.02


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
    mover = Mover(spectra, measured)
    names, share = families_of(mover, apart=config.families)
    rotation = rotation_of(mover) if config.rotational and measured.found else None
    shift = _coarse(mover, config.max_shift) if config.fit_shift and measured.found else 0.0
    weight = np.ones(len(spectra.science))
    overall, overall_error = 1.0, _PRIOR
    scales, errors, shift_error, turned = np.ones(len(names)), np.full(len(names), _PRIOR), 0.0, 0.0
    slope, level = np.zeros(len(spectra.science)), np.zeros(spectra.smooth.shape[1])
    steep, steep_at = np.zeros(len(spectra.science)), np.inf
    for number in range(_ROUNDS):
        sky, _ = mover.sky(shift)
        light = sky - mover.sky_continuum
        variance = variance_of(spectra, shift, share.T @ scales, light)
        columns = [light[:, None]]
        overall, overall_error = _one_scale(mover, columns[0], spectra, variance, weight)
        design = [(share * light).T, spectra.smooth]
        if rotation is not None:
            design.append((light * (share.T @ scales) * rotation)[:, None])
        moving = config.fit_shift and measured.found
        if moving:
            if not abs(shift - steep_at) < _STEEP:
                ahead, behind = mover.sky(shift + _STEP)[0], mover.sky(shift - _STEP)[0]
                steep, steep_at = (ahead - behind) / (2 * _STEP), shift
            slope = (share.T @ scales) * steep
            design.append(slope[:, None])
        solved, covariance = _solve(
            np.concatenate(design, axis=1), spectra, share, shift, variance, weight, mover.good, overall
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
        scatter = max(1.4826 * float(np.median(np.abs(left[mover.good]))), 1.0)
        if number >= _PLAIN_ROUNDS:
            weight = np.clip(1 - (left / (_TUKEY * scatter)) ** 2, 0, None) ** 2
            weight[~np.isfinite(weight)] = 0
            if abs(step) < 1e-4 and number > _PLAIN_ROUNDS + 2:
                break
    return _finished(
        mover, config, names, share, scales, errors, (overall, overall_error), shift, shift_error,
        None if own_level else level, halo, slope, turned, rotation,
    )  # fmt: skip


def _finished(
    mover: Mover,
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
    spectra = mover.spectra
    sky, correction = mover.sky(shift)
    factor = share.T @ scales
    if rotation is not None:
        factor = factor * (1 + turned * rotation)
    continuum = mover.sky_continuum if level is None else spectra.smooth @ level - halo
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
        sky_continuum=mover.sky_continuum,
        offset=continuum - factor * mover.sky_continuum + factor * correction,
        slope=slope,
        light=factor * (sky - mover.sky_continuum),
        rotational=turned,
        width=width_ratio(mover, shift, sky, factor),
        limited=abs(shift) >= config.max_shift * 0.999 and config.fit_shift and mover.measured.found,
    )


def _coarse(mover: Mover, largest: float) -> float:
    """The shift among steps of a quarter pixel that leaves least."""
    spectra = mover.spectra
    count = max(int(np.ceil(largest / 0.25)), 1)
    best, least = 0.0, np.inf
    for shift in np.linspace(-largest, largest, 2 * count + 1):
        light = mover.sky(float(shift))[0] - mover.sky_continuum
        design = np.concatenate([light[:, None], spectra.smooth], axis=1)[mover.good]
        sought = spectra.science[mover.good]
        weight = 1 / np.sqrt(variance_of(spectra, 0.0, np.ones(len(light)), light)[mover.good])
        solved = solve(design * weight[:, None], sought * weight)
        left = float(np.sum(np.abs((sought - design @ solved) * weight)))
        if left < least:
            best, least = float(shift), left
    return best


def _one_scale(mover: Mover, light: Floats, spectra: Spectra, variance: Floats, weight: Floats) -> tuple[float, float]:
    good = mover.good
    design = np.concatenate([light, spectra.smooth], axis=1)[good]
    root = np.sqrt(weight[good] / variance[good])
    if not mover.measured.found:
        return 1.0, _PRIOR
    scaled = design * root[:, None]
    solved = solve(scaled, spectra.science[good] * root)
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
