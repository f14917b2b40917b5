"""Laws by which an afterglow decays, for one electron of light: means over an exposure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

#: seconds at which a power law's level is told, as for WFC3 (Long et al. 2015)
REFERENCE = 1000.0
#: a power law begins so long after the light: it has no limit at 0
EARLIEST = 1.0


class Law(Protocol):
    """What an electron of light leaves behind."""

    @property
    def text(self) -> str:
        """For people."""

    @property
    def trapped(self) -> float:
        """Part of the electrons that comes out again, of a power law within the first 1000 s."""

    def mean(self, start: Any, stop: Any) -> Array:
        """Mean rate between two times after the light, e-/s per electron.

        Parameters
        ----------
        start, stop : array-like
            Seconds after the end of the light.

        Returns
        -------
        ndarray of float64
        """


@dataclass(frozen=True)
class Exponentials:
    """Traps that give their charge back with time constants of their own: as JWST's trap families decay.

    Attributes
    ----------
    fractions : tuple of float
        Part of the electrons that is trapped, of each family.
    taus : tuple of float
        Seconds in which it falls to 1/e.
    """

    fractions: tuple[float, ...]
    taus: tuple[float, ...]

    @property
    def text(self) -> str:
        """For people."""
        parts = [f"{part:.3g} exp(-t / {tau:.4g} s)" for part, tau in zip(self.fractions, self.taus, strict=True)]
        return f"charge left {' + '.join(parts)}"

    @property
    def trapped(self) -> float:
        """See `Law`."""
        return sum(self.fractions)

    def mean(self, start: Any, stop: Any) -> Array:
        """See `Law`."""
        shapes = [part * exponential(tau, start, stop) for part, tau in zip(self.fractions, self.taus, strict=True)]
        made: Array = np.sum(shapes, axis=0)
        return made


@dataclass(frozen=True)
class PowerLaw:
    """A spread of time constants: ``rate (t / 1000 s)^-index``.

    Attributes
    ----------
    rate : float
        At 1000 s, e-/s per electron.
    index : float
        About 1 in H1R, H2RG and H4RG detectors.
    """

    rate: float
    index: float

    @property
    def text(self) -> str:
        """For people."""
        return f"rate {self.rate:.3g} /s (t / {REFERENCE:g} s)^-{self.index:.3g} for each electron"

    @property
    def trapped(self) -> float:
        """See `Law`."""
        return float(self.mean(EARLIEST, REFERENCE)) * (REFERENCE - EARLIEST)

    def mean(self, start: Any, stop: Any) -> Array:
        """See `Law`."""
        return self.rate * power(self.index, start, stop)


def exponential(tau: Any, start: Any, stop: Any) -> Array:
    """Mean of ``exp(-t / tau) / tau`` between two times.

    Parameters
    ----------
    tau, start, stop : array-like
        Seconds; broadcast.

    Returns
    -------
    ndarray of float64
        1/s.
    """
    tau, start, stop = (np.asarray(value, np.float64) for value in (tau, start, stop))
    length = np.maximum(stop - start, 1e-9)
    made: Array = -np.exp(-start / tau) * np.expm1(-length / tau) / length
    return made


def power(index: Any, start: Any, stop: Any) -> Array:
    """Mean of ``(t / 1000 s)^-index`` between two times.

    Parameters
    ----------
    index, start, stop : array-like
        Index; seconds, from 1 s on; broadcast.

    Returns
    -------
    ndarray of float64
    """
    index, start, stop = (np.asarray(value, np.float64) for value in (index, start, stop))
    low = np.maximum(start, EARLIEST) / REFERENCE
    high = np.maximum(stop / REFERENCE, low * (1 + 1e-9))
    ratio = np.log(high / low)
    rest = 1 - index
    # (high^rest - low^rest) / rest, which is the logarithm of the ratio where the index is 1
    grown = np.where(np.abs(rest * ratio) > 1e-8, np.expm1(rest * ratio) / np.where(rest == 0, 1, rest), ratio)
    made: Array = low**rest * grown / (high - low)
    return made


def shapes_of(name: str, grid: Sequence[float] | Array, start: Array, stop: Array) -> Array:
    """The law of amplitude 1 for many values of its parameter.

    Parameters
    ----------
    name : str
        ``exponential`` or ``power-law``.
    grid : array-like
        Values of tau, or of the index.
    start, stop : ndarray of float64, shape (n,)
        Times.

    Returns
    -------
    ndarray of float64, shape (values, n)
    """
    values = np.asarray(grid, np.float64)[:, None]
    return exponential(values, start, stop) if name == "exponential" else power(values, start, stop)
