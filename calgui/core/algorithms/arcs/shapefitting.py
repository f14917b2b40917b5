"""Fits the shape of lines to isolated ones, with all that is unknown of each."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.arcs.shape import GAUSSIAN, NO_SHAPE, ORDER, ShapeField, basis, table_at

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Whole = npt.NDArray[np.int64]

#: how large coefficients are thought to be: that of order 3, and the part of it that is left with each further one;
#: of a Gaussian with wings or some skewness, of a strong one, and of shapes with edges
_SIZES = ((0.01, 0.75), (0.03, 0.75), (0.1, 0.88))
#: of those that change with a trend, as a part
_BENT = 0.5
#: by how much the logarithm of the evidence must be larger than that of a Gaussian
_WORTH = 3.0
#: and by how much more for edges: light far out, of which few lines tell nothing, moves the mean
_EDGES = 10.0
#: what the mean must be known to, in pixels, or as a part of what a Gaussian is off by: all wavelengths share its error
_MEAN, _SAFE = 0.02, 0.25
#: by so much of the light such a sum may miss a shape, however many lines are looked at
_MISSED = 7e-4
#: how little a width is trusted to differ from what is given
_TIED = 0.1
_ROUNDS, _AGAIN = 5, 3
#: how near a centre is held to where it is without what its place in a pixel does to it, in pixels, and how often
_HELD, _TURNS = 1e-3, 2
#: spectra that tell that, lines of each, and terms of the curve along it; sigma that it takes
_SPECTRA, _CURVE, _TERMS, _SURE = 20, 5, 3, 4.0
#: lines that it takes; worse than this, in the middle of all and its spread, one is no line alone
FEWEST, _WORST = 5, 6.0


@dataclass(frozen=True)
class Lines:
    """Isolated lines on their pixels.

    Attributes
    ----------
    away : ndarray of float64, shape (m, p)
        Middles of pixels, from about the centre of each line.
    value, weight : ndarray of float64, shape (m, p)
        Of the pixels, and one over their variance; 0 where one does not count.
    centre, flux, sigma : ndarray of float64, shape (m,)
        By the fits of Gaussians; centres where ``away`` is measured from 0.
    trend : ndarray of float64, shape (m, q)
        What the shape may change with, from -1 to 1 each: the place along the spectrum, that in the field.
    start : ndarray of float64, shape (m,)
        Pixel that ``away`` is measured from.
    known : ndarray of float64, shape (m,)
        Pixel where it should be, but for a curve along its spectrum and what is the same for this line of all spectra.
    spectrum, line : ndarray of int64, shape (m,)
        Which each is; all of one spectrum where nothing is known.
    """

    away: Floats
    value: Floats
    weight: Floats
    centre: Floats
    flux: Floats
    sigma: Floats
    trend: Floats
    start: Floats
    known: Floats
    spectrum: Whole
    line: Whole

    def __len__(self) -> int:
        return len(self.centre)

    def take(self, chosen: npt.NDArray[np.bool_]) -> "Lines":
        """Some of the lines.

        Parameters
        ----------
        chosen : ndarray of bool, shape (m,)
            Which.

        Returns
        -------
        Lines
        """
        return Lines(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))


def measure_shape(lines: Lines) -> ShapeField:
    """Measure the shape of isolated lines.

    Parameters
    ----------
    lines : Lines
        Bright ones that nothing is wrong with.

    Returns
    -------
    ShapeField
        All unknowns are fitted together: of each line flux, centre, width (near to what was given), a level and its
        slope; of all lines the coefficients. These are held near 0, those of high orders more: where pixels are wide,
        lines do not tell them from errors of their centres. How near tells the evidence (MacKay 1992), with noise as
        large as what the fit leaves; so it does whether the shape changes with trends. A Gaussian where it tells of
        nothing else.
    """
    try:
        found = _measured(lines)
    except np.linalg.LinAlgError:
        return NO_SHAPE
    if not found.is_measured or not np.all(np.isfinite(found.coefficients)) or not np.isfinite(found.stretch):
        return NO_SHAPE
    # a mean that is known to less would scatter more from one exposure to the next than a Gaussian is off by
    shape, sigma = found.middle, float(np.median(lines.sigma))
    known = max(_MEAN, _SAFE * abs(shape.gaussian_centre(sigma)))
    return found if shape.error * sigma <= known else NO_SHAPE


def _measured(lines: Lines) -> ShapeField:
    if len(lines) < FEWEST:
        return NO_SHAPE
    first = _Fit(lines, 0)
    first.run(_SIZES[-1])
    # of a line that is two, or hit, nothing is learned
    good = _alike(first.per_line)
    if good.sum() < FEWEST:
        return NO_SHAPE
    if not good.all():
        first = first.take(good)
        lines = first.lines
        first.run(_SIZES[-1], _AGAIN)
    prior, most = first.best_prior()
    if most < _WORTH:
        return NO_SHAPE
    plain = first
    plain.run(prior, _AGAIN)
    if plain.place is not None and prior != _SIZES[-1]:
        # shapes with edges do that, and where places are told so is the shape
        prior = _SIZES[-1]
        plain.run(prior, _AGAIN)
    for columns in sorted({lines.trend.shape[1], min(lines.trend.shape[1], 1)} - {0}, reverse=True):
        if len(lines) < FEWEST * (1 + columns) or np.any(np.ptp(lines.trend[:, :columns], axis=0) < 0.5):
            continue
        bent = plain.with_trends(columns)
        bent.run(prior, _AGAIN)
        if bent.evidence(prior) - bent.evidence(prior, flat=True) > _WORTH:
            return bent.field()
    return plain.field()


def _alike(chi2: Floats) -> Flags:
    middle = float(np.median(chi2))
    spread = 1.4826 * float(np.median(np.abs(chi2 - middle)))
    return np.asarray(chi2 <= middle + _WORST * max(spread, 0.15 * middle, 1e-12), bool)


class _Fit:
    """All unknowns of lines and of their shape, by Gauss and Newton's steps; those of a line are eliminated."""

    def __init__(self, lines: Lines, columns: int) -> None:
        self.lines = lines
        self.centre, self.flux, self.sigma = lines.centre.copy(), lines.flux.copy(), lines.sigma.copy()
        self.level = np.zeros((len(lines), 2))
        self.trend = np.concatenate([np.ones((len(lines), 1)), lines.trend[:, :columns]], axis=1)
        self.shapes = np.zeros((self.trend.shape[1], ORDER - 1))
        self.matrix, self.right = np.zeros((0, 0)), np.zeros(0)
        self.per_line, self.scale = np.zeros(len(lines)), 1.0
        self.place: Floats | None = None

    def take(self, chosen: Flags) -> "_Fit":
        """The same of some of the lines, to be fitted on."""
        made = _Fit(self.lines.take(chosen), self.trend.shape[1] - 1)
        made.centre, made.flux, made.sigma = self.centre[chosen], self.flux[chosen], self.sigma[chosen]
        made.level, made.shapes = self.level[chosen], self.shapes
        made.place = None if self.place is None else self.place[chosen]
        return made

    def with_trends(self, columns: int) -> "_Fit":
        """The same, to be fitted on with coefficients that change with the first trends."""
        made = _Fit(self.lines, columns)
        made.centre, made.flux, made.sigma, made.level = self.centre, self.flux, self.sigma, self.level
        made.shapes[0], made.place = self.shapes[0], self.place
        return made

    def run(self, prior: tuple[float, float], rounds: int = _ROUNDS) -> None:
        """Fit the coefficients with a prior of theirs."""
        held = 1 / np.square(self._sizes(prior))
        for _ in range(rounds):
            self._step(held)
        for _ in range(_TURNS):
            wrong = self._by_phase()
            if wrong is None:
                break
            self.place = self.centre - wrong
            for _ in range(rounds):
                self._step(held)
        self._step(held, moved=False)

    def _by_phase(self) -> Floats | None:
        """What places in a pixel do to the centres; None where nothing is sure to be.

        Lines that are narrow on their pixels do not tell their shape from this: another shape fits as well, with
        centres that are off by where in a pixel they fall. The other lines of their spectra tell it, as their
        wavelengths follow a curve.
        """
        lines = self.lines
        many = np.bincount(lines.spectrum) >= _CURVE
        known = many[lines.spectrum] & np.isfinite(lines.known)
        spectra, group = np.unique(lines.spectrum[known], return_inverse=True)
        if len(spectra) < _SPECTRA:
            return None
        at = lines.start + self.centre
        turn = 2 * math.pi * at
        waves = np.stack([np.cos(turn), np.sin(turn), np.cos(2 * turn), np.sin(2 * turn)], axis=1)
        off, root = (at - lines.known)[known], np.sqrt(np.maximum(lines.flux[known], 0))
        name = np.unique(lines.line[known], return_inverse=True)[1]
        common = np.eye(int(name.max()) + 1)[name]
        sought = np.concatenate([waves[known], common, off[:, None]], axis=1) * root[:, None]
        curve = np.vander(lines.trend[known, 0], _TERMS) * root[:, None]
        for one in range(len(spectra)):
            mine = group == one
            base = np.linalg.qr(curve[mine])[0]
            sought[mine] -= base @ (base.T @ sought[mine])
        design, target = sought[:, :-1], sought[:, -1]
        normal = design.T @ design + 1e-9 * np.trace(design.T @ design) * np.eye(design.shape[1])
        size = np.linalg.solve(normal, design.T @ target)
        left = target - design @ size
        scatter = float(np.median(np.abs(left)) * 1.4826) ** 2 * len(left) / max(len(left) - _TERMS * len(spectra), 1)
        told = size[:4] @ np.linalg.solve(np.linalg.inv(normal)[:4, :4], size[:4])
        if not told > _SURE**2 * scatter:
            return None
        return np.asarray(waves @ size[:4], np.float64)

    def _sizes(self, prior: tuple[float, float]) -> Floats:
        """Of coefficients, one standard deviation."""
        size, falls = prior
        own = size * falls ** (np.maximum(np.arange(2, ORDER + 1), 3) - 3.0)
        return np.concatenate([own if q == 0 else _BENT * own for q in range(self.trend.shape[1])])

    def best_prior(self) -> tuple[tuple[float, float], float]:
        """Sizes of coefficients that the lines speak for, and how much they do."""
        worth = [self.evidence(prior) for prior in _SIZES]
        worth[-1] -= _EDGES
        best = int(np.argmax(worth))
        return _SIZES[best], worth[best]

    def evidence(self, prior: tuple[float, float], flat: bool = False) -> float:
        """Logarithm of it, over that of a Gaussian; as if nothing changed with trends where that is asked for."""
        sizes = self._sizes(prior)
        if flat:
            sizes = np.where(np.arange(len(sizes)) < ORDER - 1, sizes, 1e-9)
        right = (self.matrix @ self.shapes.ravel() + self.right) / self.scale * sizes
        matrix = np.eye(len(sizes)) + self.matrix / self.scale * sizes[:, None] * sizes[None, :]
        return 0.5 * float(right @ np.linalg.solve(matrix, right) - np.linalg.slogdet(matrix)[1])

    def field(self) -> ShapeField:
        """What was found."""
        terms = ORDER - 1
        stretch = float(np.median(self.sigma / self.lines.sigma))
        covariance = self.scale * np.linalg.inv(self.held)[:terms, :terms]
        return ShapeField(self.shapes, covariance, len(self.lines), stretch)

    def _step(self, held: Floats, moved: bool = True) -> None:
        terms = ORDER - 1
        x, weight = self.lines.away, self.lines.weight
        sigma = self.sigma[:, None]
        # pixels lie side by side: an edge is that of two
        edges = (np.concatenate([x - 0.5, x[:, -1:] + 0.5], axis=1) - self.centre[:, None]) / sigma
        own = self.trend @ self.shapes
        summed, there = table_at(*basis(), edges)
        gauss = GAUSSIAN.below(edges)
        light = gauss[0] + np.matmul(summed, own[:, :, None])[:, :, 0]
        density = gauss[1] + np.matmul(there, own[:, :, None])[:, :, 0]
        share = np.diff(light, axis=1)
        edge_high, edge_low, high, low = density[:, 1:], density[:, :-1], edges[:, 1:], edges[:, :-1]
        flux = self.flux[:, None]
        by_centre = -flux * (edge_high - edge_low) / sigma
        by_width = -flux * (high * edge_high - low * edge_low) / sigma
        ones = np.ones_like(x)
        alone = np.stack([share, by_centre, by_width, ones, x], axis=2)
        left = self.lines.value - flux * share - self.level[:, :1] - self.level[:, 1:] * x
        self.per_line = np.sum(weight * left**2, axis=1) / np.maximum(np.sum(weight > 0, axis=1) - 5, 1)
        freedom = float(np.sum(weight > 0)) - 5 * len(x) - self.shapes.size
        self.scale = max(1.0, float(np.sum(weight * left**2)) / max(freedom, 1.0))
        # what all lines have in common does not grow less with their number
        self.scale += _MISSED**2 * float(np.sum(weight * np.square(flux * share)))
        shared = flux[:, :, None] * np.diff(summed, axis=1)
        mine = np.einsum("mp,mpa,mpb->mab", weight, alone, alone, optimize=True)
        tie = 1 / np.square(_TIED * self.lines.sigma)
        mine[:, 2, 2] += tie
        right = np.einsum("mp,mpa,mp->ma", weight, alone, left, optimize=True)
        right[:, 2] += tie * (self.lines.sigma - self.sigma)
        if self.place is not None:
            mine[:, 1, 1] += 1 / _HELD**2
            right[:, 1] += (self.place - self.centre) / _HELD**2
        scale = 1 / np.sqrt(np.maximum(np.einsum("maa->ma", mine), 1e-300))
        inverse = np.linalg.inv(mine * scale[:, :, None] * scale[:, None, :] + 1e-9 * np.eye(5))
        inverse *= scale[:, :, None] * scale[:, None, :]
        weighted = weight[:, :, None] * alone
        cross = np.matmul(weighted.transpose(0, 2, 1), shared)
        both = np.matmul((weight[:, :, None] * shared).transpose(0, 2, 1), shared)
        both -= np.matmul(cross.transpose(0, 2, 1), np.matmul(inverse, cross))
        alone_step = np.einsum("mab,mb->ma", inverse, right)
        of = np.einsum("mpj,mp->mj", shared, weight * left) - np.einsum("maj,ma->mj", cross, alone_step)
        q = self.trend.shape[1]
        whole = np.einsum("mq,mr,mij->qirj", self.trend, self.trend, both, optimize=True).reshape(q * terms, q * terms)
        # the prior speaks of coefficients, the noise is as large as what is left
        self.matrix, self.right = whole, np.einsum("mq,mi->qi", self.trend, of).ravel()
        self.held = whole + self.scale * np.diag(held)
        if not moved:
            return
        target = self.right - self.scale * held * self.shapes.ravel()
        change = np.linalg.solve(self.held, target).reshape(q, terms)
        self.shapes = self.shapes + change
        step = np.einsum("mab,mb->ma", inverse, right - np.einsum("maj,mj->ma", cross, self.trend @ change))
        self.flux = self.flux + step[:, 0]
        self.centre = self.centre + np.clip(step[:, 1], -0.5, 0.5)
        self.sigma = np.clip(self.sigma + step[:, 2], 0.7 * self.lines.sigma, 1.4 * self.lines.sigma)
        self.level = self.level + step[:, 3:]
