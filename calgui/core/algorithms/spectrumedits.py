"""What is done to lines of spectra by hand, in the texts of options: ``512.3=1211.564`` and ``1211.564; 1243.932``."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.errors import UsageError

#: nm from a wavelength of a text to the listed line that is meant, at most
WITHIN = 0.05


@dataclass(frozen=True)
class Identified:
    """A line that was identified by hand.

    Attributes
    ----------
    pixel : float
        Of the main spectrum, from 0 at the centre of the first pixel.
    wavelength : float
        In vacuum, in nm.
    """

    pixel: float
    wavelength: float


def parse_identified(text: str, name: str = "identify") -> tuple[Identified, ...]:
    """Read lines that were identified by hand.

    Parameters
    ----------
    text : str
        ``pixel=nm`` with a semicolon between; empty for none.
    name : str
        Of the option, for the message.

    Returns
    -------
    tuple of Identified

    Raises
    ------
    UsageError
        A part of it is none.
    """
    made = []
    for part in _parts(text):
        pixel, equals, wavelength = part.partition("=")
        numbers = _number(pixel), _number(wavelength)
        if not equals or numbers[0] is None or numbers[1] is None or not numbers[1] > 0:
            raise UsageError(
                f"Option {name!r} cannot hold {part!r}.",
                cure="Give pixel=nm, the wavelength in vacuum, several with ; between: 512.3=1211.564; 640=1243.932.",
            )
        made.append(Identified(numbers[0], numbers[1]))
    return tuple(made)


def format_identified(lines: Sequence[Identified]) -> str:
    """Write lines as the text of an option.

    Parameters
    ----------
    lines : sequence of Identified
        To a hundredth of a pixel, and 0.1 pm.

    Returns
    -------
    str
        As `parse_identified` reads it, by increasing pixel.
    """
    ordered = sorted(lines, key=lambda line: line.pixel)
    return "; ".join(f"{line.pixel:.2f}={_nm(line.wavelength)}" for line in ordered)


def parse_wavelengths(text: str, name: str = "exclude") -> tuple[float, ...]:
    """Read wavelengths of listed lines.

    Parameters
    ----------
    text : str
        In vacuum, in nm, with a semicolon between; empty for none.
    name : str
        Of the option, for the message.

    Returns
    -------
    tuple of float

    Raises
    ------
    UsageError
        A part of it is none.
    """
    made = []
    for part in _parts(text):
        value = _number(part)
        if value is None or not value > 0:
            raise UsageError(
                f"Option {name!r} cannot hold {part!r}.",
                cure="Give wavelengths in vacuum in nm, several with ; between: 1211.564; 1243.932.",
            )
        made.append(value)
    return tuple(made)


def format_wavelengths(wavelengths: Sequence[float]) -> str:
    """Write wavelengths as the text of an option.

    Parameters
    ----------
    wavelengths : sequence of float
        In vacuum, in nm; to 0.1 pm.

    Returns
    -------
    str
        As `parse_wavelengths` reads it, by increasing wavelength.
    """
    return "; ".join(_nm(value) for value in sorted(wavelengths))


def nearest_listed(
    wavelengths: Sequence[float], listed: npt.NDArray[np.float64], within: float = WITHIN
) -> npt.NDArray[np.int64]:
    """The listed lines that wavelengths mean.

    Parameters
    ----------
    wavelengths : sequence of float
        In vacuum, in nm.
    listed : ndarray of float64
        Of the list, in vacuum, in nm, in any order.
    within : float
        How far off they may be, nm.

    Returns
    -------
    ndarray of int, one for each wavelength
        Index into the list; -1 where it has none so near.
    """
    wanted = np.asarray(wavelengths, np.float64)
    if not wanted.size or not listed.size:
        return np.full(wanted.size, -1, np.int64)
    apart = np.abs(wanted[:, None] - listed[None, :])
    best = apart.argmin(axis=1)
    return np.where(apart[np.arange(wanted.size), best] <= within, best, -1).astype(np.int64)


def _parts(text: str) -> list[str]:
    return [part for part in (piece.strip() for piece in text.split(";")) if part]


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _nm(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")
