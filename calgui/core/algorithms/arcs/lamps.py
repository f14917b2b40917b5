"""The lines that lamps should show, as a spectrum of some resolution shows them: close ones are one."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.errors import InputError
from calgui.core.spectra.lines import SPECIES, line_list

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

#: lines nearer than this part of the full width at half maximum are seen as one
MERGED = 0.5
#: strength of a line of which nothing is known, relative to the strongest of its species
_FAINT = 1e-4
_SIGMA = 2.3548200450309493
#: names of lamps as headers spell them
_NAMES = {
    **{name.casefold(): name for name in SPECIES},
    "argon": "Ar",
    "krypton": "Kr",
    "xenon": "Xe",
    "neon": "Ne",
    "sky": "OH",
}


@dataclass(frozen=True)
class LampLines:
    """Lines by increasing wavelength.

    Attributes
    ----------
    species : tuple of str
        ``Ar``, ...; several joined by a plus sign where lines of several are seen as one.
    wavelength : ndarray of float64, shape (n,)
        In vacuum, in nm; of lines seen as one the mean by strength.
    intensity : ndarray of float64, shape (n,)
        Relative to the strongest of the species; what a lamp shows may differ by a factor of several. 0: not known.
    doubt : ndarray of float64, shape (n,)
        In nm: how far neighbours that are not resolved may displace it; 0 for a line alone, or as listed.
    components : ndarray of int, shape (n,)
        How many listed lines are seen as this one.
    """

    species: tuple[str, ...]
    wavelength: Floats
    intensity: Floats
    doubt: Floats
    components: Whole

    def __len__(self) -> int:
        return len(self.wavelength)

    def within(self, low: float, high: float) -> "LampLines":
        """The lines of a range.

        Parameters
        ----------
        low, high : float
            In vacuum, in nm; ends included.

        Returns
        -------
        LampLines
        """
        return self.take(np.flatnonzero((self.wavelength >= low) & (self.wavelength <= high)))

    def take(self, chosen: Whole) -> "LampLines":
        """Some of the lines.

        Parameters
        ----------
        chosen : ndarray of int
            Indices, increasing.

        Returns
        -------
        LampLines
        """
        return LampLines(
            tuple(self.species[place] for place in chosen),
            self.wavelength[chosen],
            self.intensity[chosen],
            self.doubt[chosen],
            self.components[chosen],
        )

    def resolved(self, fwhm: float | Floats) -> "LampLines":
        """The lines as a spectrum of some resolution shows them.

        Parameters
        ----------
        fwhm : float or ndarray, shape (n,)
            Full width at half maximum of a line, in nm; may be one for each line.

        Returns
        -------
        LampLines
            Lines within half that width are one, at their mean by strength; its ``doubt`` is the change of that mean
            where strengths are off by a factor of two. Neighbours further off add to the ``doubt`` by what they shift
            the centre of a fitted Gaussian, to first order: (b/a) d exp(-d²/4σ²) of a line b at d from a line a.
        """
        if not len(self):
            return self
        width = np.broadcast_to(np.asarray(fwhm, np.float64), self.wavelength.shape)
        strength = np.maximum(self.intensity, _FAINT)
        first = np.flatnonzero(np.r_[True, np.diff(self.wavelength) > MERGED * width[1:]])
        group = np.repeat(np.arange(len(first)), np.diff(np.r_[first, len(self)]))
        total = np.add.reduceat(strength, first)
        mean = np.add.reduceat(strength * self.wavelength, first) / total
        # twice a component's strength moves the mean by its share of the way to it
        moved = strength / (total[group] + strength) * (self.wavelength - mean[group])
        doubt = np.sqrt(np.add.reduceat(moved**2, first) + _displaced(mean, total, width[first] / _SIGMA) ** 2)
        known = np.add.reduceat(self.intensity, first)
        ends = [*first[1:], len(self)]
        names = tuple(
            self.species[begin] if end == begin + 1 else "+".join(dict.fromkeys(self.species[begin:end]))
            for begin, end in zip(first, ends, strict=True)
        )
        return LampLines(names, mean, known, doubt, np.add.reduceat(self.components, first))


def _displaced(wavelength: Floats, strength: Floats, sigma: Floats) -> Floats:
    """How far lines beside it may displace each, in nm: as far as three of them to each side."""
    shift = np.zeros_like(wavelength)
    for step in (1, 2, 3):
        if len(wavelength) <= step:
            break
        apart = wavelength[step:] - wavelength[:-step]
        near, other = sigma[:-step], sigma[step:]
        ratio = strength[step:] / strength[:-step]
        # beside a line much stronger a line has no centre of its own: the shift goes no further than to that line
        shift[:-step] = np.hypot(shift[:-step], np.minimum(ratio * apart * np.exp(-(apart**2) / (4 * near**2)), apart))
        shift[step:] = np.hypot(shift[step:], np.minimum(apart * np.exp(-(apart**2) / (4 * other**2)) / ratio, apart))
    return shift


def lamps_of(text: str) -> tuple[str, ...]:
    """Species that a header or an option names.

    Parameters
    ----------
    text : str
        ``Ar,Kr``: separated by commas, plus signs, semicolons or spaces; ``argon`` and the like too.

    Returns
    -------
    tuple of str
        Of `SPECIES`, each once; empty for an empty text.

    Raises
    ------
    InputError
        It names something of which there is no list of lines.
    """
    names = [part for part in re.split(r"[\s,;+/&]+", text.strip()) if part]
    unknown = [name for name in names if name.casefold() not in _NAMES]
    if unknown:
        raise InputError(
            f"There is no list of lines of a lamp {unknown[0]!r}.",
            cure=f"Give the lamps that were on by the option lamps, as lamps=Ar,Kr; known are {', '.join(SPECIES)}.",
        )
    return tuple(dict.fromkeys(_NAMES[name.casefold()] for name in names))


def lamp_lines(species: Sequence[str]) -> LampLines:
    """All listed lines of some lamps.

    Parameters
    ----------
    species : sequence of str
        Of `SPECIES`.

    Returns
    -------
    LampLines
        Each line alone; see `LampLines.resolved`.
    """
    lists = [line_list(name) for name in species]
    wavelength = np.concatenate([one.wavelength for one in lists]) if lists else np.zeros(0)
    intensity = np.concatenate([one.intensity for one in lists]) if lists else np.zeros(0)
    names = np.repeat(np.array(species, object), [len(one.wavelength) for one in lists])
    order = np.argsort(wavelength, kind="stable")
    return LampLines(
        tuple(names[order]), wavelength[order], intensity[order], np.zeros(len(order)), np.ones(len(order), np.int64)
    )
