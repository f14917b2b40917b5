"""The law of the decay, fitted to all pixels that were bright before, whatever light each of them saw and when.

The sum of squares over pixels is a quadratic form in what an electron of each light leaves in each frame; it is summed
up once, and laws are tried on those few numbers.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.noise import robust_sigma
from calgui.core.algorithms.persistence.laws import Array, Exponentials, Law, PowerLaw, shapes_of
from calgui.core.algorithms.persistence.matrix import Matrix
from calgui.core.frames.frame import FloatArray

#: a law fits as well as another one if its sum of squares is within this of the other's
_AS_WELL = 4.0
#: traps hold less than this part of the light: about 1 % in these detectors
MOST_TRAPPED = 0.1
#: an amplitude under so many times its error is no afterglow
SEEN = 3.0
#: groups of pixels, each left out once, that tell the errors
_GROUPS = 10
_ROUNDS = 6
#: Tukey's biweight: samples further out count nothing
_TUKEY = 4.685
_FIRST_SCATTER = 0.3
#: a pixel saw one light if this part of its electrons came with it
_ALONE = 0.95
_GRID = 160
#: a power law has no limit at 0, and begins at 1 s: it takes frames that are later than this, in seconds
_LATE = 10.0
#: index of a power law
_INDICES = (0.2, 3.0)
#: an exponential is looked for so much shorter than the first time, and longer than the last
_SHORTER, _LONGER = 0.2, 50.0


@dataclass(frozen=True)
class Fit:
    """A law with how well it is known.

    Attributes
    ----------
    law : Law
        For one electron of light.
    name : str
        ``exponential``, ``two-exponentials`` or ``power-law``.
    others : tuple of Law
        Laws of all pixels but a tenth, in turn; they tell the errors. Empty where nothing was fitted.
    rivals : tuple of Law
        Other laws that fit as well.
    chi2 : float
        Sum of squares over the degrees of freedom; NaN without any.
    scatter : float
        By which part pixels differ from the law.
    points : tuple of ndarray
        Time after the light (s), rate for one electron (1/s) and its error, of frames in which pixels were left with
        one light alone.
    significance : float
        Amplitude over its error.
    at_end : bool
        Whether its time constant lies at the end of the range that was tried.
    fitted : bool
        Whether anything of it was fitted.
    """

    law: Law
    name: str
    others: tuple[Law, ...] = ()
    rivals: tuple[Law, ...] = ()
    chi2: float = math.nan
    scatter: float = _FIRST_SCATTER
    points: tuple[Array, Array, Array] = field(default_factory=lambda: (np.empty(0), np.empty(0), np.empty(0)))
    significance: float = math.inf
    at_end: bool = False
    fitted: bool = True

    @property
    def is_trusted(self) -> bool:
        """Whether there is an afterglow, and it is one."""
        return self.significance >= SEEN and not self.is_odd

    @property
    def is_odd(self) -> bool:
        """Whether the law is none that traps have: it does not decay, or they hold too much."""
        return self.fitted and (self.at_end or self.law.trapped > MOST_TRAPPED)


@dataclass(frozen=True)
class _Points:
    """The quadratic form, as independent numbers of variance 1: ``matrix @ left - values``; one time for each pair."""

    matrix: Array
    values: Array
    start: Array
    stop: Array
    used: npt.NDArray[np.bool_]


def fit_law(thin: Matrix, model: str, tau: float | None, index: float | None) -> Fit | None:
    """Fit the law of the decay.

    Parameters
    ----------
    thin : Matrix
        Of pixels that were bright, some ten thousands at most.
    model : str
        ``auto``, or the one to fit.
    tau, index : float or None
        Where given, only the amplitude is fitted.

    Returns
    -------
    Fit or None
        None where there are too few frames: a decay takes two, two exponentials five.
    """
    many = _frames_with_samples(thin)
    given = {"exponential": tau, "power-law": index}
    names = [name for name, value in given.items() if value is not None]
    if not names:
        names = ["exponential", "power-law", "two-exponentials"] if model == "auto" else [model]
        names = [name for name in names if many >= (5 if name == "two-exponentials" else 2)]
        if float(np.nanmax(thin.stop, initial=0.0)) < _LATE:
            names = [name for name in names if name != "power-law"]
    if not names or not many:
        return None
    # the robust weights come from the law, and the law from them
    law: Law | None = None
    scatter, best = _FIRST_SCATTER, None
    for _ in range(_ROUNDS):
        weights = _weights(thin, law, scatter)
        points = _summed(thin, weights)
        if not points.values.size:
            return None
        tried = [_tried(points, name, given.get(name)) for name in names]
        best = min(tried, key=lambda one: one[2])
        law = best[0]
        scatter = _scatter(thin, law, scatter)
    assert best is not None
    assert law is not None
    name, free = best[1], _free(best[1], given)
    freedom = points.values.size - free
    chi2 = _squares(points, law) / freedom if freedom > 0 else math.nan
    nearly = _squares(points, law) + _AS_WELL
    groups = min(_GROUPS, thin.pixels)
    others: tuple[Law, ...] = ()
    if groups >= 3:
        parts = [_summed(thin.part(slice(g, None, groups)), weights[:, g::groups]) for g in range(groups)]
        forms = [(part.matrix.T @ part.matrix, part.matrix.T @ part.values) for part in parts]
        square, line = sum(form[0] for form in forms), sum(form[1] for form in forms)
        starts, stops = thin.start.reshape(-1), thin.stop.reshape(-1)
        others = tuple(
            _tried(_whitened(square - a, line - b, starts, stops), name, given.get(name))[0] for a, b in forms
        )
    return Fit(
        law,
        name,
        others,
        tuple(other[0] for other in tried if other is not best and _squares(points, other[0]) < nearly),
        chi2,
        scatter,
        _stacked(thin, weights),
        _significance(points, law),
        _at_end(points, law) if free > 1 else False,
    )


def spread_of(values: Sequence[float]) -> float:
    """Error of a number that laws give which were fitted without a tenth of the pixels in turn.

    Parameters
    ----------
    values : sequence of float
        The number from each of `Fit.others`.

    Returns
    -------
    float
        NaN of fewer than two.
    """
    return math.sqrt((len(values) - 1) * float(np.var(values))) if len(values) > 1 else math.nan


def _frames_with_samples(matrix: Matrix) -> int:
    """Distinct times after a light at which something was measured."""
    seen = np.isfinite(matrix.excess).any(axis=1)
    return int(np.count_nonzero(seen & np.isfinite(matrix.start).any(axis=1)))


def _weights(matrix: Matrix, law: Law | None, scatter: float) -> FloatArray:
    """Inverse variance times Tukey's biweight; 0 without a sample."""
    model = _first_model(matrix) if law is None else np.maximum(matrix.model(law), 0)
    seconds = matrix.seconds.astype(np.float32)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = matrix.noise**2 + model / seconds + (np.float32(scatter) * model) ** 2
        away = (matrix.excess - model) / np.sqrt(variance)
        weights = np.clip(1 - (away / _TUKEY) ** 2, 0, None) ** 2 / variance
    return np.nan_to_num(weights, nan=0.0, posinf=0.0, neginf=0.0).astype(np.float32)


def _first_model(matrix: Matrix) -> FloatArray:
    """Before any law: the median of what is left of an electron in each frame, by pixels of much light."""
    electrons = matrix.electrons.sum(axis=0)
    much = electrons >= np.median(electrons)
    ratio = matrix.excess[:, much] / electrons[much]
    each = [float(np.median(row[np.isfinite(row)])) if np.isfinite(row).any() else 0.0 for row in ratio]
    made: FloatArray = np.maximum(np.array(each, np.float32), 0)[:, None] * electrons
    return made


def _summed(matrix: Matrix, weights: FloatArray) -> _Points:
    """The quadratic form of all pairs of a frame and a light."""
    frames, lights = matrix.start.shape
    square = np.zeros((frames * lights, frames * lights))
    line = np.zeros(frames * lights)
    filled = np.nan_to_num(matrix.excess, nan=0.0)
    for number in range(frames):
        after = np.isfinite(matrix.start[number])
        seen = matrix.electrons * after[:, None]
        weighted = (seen * weights[number]).astype(np.float64)
        spot = slice(number * lights, (number + 1) * lights)
        square[spot, spot] = weighted @ seen.T.astype(np.float64)
        line[spot] = weighted @ filled[number].astype(np.float64)
    return _whitened(square, line, matrix.start.reshape(-1), matrix.stop.reshape(-1))


def _whitened(square: Array, line: Array, start: Array, stop: Array) -> _Points:
    values, vectors = np.linalg.eigh((square + square.T) / 2)
    kept = values > max(float(values.max(initial=0.0)), 0.0) * 1e-12
    roots = np.sqrt(values[kept])
    turned = vectors[:, kept].T
    used = np.isfinite(start)
    begin, end = np.where(used, start, 1.0), np.where(used, stop, 2.0)
    return _Points(roots[:, None] * turned, (turned @ line) / roots, begin, end, used)


def _tried(points: _Points, name: str, given: float | None) -> tuple[Law, str, float]:
    """The best law of one kind, and its Bayesian information criterion."""
    law: Law
    if name == "two-exponentials":
        law, squares, free = *_two(points), 4
    else:
        parameter, amplitude, squares = _one(points, name, given)
        law = Exponentials((amplitude,), (parameter,)) if name == "exponential" else PowerLaw(amplitude, parameter)
        free = 1 if given is not None else 2
    return law, name, squares + free * math.log(max(points.values.size, 2))


def _one(points: _Points, name: str, given: float | None) -> tuple[float, float, float]:
    """Parameter, amplitude and squares of a law with one parameter."""
    low, high = _range(points, name)
    grid = np.array([given]) if given is not None else _spaced(low, high, name, _GRID)
    for _ in range(1 if given is not None else 4):
        x = shapes_of(name, grid, points.start, points.stop) @ points.matrix.T
        norm = np.maximum((x * x).sum(axis=1), 1e-300)
        amplitude = x @ points.values / norm
        squares = (points.values**2).sum() - amplitude**2 * norm
        # an afterglow is never negative
        squares = np.where(amplitude >= 0, squares, (points.values**2).sum())
        best = int(np.argmin(squares))
        if given is None:
            near = slice(max(best - 1, 0), best + 2)
            found = grid[best], amplitude[best], squares[best]
            grid = _spaced(float(grid[near][0]), float(grid[near][-1]), name, 25)
        else:
            found = grid[best], amplitude[best], squares[best]
    return float(found[0]), float(found[1]), float(found[2])


def _two(points: _Points) -> tuple[Law, float]:
    """Two exponentials: pairs of time constants on a grid, the best of them made better by least squares."""
    from scipy.optimize import least_squares

    low, high = _range(points, "exponential")
    grid = _spaced(low, high, "exponential", 40)
    x = shapes_of("exponential", grid, points.start, points.stop) @ points.matrix.T
    square, line, total = x @ x.T, x @ points.values, float((points.values**2).sum())
    own = np.diagonal(square)
    determinant = own[:, None] * own - square**2
    sound = determinant > 1e-9 * own[:, None] * own
    divisor = np.where(sound, determinant, 1.0)
    first = (own * line[:, None] - square * line) / divisor
    squares = np.where(sound & (first > 0) & (first.T > 0), total - first * line[:, None] - first.T * line, np.inf)
    i, j = (int(place) for place in np.unravel_index(int(np.argmin(squares)), squares.shape))
    if not math.isfinite(squares[i, j]):
        tau, amplitude, left = _one(points, "exponential", None)
        return Exponentials((amplitude,), (tau,)), left

    def away(logs: Array) -> Array:
        parts, taus = np.exp(logs[:2]), np.exp(logs[2:])
        law = Exponentials((parts[0], parts[1]), (taus[0], taus[1]))
        return points.matrix @ law.mean(points.start, points.stop) - points.values

    begin = np.log([first[i, j], first[j, i], grid[i], grid[j]])
    bounds = (np.append(begin[:2] - 12, np.log([low, low])), np.append(begin[:2] + 12, np.log([high, high])))
    made = least_squares(away, np.clip(begin, bounds[0] + 1e-9, bounds[1] - 1e-9), bounds=bounds, xtol=1e-6, ftol=1e-6)
    parts, taus = np.exp(made.x[:2]), np.exp(made.x[2:])
    (short, part), (long, other) = sorted(zip(taus.tolist(), parts.tolist(), strict=True))
    return Exponentials((part, other), (short, long)), float(2 * made.cost)


def _range(points: _Points, name: str) -> tuple[float, float]:
    if name == "power-law":
        return _INDICES
    middle = (points.start + points.stop)[points.used] / 2
    return max(_SHORTER * float(middle.min()), 0.1), _LONGER * float(middle.max())


def _spaced(low: float, high: float, name: str, count: int) -> Array:
    return np.geomspace(low, high, count) if name == "exponential" else np.linspace(low, high, count)


def _squares(points: _Points, law: Law) -> float:
    return float(((points.matrix @ law.mean(points.start, points.stop) - points.values) ** 2).sum())


def _significance(points: _Points, law: Law) -> float:
    """Amplitude over its error, for the shape that was found."""
    shape = points.matrix @ law.mean(points.start, points.stop)
    norm = float((shape**2).sum())
    return float(shape @ points.values / math.sqrt(norm)) if norm > 0 else 0.0


def _at_end(points: _Points, law: Law) -> bool:
    if isinstance(law, PowerLaw):
        return not _INDICES[0] * 1.01 < law.index < _INDICES[1] * 0.99
    assert isinstance(law, Exponentials)
    low, high = _range(points, "exponential")
    return min(law.taus) < low * 1.05 or max(law.taus) > high / 1.05


def _free(name: str, given: dict[str, float | None]) -> int:
    return 4 if name == "two-exponentials" else 1 if given.get(name) is not None else 2


def _scatter(matrix: Matrix, law: Law, before: float) -> float:
    """By which part pixels differ from the law, beyond their noise; as it was where noise hides it."""
    model = matrix.model(law)
    seconds = matrix.seconds.astype(np.float32)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = matrix.noise**2 + np.maximum(model, 0) / seconds
        clear = (model > 3 * np.sqrt(variance)) & np.isfinite(matrix.excess)
    if np.count_nonzero(clear) < 20:
        return before
    ratio = (matrix.excess[clear] - model[clear]) / model[clear]
    return math.sqrt(max(robust_sigma(ratio) ** 2 - float(np.median(variance[clear] / model[clear] ** 2)), 1e-4))


def _stacked(matrix: Matrix, weights: FloatArray) -> tuple[Array, Array, Array]:
    """What an electron left, by frame and light, from pixels that saw one light alone."""
    most, whole = matrix.electrons.argmax(axis=0), matrix.electrons.sum(axis=0)
    alone = matrix.electrons.max(axis=0, initial=0.0) > _ALONE * whole
    times, rates, errors = [], [], []
    for number, row in enumerate(weights):
        for light, electrons in enumerate(matrix.electrons):
            if not np.isfinite(matrix.start[number, light]):
                continue
            used = alone & (most == light) & (electrons > 0) & (row > 0)
            norm = float((row[used] * electrons[used] ** 2).sum(dtype=np.float64))
            if norm <= 0:
                continue
            times.append(float(matrix.start[number, light] + matrix.stop[number, light]) / 2)
            rates.append(
                float((row[used] * electrons[used] * matrix.excess[number, used]).sum(dtype=np.float64)) / norm
            )
            errors.append(norm**-0.5)
    order = np.argsort(times)
    return np.array(times)[order], np.array(rates)[order], np.array(errors)[order]


def given_law(tau: float | None, fraction: float | None, index: float | None, per_electron: float | None) -> Fit | None:
    """A law all of whose numbers were given.

    Parameters
    ----------
    tau, fraction : float or None
        Of an exponential.
    index, per_electron : float or None
        Of a power law; its rate at 1000 s for one electron.

    Returns
    -------
    Fit or None
        None where a number is missing.
    """
    if tau is not None and fraction is not None:
        return Fit(Exponentials((fraction,), (tau,)), "exponential", fitted=False)
    if index is not None and per_electron is not None:
        return Fit(PowerLaw(per_electron, index), "power-law", fitted=False)
    return None
