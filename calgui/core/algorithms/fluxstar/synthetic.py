"""Synthetic photometry: how many photons of a source of known magnitude come through a filter."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from calgui.core.errors import InputError
from calgui.core.resources import resources

Floats = npt.NDArray[np.float64]
System = Literal["AB", "Vega"]

#: W/m²/Hz of AB magnitude 0 (Oke & Gunn 1983), J s, m/s, J/K
AB_ZERO, PLANCK, LIGHT, BOLTZMANN = 3631e-26, 6.62607015e-34, 299792458.0, 1.380649e-23
#: TMT's collecting area, m²
COLLECTING_AREA_M2 = 630.0
_SAMPLES = 2001


@dataclass(frozen=True, eq=False)
class Filter:
    """A filter.

    Attributes
    ----------
    name : str
        As in FILTER, or of a catalogue: ``2MASS Ks``.
    wavemin_um, wavemax_um : float
        Edges at half of the peak, µm in vacuum.
    ab_minus_vega : float
        AB less Vega magnitude of any source in it.
    wavelength_um, transmission : ndarray of float64, shape (n,)
        Its curve for photons; of 1 between the edges where no curve is known.
    measured : bool
        Whether a curve is known.
    """

    name: str
    wavemin_um: float
    wavemax_um: float
    ab_minus_vega: float
    wavelength_um: Floats = field(repr=False)
    transmission: Floats = field(repr=False)
    measured: bool

    def sampled(self) -> tuple[Floats, Floats]:
        """The curve on an even grid.

        Returns
        -------
        tuple of ndarray of float64
            µm, and transmission.
        """
        grid = np.linspace(self.wavelength_um[0], self.wavelength_um[-1], _SAMPLES)
        return grid, np.interp(grid, self.wavelength_um, self.transmission)

    @property
    def pivot_um(self) -> float:
        """Pivot wavelength, µm: turns the mean of f_ν into that of f_λ (Koornneef et al. 1986)."""
        wave, through = self.sampled()
        return float(np.sqrt(np.trapezoid(through * wave, wave) / np.trapezoid(through / wave, wave)))

    def ab_photons(self, magnitude: float = 0.0) -> float:
        """Photons of a source of an AB magnitude that come through.

        Parameters
        ----------
        magnitude : float
            AB.

        Returns
        -------
        float
            Photons/s/m², outside of the atmosphere.
        """
        wave, through = self.sampled()
        return float(AB_ZERO / PLANCK * 10 ** (-0.4 * magnitude) * np.trapezoid(through / wave, wave))


def filter_names() -> tuple[str, ...]:
    """Names of all filters that are known.

    Returns
    -------
    tuple of str
    """
    return tuple(_table())


def known_filter(name: str) -> Filter | None:
    """A filter by name.

    Parameters
    ----------
    name : str
        In any case.

    Returns
    -------
    Filter or None
        None where it is not known.
    """
    wanted = " ".join(name.split()).upper()
    return next((row for key, row in _table().items() if key.upper() == wanted), None)


def needed_filter(name: str, keyword: str, path: Path | None = None) -> Filter:
    """A filter by name, or a refusal.

    Parameters
    ----------
    name : str
        In any case.
    keyword : str
        Where the name is from, for the message.
    path : pathlib.Path, optional
        The file to blame.

    Returns
    -------
    Filter

    Raises
    ------
    InputError
        When it is empty or not known.
    """
    found = known_filter(name) if name.strip() else None
    if found is None:
        what = f"{keyword} is {name!r}, which is no filter that is known" if name.strip() else f"{keyword} is missing"
        raise InputError(
            f"{what}: an AB magnitude means nothing without the filter.",
            path=path,
            cure=f"Give the option {'magnitude_filter' if keyword == 'magnitude_filter' else 'filter'}, one of: "
            f"{', '.join(filter_names())}.",
        )
    return found


def colour_of_black_body(first: Filter, second: Filter, kelvin: float, system: System) -> float:
    """Magnitude in one filter less that in another, of a black body.

    Parameters
    ----------
    first, second : Filter
        Any.
    kelvin : float
        Temperature.
    system : str
        ``AB`` or ``Vega``.

    Returns
    -------
    float
        Magnitudes.
    """
    colour = _black_body_ab(first, kelvin) - _black_body_ab(second, kelvin)
    return colour if system == "AB" else colour - first.ab_minus_vega + second.ab_minus_vega


def _black_body_ab(row: Filter, kelvin: float) -> float:
    """AB magnitude of a black body, but for a constant that is the same in all filters."""
    wave, through = row.sampled()
    exponent = PLANCK * LIGHT / (wave * 1e-6 * BOLTZMANN * kelvin)
    # the least exponent is taken out, so that cold ones stay within range
    least = float(exponent.min())
    f_nu = wave**-3.0 * np.exp(least - exponent) / -np.expm1(-exponent)
    mean = np.trapezoid(f_nu * through / wave, wave) / np.trapezoid(through / wave, wave)
    return float(-2.5 * np.log10(mean) + 2.5 * least / np.log(10))


@cache
def _table() -> dict[str, Filter]:
    curves: dict[str, list[tuple[float, float]]] = {}
    for name, wave, through in _rows("curves.csv"):
        curves.setdefault(name, []).append((float(wave), float(through)))
    made = {}
    for name, low, high, offset in _rows("filters.csv"):
        edges = float(low), float(high)
        points = np.array(curves.get(name, [(edges[0], 1.0), (edges[1], 1.0)]), np.float64)
        made[name] = Filter(name, *edges, float(offset), points[:, 0], points[:, 1], name in curves)
    return made


def _rows(name: str) -> Iterator[list[str]]:
    """Rows of a data file without its comments and its heading."""
    with (resources() / "filters" / name).open(encoding="utf-8", newline="") as file:
        rows = csv.reader(line for line in file if not line.startswith("#"))
        next(rows)
        yield from rows
