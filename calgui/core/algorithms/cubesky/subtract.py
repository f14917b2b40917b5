"""Subtracts a sky from a cube."""

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.cubesky import checks, residuals
from calgui.core.algorithms.cubesky.applying import Recipe
from calgui.core.algorithms.cubesky.config import CubeSkyConfig
from calgui.core.algorithms.cubesky.continuum import basis
from calgui.core.algorithms.cubesky.fieldshift import FieldShift, field_shift
from calgui.core.algorithms.cubesky.linemodel import Measured, measure, place_lines
from calgui.core.algorithms.cubesky.moving import Spectra
from calgui.core.algorithms.cubesky.reporting import keywords, metrics, verdict
from calgui.core.algorithms.cubesky.resampling import Resampler
from calgui.core.algorithms.cubesky.scaling import fit
from calgui.core.algorithms.cubesky.spaxels import (
    ENOUGH,
    FEWEST,
    Empty,
    Sample,
    blocks,
    empty_spaxels,
    mean_spectra,
    medians,
    sample,
    spread,
    unusable,
    without_lines,
)
from calgui.core.algorithms.cubesky.units import Multiplied, fit_in, handy, left_in
from calgui.core.algorithms.registry import Result
from calgui.core.errors import InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame, FrameLike
from calgui.core.jobs import Job
from calgui.core.spectra.airglow import sky_lines

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]


def subtract_cube_sky(cube: FrameLike, sky: FrameLike | None, config: CubeSkyConfig, job: Job | None = None) -> Result:
    """Subtract a sky from a cube, the lines of OH scaled family by family.

    Parameters
    ----------
    cube : FrameLike
        (n, ny, nx), with wavelengths along the first axis (the third of FITS).
    sky : FrameLike or None
        A cube of an empty field, or a spectrum: a cube of one spaxel, an image of one axis, a cube of another field's
        size. A spectrum's values are those of one spaxel.
    config : CubeSkyConfig
        See its options.
    job : Job, optional
        Progress and cancel.

    Returns
    -------
    Result
        The cube without its sky, errors with those of the scaled sky, data quality combined by *or*; a scale for each
        family, residuals by wavelength and family beside the noise that is expected.

    Raises
    ------
    InputError
        Where there is no sky, or it is of another filter, grating, spaxel or unit, or has no wavelengths.

    Notes
    -----
    Davies (2007, MNRAS 375, 1099), with these differences: families overlap, so a pixel's light is shared among them as
    the lines of the list share it; the shift is fitted together with the scales; the continuum under the lines is
    replaced by one that is fitted in spaxels without an object.
    """
    job = job or Job("Subtract the sky")
    if sky is None:
        raise InputError("There is no sky to subtract.", path=cube.path, cure="Give a cube or a spectrum of the sky.")
    axes = checks.check_cube_sky(cube, sky)
    told, age = checks.doubts(cube, sky, config)
    norm = handy(cube)
    science: FrameLike = cube if norm == 1 else Multiplied(cube, norm)
    found = _work(science, sky, config, axes, axes.factor * norm, job)
    job.report(0.45, "Subtracting")
    own = sky if found.paired else None
    data, err, bits = _apply(science, own, axes.factor * norm, found.recipe, job.part(0.45, 1.0))
    recipe, empty, measured, left = found.recipe, found.empty, found.measured, found.left
    if norm != 1:
        recipe, left = replace(recipe, fit=fit_in(recipe.fit, 1 / norm)), left_in(left, 1 / norm)
        data = (data.astype(np.float64) / norm).astype(np.float32)
        err = None if err is None else (err.astype(np.float64) / norm).astype(np.float32)
    level, reasons = verdict(recipe, empty, measured, left, told, config)
    job.report(1.0, "Done")
    return Result(
        frame=Frame(data, err, bits, dict(cube.header), cube.path),
        metrics=metrics(recipe, empty, measured, left, age, cube.unit),
        verdict=level,
        reasons=reasons,
        curves=residuals.curves(recipe.fit, left, axes.science, cube.unit),
        tables=(
            residuals.family_table(recipe.fit, left, cube.unit),
            residuals.line_table(recipe.fit, measured, sky_lines(), left, axes.science),
        ),
        keywords=keywords(recipe, config),
    )


@dataclass(frozen=True)
class _Skies:
    """The sky as spectra: of the same spaxels as the science's, or its mean alone."""

    paired: bool
    sample: Sample | None
    mean: Floats
    mean_variance: Floats
    usual_variance: Floats


@dataclass(frozen=True)
class _Found:
    """What a look at a sample of spaxels found."""

    recipe: Recipe
    empty: Empty
    measured: Measured
    left: residuals.Left
    paired: bool


def _work(cube: FrameLike, sky: FrameLike, config: CubeSkyConfig, axes: checks.Axes, factor: float, job: Job) -> _Found:
    path = axes.path
    ny, nx = cube.shape[1:]
    place = spread(ny * nx, cube.shape[0])
    science = sample(cube, place, job.part(0.0, 0.15))
    if not np.isfinite(science.data).any():
        raise InputError("All values of the science cube are NaN or flagged.", path=cube.path, cure="Look at its DQ.")
    skies = _skies(cube, sky, place, factor, config, job.part(0.15, 0.3))
    own = skies.sample if skies.paired and config.cube_sky == "spaxels" else None
    job.report(0.3, "Looking for empty spaxels")
    empty, difference = _first_look(science, skies, path, config)
    smooth, sky_smooth = basis(axes.science, axes.sky)
    pair = _means(science, skies, path, difference, empty.chosen)
    measured = measure(place_lines(sky_lines(), axes.sky), *pair[1], sky_smooth)
    for last in (False, True):
        spectra = Spectra(axes.science, *pair[0], *pair[1], path, smooth, sky_smooth)
        job.report(0.35 + 0.05 * last, "Fitting shift and scales")
        own_level = config.continuum == "sky" or (config.continuum == "auto" and empty.crowded)
        found = fit(spectra, measured, config, own_level=own_level, halo=empty.halo)
        recipe = Recipe(found, FieldShift(), path, *_filling(skies, spectra), skies.usual_variance, (ny, nx))
        left = _Leftover(science, own, recipe, empty.chosen)
        kept = left.without_objects()
        if last or np.array_equal(kept, empty.chosen) or np.count_nonzero(kept) < FEWEST:
            break
        # an object's line on a line of the sky is seen only when the latter is gone
        empty = replace(empty, chosen=kept)
        pair = _means(science, skies, path, difference, empty.chosen)
    if config.shift_field and config.fit_shift and own is not None and measured.found:
        left = left.with_field(field_shift(*left.for_field(), ny, nx, config.max_shift))
    return _Found(left.recipe, empty, measured, left.look(), own is not None)


def _filling(skies: _Skies, spectra: Spectra) -> tuple[Floats, Floats]:
    """The mean of the sky in the empty spaxels, where there is one, else in all."""
    known = np.isfinite(spectra.sky)
    return np.where(known, spectra.sky, skies.mean), np.where(known, spectra.sky_variance, skies.mean_variance)


def _skies(
    cube: FrameLike, sky: FrameLike, place: npt.NDArray[np.intp], factor: float, config: CubeSkyConfig, job: Job
) -> _Skies:
    if len(sky.shape) == 1:
        rows = sky.rows(0, sky.shape[0])
        sky = Frame(
            np.array(rows.data, np.float32).reshape(-1, 1, 1),
            None if rows.err is None else np.array(rows.err, np.float32).reshape(-1, 1, 1),
            None if rows.dq is None else np.array(rows.dq, np.uint32).reshape(-1, 1, 1),
            sky.header,
            sky.path,
        )
    paired = sky.shape[1:] == cube.shape[1:]
    where = place if paired else spread(sky.shape[1] * sky.shape[2], sky.shape[0])
    read = sample(sky, where, job)
    taken = Sample(read.data * np.float32(factor), read.variance * np.float32(factor * factor), where)
    if np.count_nonzero(np.isfinite(taken.data).any(axis=1)) < 0.5 * len(taken.data):
        raise InputError(
            "Most of the sky is NaN or flagged: there is nothing to subtract.",
            path=sky.path,
            cure="Choose another sky, or look at its DQ.",
        )
    apart = taken.data - medians(taken.data, ENOUGH)[:, None].astype(np.float32)
    everywhere = np.ones(taken.data.shape[1], np.bool_)
    ((mean, variance),) = mean_spectra(apart, everywhere, [taken])
    usual = medians(taken.variance, ENOUGH)
    if not np.isfinite(taken.variance).any() and taken.data.shape[1] == 1:
        variance = np.full(len(mean), _guessed_noise(mean) ** 2)
    return _Skies(paired, taken if paired else None, mean, variance, usual)


def _guessed_noise(spectrum: Floats) -> float:
    """Noise of a spectrum without errors, from what differs between neighbours; lines are too few to matter."""
    apart = np.diff(spectrum[np.isfinite(spectrum)], 2)
    return 1.4826 * float(np.median(np.abs(apart))) / np.sqrt(6) if apart.size else 0.0


def _first_look(science: Sample, skies: _Skies, path: Resampler, config: CubeSkyConfig) -> tuple[Empty, Singles]:
    """Empty spaxels, and science less sky as it is."""
    plain = path.matrix(0.0) if not path.identical else None
    mean = np.nan_to_num(skies.mean)
    on_science = mean if plain is None else np.asarray(plain @ mean.astype(np.float32), np.float64)
    if skies.sample is not None:
        own = skies.sample.data
        if plain is not None:
            own = plain @ np.where(np.isfinite(own), own, mean[:, None].astype(np.float32))
        usual = np.nan_to_num(skies.usual_variance)
        sky_variance = usual if plain is None else np.asarray(plain.power(2) @ usual)
    else:
        own = on_science[:, None].astype(np.float32)
        sky_variance = np.zeros(len(path.position))
    difference = science.data - own
    difference[~path.covered] = np.nan
    sigma = np.sqrt(medians(science.variance, ENOUGH) + sky_variance)
    quiet = on_science <= np.percentile(on_science, 50)
    level = float(np.median(on_science[quiet]))
    empty = empty_spaxels(difference, sigma, quiet, config.object_sigma, level)
    return empty, difference


def _means(
    science: Sample, skies: _Skies, path: Resampler, difference: Singles, chosen: Mask
) -> list[tuple[Floats, Floats]]:
    """Mean spectra of science and sky over empty spaxels."""
    if skies.sample is not None and path.identical:
        return mean_spectra(difference, chosen, [science, skies.sample])
    pairs = mean_spectra(difference, chosen, [science])
    if skies.sample is None:
        return [*pairs, (skies.mean, skies.mean_variance)]
    apart = skies.sample.data - medians(skies.sample.data, ENOUGH)[:, None].astype(np.float32)
    return [*pairs, *mean_spectra(apart, chosen, [skies.sample])]


@dataclass
class _Leftover:
    """What a recipe leaves in the empty spaxels of the sample."""

    science: Sample
    own: Sample | None
    recipe: Recipe
    chosen: Mask
    data: Singles = field(init=False)
    variance: Singles = field(init=False)

    def __post_init__(self) -> None:
        place = self.science.place[self.chosen]
        own, own_variance = None, None
        if self.own is not None:
            own, own_variance = self.own.data[:, self.chosen], self.own.variance[:, self.chosen]
        model, variance = self.recipe.model(own, own_variance, place)
        self.data = self.science.data[:, self.chosen] - model
        self.variance = self.science.variance[:, self.chosen] + variance

    def without_objects(self) -> Mask:
        sigma = np.hypot(np.sqrt(medians(self.variance, ENOUGH)), 0.005 * self.recipe.fit.light)
        everywhere = np.ones(self.data.shape[1], np.bool_)
        kept = without_lines(self.data, sigma, self.recipe.resampler.covered, everywhere)
        made = self.chosen.copy()
        made[np.flatnonzero(self.chosen)[~kept]] = False
        return made

    def for_field(self) -> tuple[Singles, Floats, Floats, npt.NDArray[np.intp]]:
        usual = medians(self.variance, ENOUGH)
        usual = np.where(np.isfinite(usual), usual, np.square(1.4826 * medians(np.abs(self.data), ENOUGH)))
        return self.data, usual, self.recipe.fit.slope, self.science.place[self.chosen]

    def with_field(self, found: FieldShift) -> "_Leftover":
        recipe = replace(self.recipe, field=found)
        return _Leftover(self.science, self.own, recipe, self.chosen)

    def look(self) -> residuals.Left:
        matrix, mean = self.recipe.resampler.matrix(0.0), np.nan_to_num(self.recipe.mean).astype(np.float32)[:, None]
        sky = mean
        if self.own is not None:
            sky = self.own.data[:, self.chosen]
            sky = np.where(np.isfinite(sky), sky, mean)
        before = self.science.data[:, self.chosen] - matrix @ sky
        return residuals.look(before, self.data, self.variance, self.recipe.fit.light)


def _apply(
    cube: FrameLike, sky: FrameLike | None, factor: float, recipe: Recipe, job: Job
) -> tuple[Singles, Singles | None, npt.NDArray[np.uint32]]:
    n, ny, nx = cube.shape
    data, bits = np.empty(cube.shape, np.float32), np.zeros(cube.shape, np.uint32)
    err: Singles | None = None
    nearest = np.clip(np.round(recipe.resampler.position), 0, recipe.resampler.length - 1).astype(np.intp)
    straight = recipe.resampler.identical
    outside = ~recipe.resampler.covered | ~np.isfinite(recipe.mean)[nearest]
    for start, stop in blocks(cube):
        job.report(start / ny, "Subtracting")
        band = cube.band(start, stop)
        flat = (n, (stop - start) * nx)
        place = np.arange(start * nx, stop * nx)
        mine = bits[:, start:stop]
        if band.dq is not None:
            mine |= band.dq
        own: Singles | None = None
        own_variance: Singles | None = None
        if sky is not None:
            theirs = sky.band(start, stop)
            own = np.asarray(theirs.data.reshape(theirs.data.shape[0], -1) * np.float32(factor))
            lost = ~np.isfinite(own)
            if theirs.dq is not None:
                lost |= unusable(theirs.dq).reshape(own.shape)
                mine |= theirs.dq if straight else theirs.dq[nearest]
            if lost.any():
                # the mean of the sky stands in for what is lost, so that its neighbours can be had
                own[lost] = np.nan
                gone = lost.reshape(theirs.data.shape)
                mine |= np.where(gone if straight else gone[nearest], np.uint32(flags.DO_NOT_USE), np.uint32(0))
            if theirs.err is None:
                own_variance = np.broadcast_to(recipe.usual_variance.astype(np.float32)[:, None], own.shape)
            else:
                own_variance = np.square(theirs.err.reshape(own.shape) * np.float32(factor))
        model, variance = recipe.model(own, own_variance, place)
        np.subtract(band.data, model.reshape(band.data.shape), out=data[:, start:stop])
        if band.err is not None:
            if err is None:
                err = np.full(cube.shape, np.nan, np.float32)
            known = np.square(band.err.reshape(flat)) + np.nan_to_num(variance)
            err[:, start:stop] = np.sqrt(known).reshape(band.err.shape)
        job.check()
    if outside.any():
        data[outside] = np.nan
        bits[outside] |= np.uint32(flags.DO_NOT_USE)
    bits[~np.isfinite(data)] |= np.uint32(flags.DO_NOT_USE)
    return data, err, bits
