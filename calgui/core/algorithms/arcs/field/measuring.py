"""The lines of all spectra of a field: found, and their centres measured."""

import math
from collections.abc import Mapping

import numpy as np

from calgui.core.algorithms.arcs.field.medians import medians
from calgui.core.algorithms.arcs.field.seeding import Seeds, find_lines
from calgui.core.algorithms.arcs.field.sentences import Sentences
from calgui.core.algorithms.arcs.field.shaping import field_shape, tables_of, trends
from calgui.core.algorithms.arcs.field.spread import line_spread
from calgui.core.algorithms.arcs.field.tabulating import tabulate
from calgui.core.algorithms.arcs.field.values import BLENDED, FINE, Bools, FieldMeasured, Floats, Place, Singles, Whole
from calgui.core.algorithms.arcs.lamps import LampLines
from calgui.core.algorithms.arcs.shape import NO_SHAPE, ShapeField
from calgui.core.algorithms.arcs.solution import Solution1D
from calgui.core.algorithms.banding import over_bands
from calgui.core.algorithms.kernels import compiled_arcs
from calgui.core.algorithms.spectrummarks import LINE_STATES
from calgui.core.jobs import Job

_FWHM = 2.3548200450309493
#: lines nearer than this are fitted together, in widths as seen
_TOGETHER = 2.6
#: spectra on which it is tried which lines of the list are there
_SAMPLE = 240
#: of spectra in which a line has to be seen, and pixels that it may lie off in the middle of them
_SHARE, _OFF = 0.3, 0.6
#: peaks of no line of the list that are kept of each spectrum, and sigma that they stand out by
_UNLISTED, _STANDS_OUT = 6, 12.0
#: spectra of a part of the work
_CHUNK = 64
_EMPTY = np.zeros((0, 0), np.float32)


def measure(
    flux: Singles, error: Singles | None, place: Place | None, main: Solution1D, listed: LampLines, at: int,
    photons: float, job: Job,
) -> FieldMeasured:  # fmt: skip
    """See `calgui.core.algorithms.arcs.field.solving.measure_field`."""
    flux = np.ascontiguousarray(flux, np.float32)
    spread = _EMPTY if error is None else np.ascontiguousarray(error, np.float32)
    count, pixels = flux.shape
    seen = max(main.fwhm, 1.2) if math.isfinite(main.fwhm) else 2.5
    seeds = find_lines(flux, place, main, listed, at, seen / _FWHM, job.part(0, 0.35))
    usual = np.full(count, math.sqrt(max((seen / _FWHM) ** 2 - 1 / 12, 0.1)))
    trend = trends(place, count)
    columns, usual, form = _there(
        flux, spread, photons, seeds, at, len(listed), usual, seen, trend, job.part(0.35, 0.4)
    )
    expected = np.ascontiguousarray(seeds.expected[:, columns])
    made = _Centroids(count, len(columns), tables_of(form, trend))
    made.measure(flux, spread, photons, expected, seeds.recognised, usual, seen, job.part(0.4, 0.9))
    where, light, found = _others(flux, expected, seeds, seen, job.part(0.9, 0.97))
    # lines that are in no list were measured for the sake of those beside them
    own = np.flatnonzero(seeds.columns[columns] < len(listed))
    where, light, found = _with(where, light, found, made, np.flatnonzero(seeds.columns[columns] >= len(listed)))
    made.keep(own)
    expected = np.ascontiguousarray(expected[:, own])
    chosen = seeds.columns[columns][own]
    table, cell = tabulate(
        made.pixel, made.error, made.light, made.flag, expected, listed.wavelength[chosen], chosen, where, light, found
    )
    fine = made.flag == FINE
    shape = line_spread(flux, expected, made.pixel, made.error, made.light, made.fwhm, fine, main, listed, chosen)
    width = medians(np.where(fine, made.fwhm, np.nan))
    job.report(1.0, "Measured")
    return FieldMeasured(
        main, listed, chosen, _trusted(main, chosen), pixels, place, expected, made.pixel, made.error, made.light,
        made.fwhm, made.flag, seeds.recognised, seeds.empty, width, _said(seeds), table, shape, form, cell,
    )  # fmt: skip


class _Centroids:
    """Results of the fits to lines."""

    def __init__(self, count: int, lines: int, shapes: tuple[Floats, Whole]) -> None:
        self._shapes, self._zone = shapes
        self.pixel, self.error = np.full((count, lines), np.nan), np.full((count, lines), np.nan)
        self.light, self.fwhm = np.full((count, lines), np.nan), np.full((count, lines), np.nan, np.float32)
        self.flag = np.ones((count, lines), np.uint8)

    def keep(self, lines: Whole) -> None:
        """Forget all but some lines."""
        for name in ("pixel", "error", "light", "fwhm", "flag"):
            setattr(self, name, np.ascontiguousarray(getattr(self, name)[:, lines]))

    def measure(
        self, flux: Singles, spread: Singles, photons: float, expected: Floats, known: object, usual: Floats,
        seen: float, job: Job,
    ) -> None:  # fmt: skip
        """Fit all lines of the spectra that are known."""
        kernels = compiled_arcs("centroids")
        if not expected.shape[1]:
            return
        first_of = _groups(expected, _TOGETHER * seen, kernels.MOST)

        def work(start: int, stop: int) -> None:
            kernels.centroids(
                flux, spread, photons, self._shapes, self._zone, expected, known, first_of, usual, max(0.8, 0.5 * seen),
                start, stop, self.pixel, self.error, self.light, self.fwhm, self.flag,
            )  # fmt: skip

        over_bands(len(flux), _CHUNK, work, job, "Measuring the lines of all spectra")


def _groups(expected: Floats, within: float, most: int) -> Whole:
    """First line of each group of lines that are close together in the middle of the spectra; the number at the end."""
    apart = medians(np.diff(expected, axis=1)[_some(expected)].T)
    firsts = [0]
    for line, gap in enumerate(apart, 1):
        if not gap < within:
            firsts.append(line)
    ends = [*firsts[1:], expected.shape[1]]
    made: list[int] = []
    for first, end in zip(firsts, ends, strict=True):
        _split(first, end, apart, most, made)
    return np.array([*made, expected.shape[1]], np.int64)


def _split(first: int, end: int, apart: Floats, most: int, made: list[int]) -> None:
    """Cut a group that is too long where its lines are furthest apart."""
    if end - first <= most:
        made.append(first)
        return
    cut = first + 1 + int(np.argmax(apart[first : end - 1]))
    _split(first, cut, apart, most, made)
    _split(cut, end, apart, most, made)


def _some(expected: Floats) -> Whole:
    known = np.flatnonzero(np.isfinite(expected[:, 0]))
    return np.asarray(known[np.linspace(0, len(known) - 1, min(len(known), _SAMPLE)).astype(int)], np.int64)


def _there(
    flux: Singles, spread: Singles, photons: float, seeds: Seeds, at: int, listed: int, usual: Floats, seen: float,
    trend: Floats, job: Job,
) -> tuple[Whole, Floats, ShapeField]:  # fmt: skip
    """Which lines of the list the spectra show, and the width and shape of lines, from some of the spectra."""
    some = _some(seeds.expected)
    expected = np.ascontiguousarray(seeds.expected[some])
    trial = _Centroids(len(some), expected.shape[1], tables_of(NO_SHAPE, trend[some]))
    part = spread if not spread.size else np.ascontiguousarray(spread[some])
    light = np.ascontiguousarray(flux[some])
    trial.measure(light, part, photons, expected, np.ones(len(some), bool), usual[some], seen, job)
    fine = trial.flag == FINE
    inside = (expected > 3) & (expected < flux.shape[1] - 4)
    share = np.count_nonzero(fine, axis=0) / np.maximum(np.count_nonzero(inside, axis=0), 1)
    off = medians(np.where(fine, trial.pixel - expected, np.nan).T)
    beside = seeds.columns >= listed
    there = inside.any(axis=0) & (seeds.seen | beside | ((share >= _SHARE) & (np.abs(off) < _OFF)))
    width = np.nanmedian(trial.fwhm[fine]) if fine.any() else np.nan
    if math.isfinite(width):
        usual = np.full_like(usual, float(width) / _FWHM)
    form = field_shape(
        light, part, photons, expected[:, there], trial.pixel[:, there], trial.light[:, there], trial.fwhm[:, there],
        trial.flag[:, there], seen, trend[some], seeds.expected[at, there],
    )  # fmt: skip
    return np.asarray(np.flatnonzero(there), np.int64), usual, form


def _others(flux: Singles, expected: Floats, seeds: Seeds, seen: float, job: Job) -> tuple[Floats, Floats, Whole]:
    """Peaks of each spectrum that are no line of the list."""
    kernels = compiled_arcs("filtering")
    taps = kernels.line_filter(seen / _FWHM)
    where, light = np.full((len(flux), _UNLISTED), np.nan), np.zeros((len(flux), _UNLISTED))
    found = np.zeros(len(flux), np.int64)

    def work(start: int, stop: int) -> None:
        kernels.unlisted(
            flux, taps, expected, seeds.recognised, _STANDS_OUT, 1.5 * seen + 1, start, stop, where, light, found
        )

    over_bands(len(flux), _CHUNK, work, job, "Looking for other lines")
    return where, light, found


def _with(where: Floats, light: Floats, found: Whole, made: _Centroids, lines: Whole) -> tuple[Floats, Floats, Whole]:
    """Peaks of no line together with measured lines that are in no list."""
    seen = np.isfinite(made.pixel[:, lines]) & ((made.flag[:, lines] == FINE) | (made.flag[:, lines] == BLENDED))
    at = np.concatenate(
        [np.where(np.arange(where.shape[1]) < found[:, None], where, np.nan), np.full(seen.shape, np.nan)], 1
    )
    flux = np.concatenate([light, np.zeros(seen.shape)], axis=1)
    at[:, where.shape[1] :][seen] = made.pixel[:, lines][seen]
    flux[:, where.shape[1] :][seen] = made.light[:, lines][seen]
    order = np.argsort(np.isnan(at), axis=1, kind="stable")
    return (
        np.take_along_axis(at, order, 1), np.take_along_axis(flux, order, 1), found + np.count_nonzero(seen, axis=1)
    )  # fmt: skip


def _trusted(main: Solution1D, columns: Whole) -> Bools:
    """Lines that the main solution used, or was told to leave out."""
    good = np.isin(main.state, [LINE_STATES.index(name) for name in ("used", "excluded")])
    return np.isin(columns, main.listed[good & (main.listed >= 0)])


def _said(seeds: Seeds) -> Mapping[int, str]:
    codes: dict[int, tuple[object, ...]] = {}
    for spectrum in np.flatnonzero(~seeds.recognised & ~seeds.empty).tolist():
        codes[spectrum] = (0,)
    for spectrum in np.flatnonzero(seeds.unsure).tolist():
        jump = float(seeds.jump[spectrum])
        codes[spectrum] = (2, jump) if abs(jump) > 0.5 else (1,)
    return Sentences(
        codes,
        (
            "Its lines were not recognised: no shift and stretch of the spectra around it puts them on its peaks.",
            "Fewer than three of its lines are bright enough to tell which they are; the spectra around it decide.",
            "Its few lines lie {:+.1f} pixels from where the spectra around it have them.",
        ),
    )
