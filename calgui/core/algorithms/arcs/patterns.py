"""Observed lines, listed ones, the range that they should lie in, and what an alignment of them is."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Observed:
    """What was observed.

    Attributes
    ----------
    u : ndarray of float64, shape (m,)
        Places of lines, from -1 at the first pixel to 1 at the last.
    flux : ndarray of float64, shape (m,)
        Of them.
    error : ndarray of float64, shape (m,)
        Of the places, in units of u.
    width : float
        Full width at half maximum of a line, in units of u.
    """

    u: Floats
    flux: Floats
    error: Floats
    width: float

    def brightest(self, most: int) -> "Observed":
        """The brightest lines.

        Parameters
        ----------
        most : int
            How many at most.

        Returns
        -------
        Observed
            By increasing place.
        """
        chosen = np.sort(np.argsort(-self.flux, kind="stable")[:most])
        return Observed(self.u[chosen], self.flux[chosen], self.error[chosen], self.width)


@dataclass(frozen=True)
class Listed:
    """What lamps may show.

    Attributes
    ----------
    wavelength : ndarray of float64, shape (n,)
        In nm, increasing.
    strength : ndarray of float64, shape (n,)
        Natural logarithm.
    kind : ndarray of int, shape (n,)
        Species, from 0.
    through : ndarray of float64, shape (n,)
        What part of the light comes through the filter.
    """

    wavelength: Floats
    strength: Floats
    kind: Whole
    through: Floats

    def take(self, chosen: Whole | npt.NDArray[np.bool_]) -> "Listed":
        """Some of the lines.

        Parameters
        ----------
        chosen : ndarray
            Indices, or which.

        Returns
        -------
        Listed
        """
        return Listed(self.wavelength[chosen], self.strength[chosen], self.kind[chosen], self.through[chosen])

    def within(self, expected: "Range") -> "Listed":
        """The lines that may have a say.

        Parameters
        ----------
        expected : Range
            Where the spectrum should lie.

        Returns
        -------
        Listed
        """
        return self.take(np.abs(self.wavelength - expected.centre) <= expected.reach)

    def shuffled(self, rng: np.random.Generator) -> "Listed":
        """A list of the same density and strengths without any of its order.

        Parameters
        ----------
        rng : numpy.random.Generator
            Chance.

        Returns
        -------
        Listed
        """
        if len(self.wavelength) < 2:
            return self
        gaps = rng.permutation(np.diff(self.wavelength))
        start = self.wavelength[0]
        made = start + np.r_[0.0, np.cumsum(gaps)]
        order = rng.permutation(len(made))
        return Listed(made, self.strength[order], self.kind[order], self.through)


@dataclass(frozen=True)
class Range:
    """Where the spectrum should lie.

    Attributes
    ----------
    centre, half : float
        Middle and half width, in nm.
    shift : float
        How far the centre may be off, in nm.
    stretch : tuple of float
        Least and most that the half width may be multiplied with.
    sure : float
        Relative error of the half width.
    directions : tuple of int
        1: wavelengths rise with the pixel; -1: they fall.
    """

    centre: float
    half: float
    shift: float
    stretch: tuple[float, float]
    sure: float
    directions: tuple[int, ...] = (1, -1)

    @property
    def reach(self) -> float:
        """How far from the centre listed lines may have a say, in nm."""
        return self.half * self.stretch[1] * 1.05 + self.shift


@dataclass(frozen=True)
class Alignment:
    """An alignment.

    Attributes
    ----------
    coefficients : ndarray of float64, shape (4,)
        Legendre coefficients over u: wavelength in nm.
    score : float
        Logarithm of its likelihood over that of chance.
    second : float
        That of the best other alignment; -inf where there is none.
    matched : int
        Lines that fall on listed ones, of those looked at.
    looked : int
        How many were.
    level : ndarray of float64, shape (species,)
        Natural logarithm of the flux of a line of strength 1.
    """

    coefficients: Floats
    score: float
    second: float
    matched: int
    looked: int
    level: Floats
