"""Which lines of a lamp each spectrum shows, and where: from the solved one outwards."""

from dataclasses import dataclass

import numpy as np

from calgui.core.algorithms.arcs.field.values import Bools, Floats, Place, Singles, Whole
from calgui.core.algorithms.arcs.lamps import LampLines
from calgui.core.algorithms.arcs.solution import Solution1D
from calgui.core.algorithms.kernels import compiled_arcs
from calgui.core.algorithms.spectrummarks import LINE_STATES
from calgui.core.jobs import Job

#: pixels that lines are looked for around where spectra beside tell, and around that where they do not tell
NARROW, WIDE = 10, 80
#: spectra between two looks at cancel
_CHUNK = 100
#: a spectrum of fewer lines that lies so many pixels from where those beside it tell is doubtful
_JUMP, _FEW = 3.0, 6
#: widths within which another line displaces a peak, if it has this part of its strength; enough lines without
_APART, _DISPLACES, _FEWEST = 4.0, 0.1, 3
_USED = LINE_STATES.index("used")


@dataclass(frozen=True)
class Seeds:
    """Where the lines of all spectra are, to some tenths of a pixel.

    Attributes
    ----------
    columns : ndarray of int, shape (k,)
        Lines of the list, by increasing pixel; from its length on those that the solved spectrum shows beside it.
    seen : ndarray of bool, shape (k,)
        Which of them the solved spectrum shows.
    expected : ndarray of float64, shape (n, k)
        Pixels; NaN of spectra that were not recognised.
    recognised, unsure, empty : ndarray of bool, shape (n,)
        Of spectra: lines known; known by fewer than three; no light.
    jump : ndarray of float64, shape (n,)
        Pixels from where the spectra beside tell.
    """

    columns: Whole
    seen: Bools
    expected: Floats
    recognised: Bools
    unsure: Bools
    empty: Bools
    jump: Floats


def find_lines(
    flux: Singles, place: Place | None, main: Solution1D, listed: LampLines, at: int, sigma: float, job: Job
) -> Seeds:
    """Find the lines of one spectrum in all others.

    Parameters
    ----------
    flux : ndarray of float32, shape (n, pixels)
        Spectra.
    place : tuple of two ndarray of int, or None
        Row and column of each.
    main : Solution1D
        Of one of them.
    listed : LampLines
        Of the lamps.
    at : int
        Index of that spectrum.
    sigma : float
        Width of lines as seen on pixels.
    job : Job
        Progress and cancel.

    Returns
    -------
    Seeds
    """
    kernels = compiled_arcs("seeds")
    count, pixels = flux.shape
    others = np.flatnonzero(main.listed < 0)
    where = np.concatenate([main.pixels(listed.wavelength), main.pixel[others]])
    light, used = np.zeros(len(where)), np.zeros(len(where), bool)
    lines = np.where(main.listed < 0, 0, main.listed)
    lines[others] = len(listed) + np.arange(len(others))
    light[lines] = np.maximum(main.flux, 0)
    used[lines] = (main.state == _USED) & (main.listed >= 0) & (main.flux > 0)
    columns = np.flatnonzero(np.isfinite(where))
    columns = columns[np.argsort(where[columns], kind="stable")]
    where, strength, seen = where[columns], light[columns], used[columns]
    outside = (where < 2) | (where > pixels - 3)
    alone = _alone(where, strength, _APART * sigma)
    # of lines beyond its ends nobody knows how bright they are
    learned = outside & _alone(where, np.ones(len(where)), 2 * _APART * sigma)
    told = seen & alone if np.count_nonzero(seen & alone) >= _FEWEST else seen
    expected, bright = np.full((count, len(columns)), np.nan), np.zeros((count, len(columns)))
    expected[at], bright[at] = where, strength
    known, state = np.zeros(count, bool), np.full(count, kernels.LOST, np.int64)
    known[at], state[at] = True, kernels.KNOWN
    score, jump = np.zeros(count), np.zeros(count)
    score[at] = 1.0
    rows, across = _places(place, count)
    grid = np.full((int(rows.max()) + 1, int(across.max()) + 1), -1, np.int64)
    grid[rows, across] = np.arange(count)
    far = np.hypot(rows - rows[at], across - across[at])
    order = np.argsort(far, kind="stable")
    order = np.ascontiguousarray(order[order != at], np.int64)
    taps = compiled_arcs("filtering").line_filter(sigma)
    for again, part in ((False, job.part(0, 0.6)), (True, job.part(0.6, 1))):
        for start in range(0, len(order), _CHUNK):
            part.report(start / len(order), "Finding the lines of all spectra")
            kernels.follow(
                flux, taps, order, start, min(start + _CHUNK, len(order)), grid, rows, across, told | learned, learned,
                NARROW, WIDE, expected, bright, known, state, score, jump, again,
            )  # fmt: skip
    expected[~known] = np.nan
    inside = np.count_nonzero((expected[:, seen] > 2) & (expected[:, seen] < pixels - 3), axis=1)
    unsure = known & ((state == kernels.UNSURE) | ((np.abs(jump) > _JUMP) & (inside < _FEW)))
    return Seeds(columns, seen, expected, known, unsure, state == kernels.EMPTY, jump)


def _alone(where: Floats, strength: Floats, within: float) -> Bools:
    """Lines that no other displaces: none that is bright enough is so near."""
    near = np.abs(where[:, None] - where[None]) < within
    np.fill_diagonal(near, False)
    return np.asarray(~np.any(near & (strength[None] > _DISPLACES * strength[:, None]), axis=1), np.bool_)


def _places(place: Place | None, count: int) -> tuple[Whole, Whole]:
    """Row and column of each from 0; in one row where there is no field."""
    if place is None:
        return np.zeros(count, np.int64), np.arange(count, dtype=np.int64)
    rows, across = (np.ascontiguousarray(part, np.int64) for part in place)
    return rows - rows.min(), across - across.min()
