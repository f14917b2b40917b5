"""What enters the spectrograph: lines, a continuum, and the filter that both pass."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Light:
    """Lines and a continuum.

    Attributes
    ----------
    wavelength : ndarray of float64, shape (m,)
        Of the lines, vacuum, nm, increasing.
    flux : ndarray of float64, shape (m,)
        Of each line: electrons, or electrons per second.
    species : tuple of str
        Of each line; empty for one that no list has.
    continuum : callable, optional
        Wavelengths in nm to flux per nm; smooth over the line-spread function. None for none.
    """

    wavelength: Floats
    flux: Floats
    species: tuple[str, ...] = ()
    continuum: Callable[[Floats], Floats] | None = field(default=None, compare=False)

    def through(self, low: float, high: float, edge: float = 2e-3) -> "Light":
        """What a filter lets pass.

        Parameters
        ----------
        low, high : float
            Where half passes, nm.
        edge : float
            From 10 to 90 %, as a part of the wavelength.

        Returns
        -------
        Light
            Lines of which less than 1e-4 passes are left out.
        """

        def passes(wave: Floats) -> Floats:
            # a logistic curve goes from 10 to 90 % over 4.394 of its scale
            cut_on = 1 / (1 + np.exp(-np.clip(4.394 * (wave - low) / (edge * low), -60, 60)))
            cut_off = 1 / (1 + np.exp(-np.clip(4.394 * (high - wave) / (edge * high), -60, 60)))
            return np.asarray(cut_on * cut_off)

        part, before = passes(self.wavelength), self.continuum
        kept = np.flatnonzero(part > 1e-4)
        return Light(
            self.wavelength[kept],
            (self.flux * part)[kept],
            tuple(self.species[index] for index in kept) if self.species else (),
            None if before is None else lambda wave: before(wave) * passes(wave),
        )

    def times(self, factor: float) -> "Light":
        """The same light, brighter or fainter.

        Parameters
        ----------
        factor : float
            What everything is multiplied with.

        Returns
        -------
        Light
        """
        before = self.continuum
        return Light(
            self.wavelength,
            self.flux * factor,
            self.species,
            None if before is None else lambda wave: before(wave) * factor,
        )


def level(per_nm: float) -> Callable[[Floats], Floats]:
    """A continuum that is the same everywhere.

    Parameters
    ----------
    per_nm : float
        Flux per nm.

    Returns
    -------
    callable
    """
    return lambda wave: np.full(wave.shape, per_nm)
