"""The spectral response behind a slicer flat: slices found, and a smooth spectrum for each of their rows."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.flats.config import SlicerConfig
from calgui.core.algorithms.flats.shared import FEWEST, OWN, fit_shared
from calgui.core.algorithms.flats.spectral import Basis, fit_rows, spline_basis
from calgui.core.algorithms.noise import robust_sigma, row_quantiles
from calgui.core.errors import AlgorithmError
from calgui.core.frames.frame import FloatArray
from calgui.core.jobs import Job

BoolArray = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

#: the light of a row is this quantile of its pixels, and that of the lit rows is this quantile of theirs
_ROW_LIGHT, _LIT_ROWS = 0.75, 0.75
#: a row differs from its slice beyond so many errors of a stretch of it, and this part
_DIFFERS_SIGMA, _DIFFERS = 6.0, 0.01


@dataclass(frozen=True)
class Response:
    """The spectral response of a slicer flat; rows are along the wavelengths.

    Attributes
    ----------
    smooth : ndarray of float32, shape (rows, columns)
        In the unit of the light; NaN where there is none.
    lit : ndarray of bool, shape (rows,)
        Rows that see light.
    first, last : int
        Columns between which there is light, both included.
    level : float
        Light of the lit rows.
    row_light : ndarray of float64
        Light of each row.
    slices : tuple of tuple of int
        First and last row of each stretch of lit rows.
    own : int
        Rows whose own spectrum was fitted.
    alone : int
        Slices that the common spectrum does not fit, or all where none was asked for.
    dust : ndarray of bool, shape (rows, columns)
        Places that lie off the common spectrum, and stayed in the flat.
    parameters : int
        Numbers that were fitted.
    """

    smooth: FloatArray
    lit: BoolArray
    first: int
    last: int
    level: float
    row_light: Floats
    slices: tuple[tuple[int, int], ...]
    own: int
    alone: int
    dust: BoolArray
    parameters: int


def respond(rows: FloatArray, good: BoolArray, config: SlicerConfig, job: Job) -> Response:
    """Find the spectral response.

    Parameters
    ----------
    rows : ndarray of float32, shape (rows, columns)
        Light of a lamp, along the wavelengths.
    good : ndarray of bool
        Pixels that count.
    config : SlicerConfig
        See its options.
    job : Job
        Progress and cancel.

    Returns
    -------
    Response

    Raises
    ------
    AlgorithmError
        When there is no light, or too little of a spectrum.
    """
    values = np.where(good, rows, np.float32(np.nan))
    row_light = row_quantiles(values, _ROW_LIGHT)
    known = row_light[np.isfinite(row_light)]
    level = float(np.quantile(known, _LIT_ROWS)) if known.size else math.nan
    if not level > 0:
        raise AlgorithmError(
            "No row has light: the spectral response cannot be seen.",
            cure="Choose slicer flats with light, or the other axis of wavelengths (axis).",
        )
    with np.errstate(invalid="ignore"):
        lit = row_light > config.edge * level
        relative = values[lit] / row_light[lit][:, None].astype(np.float32)
    level = float(np.median(row_light[lit]))
    profile = row_quantiles(relative.T, 0.5)
    with np.errstate(invalid="ignore"):
        bright = np.flatnonzero(profile > config.edge)
    if bright.size < 16:
        raise AlgorithmError(
            "Too few pixels along the wavelengths have light.",
            cure="Choose flats with light in more of them, or the other axis of wavelengths (axis).",
        )
    first, last = int(bright[0]), int(bright[-1])
    basis = spline_basis(first, last, config.pieces, profile[first : last + 1])
    slices = _stretches(lit)
    smooth, dust = np.full(rows.shape, np.nan, np.float32), np.zeros(rows.shape, np.bool_)
    inside = slice(first, last + 1)
    seen = values[:, inside]
    own, common = lit.copy(), np.zeros(len(slices), np.bool_)
    if config.response != "row":
        stacked = _stacked(seen, row_light, slices, config)
        fitted, used, common = _spectra(stacked.spectra, basis, config, job.part(0, 0.3))
        # what most slices lie off is no dust: there the common spectrum does not fit
        off = common[:, None] & ~used
        off &= np.count_nonzero(off, axis=0) <= 0.5 * np.count_nonzero(common)
        for (a, b), spectrum, kept, lies_off in zip(slices, fitted, used, off, strict=True):
            part = slice(a, b + 1)
            smooth[part, inside] = _times_light(seen[part], spectrum, stacked.belongs[part] & kept)
            dust[part, inside] = lies_off
        own &= stacked.apart
    if own.any():
        smooth[own, inside], _ = fit_rows(
            seen[own], np.isfinite(seen[own]), basis, config.sigma, config.rounds, job.part(0.3, 1)
        )
        dust[own] = False
    row_light = row_quantiles(smooth, 0.5)
    with np.errstate(invalid="ignore"):
        smooth[~(smooth > config.edge * row_light[:, None])] = np.nan
    alone = int(np.count_nonzero(~common))
    parameters = _parameters(slices, own, common, basis)
    return Response(
        smooth, lit, first, last, level, row_light, slices, int(np.count_nonzero(own)), alone, dust, parameters
    )


def _parameters(slices: Sequence[tuple[int, int]], own: BoolArray, common: BoolArray, basis: Basis) -> int:
    """Numbers that were fitted: light of each row, spectra of rows and slices, and the common one."""
    spline = int(basis.values.shape[1])
    together = [int(np.count_nonzero(~own[a : b + 1])) for a, b in slices]
    made = spline * (int(np.count_nonzero(own)) + bool(common.any()))
    for rows, follows in zip(together, common, strict=True):
        # the light of one row goes with the brightness of its spectrum
        made += rows - 1 + (OWN if follows else spline) if rows else 0
    return made


@dataclass(frozen=True)
class _Stacked:
    """Spectra of the slices, each of its rows, and which pixels and rows they are of."""

    spectra: FloatArray
    belongs: BoolArray
    apart: BoolArray


def _stacked(seen: FloatArray, row_light: Floats, slices: Sequence[tuple[int, int]], config: SlicerConfig) -> _Stacked:
    """The rows of each slice as one spectrum, rows with another spectrum apart.

    Medians, which nothing spoils, say which pixels and rows belong. The spectrum is the mean of those, which scatters a
    fifth less: what the pixels of a slice have in common by chance goes with the spectrum, and is lost to the flat.
    """
    spectra = np.empty((len(slices), seen.shape[1]), np.float32)
    belongs, apart = np.zeros(seen.shape, np.bool_), np.zeros(len(seen), np.bool_)
    for number, (a, b) in enumerate(slices):
        part = slice(a, b + 1)
        with np.errstate(invalid="ignore", divide="ignore"):
            rows = np.asarray(seen[part] / row_light[part, None], np.float32)
            ratio = np.asarray(rows / row_quantiles(rows.T, 0.5), np.float32)
            light = row_quantiles(ratio, 0.5)[:, None].astype(np.float32)
            ratio /= light
            sigma = robust_sigma(ratio, 1.0)
            apart[part] = _differing(ratio, sigma, config.pieces)
            belongs[part] = (np.abs(ratio - 1) <= config.sigma * sigma) & ~apart[part, None]
            spectra[number] = _means((rows / light).T, belongs[part].T)
    return _Stacked(spectra, belongs, apart)


def _spectra(
    spectra: FloatArray, basis: Basis, config: SlicerConfig, job: Job
) -> tuple[FloatArray, BoolArray, BoolArray]:
    """Smooth spectra of the slices, which values lie near them, and which slices have the common one."""
    fitted, used = fit_rows(spectra, np.isfinite(spectra), basis, config.sigma, config.rounds, job)
    common = np.zeros(len(spectra), np.bool_)
    if config.response == "common" and len(spectra) >= FEWEST:
        inner = basis.knots - basis.knots[0]
        shared = fit_shared(spectra.astype(np.float64), fitted.astype(np.float64), inner, config.sigma, config.rounds)
        common = shared.follows
        fitted[common], used[common] = shared.smooth[common], shared.used[common]
    return fitted, used, common


def _times_light(seen: FloatArray, spectrum: FloatArray, belongs: BoolArray) -> FloatArray:
    """A spectrum times the light of each row, which is told where it is bright."""
    level = np.nan_to_num(spectrum)
    bright = level > 0.5 * level.max()
    light = _means(seen[:, bright] / spectrum[bright], belongs[:, bright])
    made: FloatArray = spectrum * light[:, None].astype(np.float32)
    return made


def _means(rows: FloatArray, belongs: BoolArray) -> Floats:
    """Mean of the values of each row that belong; NaN where there is none."""
    count = np.count_nonzero(belongs, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        made: Floats = np.sum(rows, axis=1, dtype=np.float64, where=belongs) / count
    return made


def _differing(ratio: FloatArray, sigma: float, pieces: int) -> BoolArray:
    """Rows with another spectrum than their slice, such as those at its edge: their own is fitted."""
    width = max(8, ratio.shape[1] // (2 * pieces))
    count = ratio.shape[1] // width
    blocks = ratio[:, : count * width].reshape(-1, width)
    medians = row_quantiles(blocks, 0.5).reshape(len(ratio), count)
    limit = max(_DIFFERS, _DIFFERS_SIGMA * 1.2533 * sigma / math.sqrt(width))
    with np.errstate(invalid="ignore"):
        made: BoolArray = np.any(np.abs(medians - 1) > limit, axis=1)
    return made


def _stretches(lit: BoolArray) -> tuple[tuple[int, int], ...]:
    """First and last row of each stretch of lit rows."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], lit, [False]]).astype(int)))
    return tuple((int(a), int(b) - 1) for a, b in zip(edges[::2], edges[1::2], strict=True))
