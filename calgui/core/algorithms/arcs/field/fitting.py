"""Polynomials through the lines of all spectra of a field."""

import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.polynomial import legendre

from calgui.core.algorithms.arcs.field.mapping import maps_of
from calgui.core.algorithms.arcs.field.medians import medians
from calgui.core.algorithms.arcs.field.sentences import Sentences
from calgui.core.algorithms.arcs.field.surroundings import from_around
from calgui.core.algorithms.arcs.field.values import FINE, Bools, FieldFit, FieldMeasured, Floats, Whole
from calgui.core.algorithms.banding import over_bands
from calgui.core.algorithms.kernels import compiled_arcs
from calgui.core.algorithms.spectrummarks import SPECTRUM_STATES, LinesOfSpectra, OneFit
from calgui.core.jobs import Job

SOLVED, DOUBTFUL, FAILED, EMPTY = range(4)
assert SPECTRUM_STATES == ("solved", "doubtful", "failed", "empty")

#: orders that are tried where none is given
ORDERS = (1, 2, 3, 4, 5, 6, 7)
#: spectra on which an order is chosen, and lines are found that lie off everywhere
_SAMPLE = 160
#: a line lies off everywhere by more than so many sigma of what all lines do, and so many pixels
_OFF, _LEAST = 6.0, 0.05
#: spectra and lines that it takes to tell
_SPECTRA, _LINES = 8, 5
#: residuals above which a solution is doubtful, in pixels
DOUBTFUL_RMS = 0.3
#: wavelengths of lines that are left out agree with the list to so many nm
_SAME = 0.02
#: spectra of a part of the work
_CHUNK = 512


@dataclass
class _Solved:
    """What the loops fill in."""

    coefficients: Floats
    free: Whole
    residual: Floats
    used: Bools
    rms: Floats
    sigma: Floats
    ends: Floats
    resolution: Floats

    @classmethod
    def room(cls, count: int, lines: int, order: int) -> "_Solved":
        """For so many spectra."""
        return cls(
            np.full((count, order + 1), np.nan), np.zeros(count, np.int64), np.full((count, lines), np.nan),
            np.zeros((count, lines), bool), np.full(count, np.nan), np.full(count, np.nan), np.full((count, 2), np.nan),
            np.full(count, np.nan),
        )  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """What is the same for all spectra of a fit.

    Attributes
    ----------
    order : int
        Of the polynomials.
    wanted, trusted : ndarray of bool, shape (k,)
        Measured lines that were not left out by hand, and those that are used.
    """

    order: int
    wanted: Bools
    trusted: Bools


class _Last:
    """The plan that was made last, and what of: one spectrum is asked for just before all of them are."""

    def __init__(self) -> None:
        self.kept: tuple[weakref.ref[FieldMeasured], tuple[Any, ...], Plan] | None = None


_last = _Last()


def planned(measured: FieldMeasured, order: int | None, clip: float, excluded: Sequence[float]) -> Plan:
    """Choose the order where none is given, and the lines that some of the spectra together bear out.

    Parameters
    ----------
    measured : FieldMeasured
        Lines of all spectra.
    order, clip, excluded
        As of `calgui.core.algorithms.arcs.field.solving.fit_field`.

    Returns
    -------
    Plan
    """
    key = order, clip, tuple(excluded)
    before = _last.kept
    if before is not None and before[0]() is measured and before[1] == key:
        return before[2]
    wanted = ~_named(measured.listed.wavelength[measured.columns], excluded)
    trusted = wanted & measured.trusted
    if order is None:
        order = _chosen_order(measured, trusted, clip)
    some = _sample(measured)
    if len(some) >= _SPECTRA:
        trusted = _borne_out(measured, wanted, trusted, order, clip, some)
    plan = Plan(order, wanted, trusted)
    _last.kept = weakref.ref(measured), key, plan
    return plan


def fit_one(measured: FieldMeasured, plan: Plan, clip: float, spectrum: int) -> OneFit | None:
    """Fit one spectrum as `fit` fits it among all others.

    Parameters
    ----------
    measured : FieldMeasured
        Lines of all spectra.
    plan : Plan
        From `planned`.
    clip : float
        Lines further off than so many sigma are rejected.
    spectrum : int
        Which.

    Returns
    -------
    OneFit or None
        None where the spectra around it have to help, or where it has no solution.
    """
    if not measured.recognised[spectrum]:
        return None
    some = np.array([spectrum])
    rows, lines = measured.table.of(spectrum), len(measured.columns)
    cell = measured.cell[rows]
    part = replace(
        _part(measured, some), empty=measured.empty[some],
        why={0: measured.why[spectrum]} if spectrum in measured.why else {},
        table=measured.table.part(rows), cell=np.where(cell >= 0, cell - spectrum * lines, -1),
    )  # fmt: skip
    solved = _fitted(part, plan.trusted, plan.order, clip, np.zeros(1, np.int64), Job())
    if not np.isfinite(solved.coefficients[0, 0]):
        return None
    state, why = _judged(part, solved, plan.order)
    table = _table(part, solved, plan.wanted)
    return OneFit(
        solved.coefficients[0], int(state[0]), float(solved.rms[0]), why.get(0, ""), table.residual, table.state
    )


def fit(measured: FieldMeasured, order: int | None, clip: float, excluded: Sequence[float], job: Job) -> FieldFit:
    """See `calgui.core.algorithms.arcs.field.solving.fit_field`."""
    plan = planned(measured, order, clip, excluded)
    order, wanted, trusted = plan.order, plan.wanted, plan.trusted
    job.report(0.1, "Fitting")
    known = np.flatnonzero(measured.recognised)
    solved = _fitted(measured, trusted, order, clip, known, job)
    few = np.flatnonzero(measured.recognised & ~np.isfinite(solved.coefficients[:, 0]))
    if few.size:
        fixed = np.full((len(measured), order + 1), np.nan)
        enough = np.flatnonzero(np.isfinite(solved.coefficients[:, 0]))
        fixed[few] = (
            from_around(few, enough, measured.place, solved.coefficients)
            if enough.size
            else _of_order(measured, order)[None]
        )
        _run(measured, trusted, clip, fixed, True, few, solved, job)
    state, why = _judged(measured, solved, order)
    lines = _table(measured, solved, wanted)
    made = FieldFit(
        order, _domain(measured), solved.coefficients, solved.free, solved.rms, solved.sigma,
        np.count_nonzero(solved.used, axis=1), solved.ends[:, 0], solved.ends[:, 1], state, measured.width,
        solved.resolution, lines, why, {}, measured.columns[wanted & ~trusted],
    )  # fmt: skip
    job.report(1.0, "Fitted")
    return replace(made, maps=maps_of(measured, made))


def _domain(measured: FieldMeasured) -> tuple[float, float]:
    return measured.main.domain


def _run(
    measured: FieldMeasured, wanted: Bools, clip: float, fixed: Floats, few: bool, chosen: Whole, solved: _Solved,
    job: Job,
) -> None:  # fmt: skip
    """Fit some of the spectra."""
    kernels = compiled_arcs("fits")
    wavelength = np.ascontiguousarray(measured.listed.wavelength[measured.columns])
    pace = np.abs(measured.main.dispersion(np.clip(measured.main.pixels(wavelength), *_domain(measured))))
    merged = measured.listed.components[measured.columns] > 1
    extra = np.where(merged, measured.listed.doubt[measured.columns] / pace, 0.0)

    def work(start: int, stop: int) -> None:
        kernels.fit_lines(
            measured.pixel, measured.pixel_error, measured.fwhm, measured.flag, wavelength, extra, wanted,
            _domain(measured), clip, fixed, few, chosen, start, stop, solved.coefficients, solved.free,
            solved.residual, solved.used, solved.rms, solved.sigma, solved.ends, solved.resolution,
        )  # fmt: skip

    over_bands(len(chosen), _CHUNK, work, job, "Fitting")


def _fitted(measured: FieldMeasured, wanted: Bools, order: int, clip: float, chosen: Whole, job: Job) -> _Solved:
    solved = _Solved.room(len(measured), len(measured.columns), order)
    _run(measured, wanted, clip, np.full((1, order + 1), np.nan), False, chosen, solved, job)
    return solved


def _named(wavelength: Floats, excluded: Sequence[float]) -> Bools:
    """Which lines of the list are those of given wavelengths."""
    named = np.zeros(len(wavelength), bool)
    for value in excluded:
        if len(wavelength):
            nearest = int(np.argmin(np.abs(wavelength - value)))
            named[nearest] |= bool(abs(wavelength[nearest] - value) < _SAME)
    return named


def _sample(measured: FieldMeasured) -> Whole:
    known = np.flatnonzero(measured.recognised)
    return np.asarray(known[np.linspace(0, len(known) - 1, min(len(known), _SAMPLE)).astype(int)], np.int64)


def _part(measured: FieldMeasured, some: Whole) -> FieldMeasured:
    """The same of some spectra."""
    return replace(
        measured, pixel=np.ascontiguousarray(measured.pixel[some]),
        pixel_error=np.ascontiguousarray(measured.pixel_error[some]),
        fwhm=np.ascontiguousarray(measured.fwhm[some]), flag=np.ascontiguousarray(measured.flag[some]),
        recognised=measured.recognised[some],
    )  # fmt: skip


def _chosen_order(measured: FieldMeasured, wanted: Bools, clip: float) -> int:
    """The order of the least Bayesian information criterion of some spectra, all together.

    The errors of centres are scaled so that the highest order leaves what they say: a shape of lines that is none of a
    Gaussian is no reason for more coefficients.
    """
    some = _sample(measured)
    part = _part(measured, some)
    least = min(ORDERS)
    if not len(some):
        return least
    good = (part.flag == FINE) & wanted
    usable = np.count_nonzero(good, axis=1)
    most = [order for order in ORDERS if np.mean(usable >= order + 3) >= 0.5]
    if not most:
        return least
    chosen = np.flatnonzero(usable >= most[-1] + 3)
    misfits, counts = [], []
    variance = part.pixel_error**2 + compiled_arcs("fits").FLOOR ** 2

    def at_order(place: int, _stop: int) -> _Solved:
        return _fitted(part, wanted, most[place], clip, chosen, Job())

    for solved in over_bands(len(most), 1, at_order, Job(), "Choosing the order"):
        squares = np.where(good, solved.residual**2 / variance, 0)[chosen]
        # a line that is rejected costs as much as it may at most
        misfits.append(np.sum(np.minimum(squares, clip**2), axis=1))
        counts.append(np.count_nonzero(good[chosen], axis=1))
    freedom = np.maximum(counts[-1] - most[-1] - 1, 1)
    scale = max(1.0, float(np.nanmedian(misfits[-1] / freedom)))
    scores = [
        float(np.nansum(misfit / scale + (order + 1) * np.log(count)))
        for order, misfit, count in zip(most, misfits, counts, strict=True)
    ]
    return most[int(np.argmin(scores))]


def _borne_out(measured: FieldMeasured, wanted: Bools, trusted: Bools, order: int, clip: float, some: Whole) -> Bools:
    """Lines that lie where the list has them in the middle of all spectra, judged by how far the others do."""
    part = _part(measured, some)
    left = trusted.copy()
    while np.count_nonzero(left) >= max(_LINES, order + 4):
        middle = _middles(part, left, order, clip)
        spread = 1.4826 * float(np.nanmedian(np.abs(middle[left]))) if np.isfinite(middle[left]).any() else np.nan
        off = np.where(np.isfinite(middle), np.abs(middle), 0)
        worst = int(np.argmax(np.where(left, off, 0)))
        if not off[worst] > max(_OFF * spread, _LEAST):
            return left | (wanted & (off <= max(_OFF * spread, _LEAST) / 2) & np.isfinite(middle))
        left[worst] = False
    return left


def _middles(part: FieldMeasured, left: Bools, order: int, clip: float) -> Floats:
    """Median residual of each line that enough spectra show."""
    solved = _fitted(part, left, order, clip, np.arange(len(part)), Job())
    residual = np.where(part.flag == FINE, solved.residual, np.nan)
    enough = np.count_nonzero(np.isfinite(residual), axis=0) >= _SPECTRA
    return np.where(enough, medians(residual.T), np.nan)


def _of_order(measured: FieldMeasured, order: int) -> Floats:
    """The main solution as a polynomial of another order."""
    first, last = _domain(measured)
    u = np.linspace(-1, 1, 101)
    wavelength = measured.main.wavelengths((first + last) / 2 + u * (last - first) / 2)
    return np.asarray(legendre.legfit(u, wavelength, order), np.float64)


def _judged(measured: FieldMeasured, solved: _Solved, order: int) -> tuple[Whole, Mapping[int, str]]:
    """What became of each spectrum, and sentences."""
    state = np.full(len(measured), SOLVED, np.int64)
    done = np.isfinite(solved.coefficients[:, 0])
    few, rough = done & (solved.free <= order), done & (solved.rms > DOUBTFUL_RMS)
    lost = measured.recognised & ~done
    state[few | rough] = DOUBTFUL
    told = np.array(list(measured.why), np.int64)
    state[told[done[told]]] = DOUBTFUL
    state[~done] = FAILED
    state[measured.empty] = EMPTY
    codes: dict[int, tuple[Any, ...]] = {}
    for spectrum in np.flatnonzero(rough).tolist():
        codes[spectrum] = (2, float(solved.rms[spectrum]), DOUBTFUL_RMS)
    for spectrum in np.flatnonzero(few).tolist():
        used, free = int(np.count_nonzero(solved.used[spectrum])), int(solved.free[spectrum])
        codes[spectrum] = (0, f"{used} line{'s are' if used != 1 else ' is'}", order + 3, order, free)
    for spectrum in np.flatnonzero(lost).tolist():
        codes[spectrum] = (1,)
    own = Sentences(
        codes,
        (
            "{0} used, and order {2} takes {1}: coefficients from number {3} on are those of the spectra around it.",
            "None of its lines can be used.",
            "Its lines scatter by {:.2f} pixels about the solution, more than {}.",
        ),
    )
    return state, _Both(measured.why, own)


class _Both(Mapping[int, str]):
    """Two mappings as one, of which the second counts."""

    def __init__(self, first: Mapping[int, str], second: Mapping[int, str]) -> None:
        self._first, self._second = first, second

    def __getitem__(self, spectrum: int) -> str:
        return self._second[spectrum] if spectrum in self._second else self._first[spectrum]

    def __iter__(self) -> Any:
        yield from self._second
        yield from (spectrum for spectrum in self._first if spectrum not in self._second)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _table(measured: FieldMeasured, solved: _Solved, wanted: Bools) -> LinesOfSpectra:
    """The table of lines with the residuals and states of a fit."""
    kernels = compiled_arcs("fits")
    rows = len(measured.cell)
    residual, state = np.full(rows, np.nan), measured.table.state.copy()
    kernels.fill(measured.cell, len(measured.columns), solved.residual, solved.used, wanted, 0, rows, residual, state)
    return replace(measured.table, residual=residual, state=state)
