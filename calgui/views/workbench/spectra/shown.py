"""Spectra as they are shown: their names, order, residuals, template, and what a click changes. No Qt."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.spectrummarks import LINE_STATES, SPECTRUM_STATES, Spectra

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

ResidualUnit = Literal["pixel", "nm", "km/s"]
RESIDUAL_UNITS: tuple[ResidualUnit, ...] = ("pixel", "nm", "km/s")
Order = Literal["worst first", "by row and column", "by number"]
ORDERS: tuple[Order, ...] = ("worst first", "by row and column", "by number")

USED, REJECTED, EXCLUDED, UNIDENTIFIED, MISSING = range(len(LINE_STATES))
#: km/s
_LIGHT = 299792.458
#: states of spectra, the first looked at first: what failed, then what is doubtful; what is empty cannot be mended
_URGENCY = {name: rank for rank, name in enumerate(("failed", "doubtful", "solved", "empty"))}
#: FWHM of lines of which nothing is known, pixels
_USUAL_FWHM = 2.5
_SIGMA = 2.3548200450309493


@dataclass(frozen=True)
class Shown:
    """All spectra of a result; the index of a line is that into the flat table of lines.

    Attributes
    ----------
    spectra : Spectra
        Of the result.
    """

    spectra: Spectra

    @property
    def count(self) -> int:
        """Of spectra."""
        return int(self.spectra.flux.shape[0])

    @property
    def pixels(self) -> int:
        """Of each spectrum."""
        return int(self.spectra.flux.shape[1])

    # -- words ---------------------------------------------------------------------------------------------------------

    def name(self, spectrum: int) -> str:
        """What a spectrum is called: ``row 12, column 40``."""
        place = self.spectra.place
        if place is not None:
            return f"row {int(place[0][spectrum])}, column {int(place[1][spectrum])}"
        return f"spectrum {spectrum + 1:,}" if self.count > 1 else "the spectrum"

    def state(self, spectrum: int) -> str:
        """What became of a spectrum, in a word."""
        return SPECTRUM_STATES[int(self.spectra.state[spectrum])]

    def words(self, spectrum: int) -> str:
        """A spectrum in a line: its state, RMS, the number of its lines, and why."""
        spectra = self.spectra
        parts = [self.state(spectrum)]
        if not np.isfinite(spectra.flux[spectrum]).any():
            parts.append("no pixel has a value")
        if np.isfinite(spectra.rms[spectrum]):
            parts.append(f"RMS {spectra.rms[spectrum]:.3f} pixel")
        used = int((self.line_states(spectrum) == USED).sum())
        parts.append(f"{used:,} line{'' if used == 1 else 's'} used")
        if spectrum in spectra.why:
            parts.append(spectra.why[spectrum])
        return " · ".join(parts)

    def line_name(self, line: int) -> str:
        """Species of a line and its wavelength in vacuum in nm: ``Ar 1211.564``; or what it is instead."""
        lines, spectra = self.spectra.lines, self.spectra
        listed = int(lines.listed[line])
        if np.isfinite(lines.wavelength[line]):
            species = spectra.species[listed] if 0 <= listed < len(spectra.species) else ""
            return f"{species} {lines.wavelength[line]:.3f}".strip()
        return f"pixel {lines.pixel[line]:.1f}"

    def counted(self, spectrum: int) -> tuple[int, ...]:
        """Lines of each state in a spectrum."""
        return tuple(np.bincount(self.line_states(spectrum), minlength=len(LINE_STATES)).tolist())

    # -- lines of one spectrum -----------------------------------------------------------------------------------------

    def line_states(self, spectrum: int) -> Whole:
        """Of the lines of one spectrum."""
        return np.asarray(self.spectra.lines.state[self.spectra.lines.of(spectrum)], np.int64)

    def index(self, spectrum: int) -> Whole:
        """Lines of one spectrum, from left to right."""
        part = self.spectra.lines.of(spectrum)
        order = np.argsort(self.spectra.lines.pixel[part], kind="stable")
        return np.arange(part.start, part.stop, dtype=np.int64)[order]

    def dispersion(self, spectrum: int, pixel: Floats) -> Floats:
        """Nanometres in a pixel, at places of a spectrum; below 0 where wavelengths fall."""
        spectra = self.spectra
        first, last = spectra.domain
        slope = np.polynomial.legendre.legder(spectra.coefficients[spectrum])
        u = (2 * np.asarray(pixel, np.float64) - first - last) / (last - first)
        return np.asarray(np.polynomial.legendre.legval(u, slope) * 2 / (last - first), np.float64)

    def wavelength_at(self, spectrum: int, pixel: Floats | float) -> Floats:
        """Wavelengths by the solution, in vacuum, in nm."""
        first, last = self.spectra.domain
        u = (2 * np.asarray(pixel, np.float64) - first - last) / (last - first)
        return np.asarray(np.polynomial.legendre.legval(u, self.spectra.coefficients[spectrum]), np.float64)

    def pixel_of(self, spectrum: int, vacuum_nm: Floats | float) -> Floats:
        """Where wavelengths are on a spectrum by its solution; NaN outside of it."""
        waves = self.spectra.wavelengths(spectrum)
        pixels = np.arange(self.pixels, dtype=np.float64)
        if not np.isfinite(waves).all() or waves.size < 2:
            return np.full(np.shape(vacuum_nm), np.nan)
        if waves[0] > waves[-1]:
            waves, pixels = waves[::-1], pixels[::-1]
        return np.asarray(np.interp(vacuum_nm, waves, pixels, left=np.nan, right=np.nan), np.float64)

    def residuals(self, lines: Whole, unit: ResidualUnit) -> tuple[Floats, Floats]:
        """Residuals of lines and their errors.

        Parameters
        ----------
        lines : ndarray of int
            Of one spectrum.
        unit : str
            One of `RESIDUAL_UNITS`.

        Returns
        -------
        tuple of two ndarray of float64
            Measured minus solution; NaN where a line was not identified.
        """
        table = self.spectra.lines
        residual, error = table.residual[lines], table.pixel_error[lines]
        if unit == "pixel" or not len(lines):
            return residual, error
        spectrum = int(table.spectrum[lines[0]])
        scale = self.dispersion(spectrum, table.pixel[lines])
        if unit == "km/s":
            scale = scale * _LIGHT / table.wavelength[lines]
        return residual * scale, error * np.abs(scale)

    def nearest(self, spectrum: int, pixel: float, within: float, hidden: frozenset[str] = frozenset()) -> int | None:
        """The line at a place of a spectrum; a missing one only where no other is as near.

        Parameters
        ----------
        spectrum : int
            Which.
        pixel : float
            Of it.
        within : float
            How far off it may be, pixels.
        hidden : frozenset of str
            States that are not seen.

        Returns
        -------
        int or None
        """
        lines = self.spectra.lines
        which = self.index(spectrum)
        gone = [number for number, name in enumerate(LINE_STATES) if name in hidden]
        which = which[~np.isin(lines.state[which], gone)]
        apart = np.abs(lines.pixel[which] - pixel)
        apart = np.where(lines.state[which] == MISSING, apart + 0.5 * within, apart)
        apart = np.where(np.isfinite(apart), apart, np.inf)
        return int(which[apart.argmin()]) if apart.size and apart.min() <= within else None

    def find_again(self, before: "Shown | None", line: int | None) -> int | None:
        """The line that was at the same place of the same spectrum before."""
        if before is None or line is None or line >= before.spectra.lines.pixel.size:
            return None
        spectrum = int(before.spectra.lines.spectrum[line])
        if spectrum >= self.count:
            return None
        return self.nearest(spectrum, float(before.spectra.lines.pixel[line]), 1.5)

    # -- the list ------------------------------------------------------------------------------------------------------

    def candidates(self, spectrum: int, pixel: float, most: int = 12) -> Whole:
        """Listed lines near a place, the nearest first by the solution; without one, the strongest of all.

        Parameters
        ----------
        spectrum : int
            Which.
        pixel : float
            Of it.
        most : int
            How many at most.

        Returns
        -------
        ndarray of int
            Into the list.
        """
        wanted = float(self.wavelength_at(spectrum, pixel))
        if not np.isfinite(wanted):
            return np.argsort(-self.spectra.intensity, kind="stable")[:most].astype(np.int64)
        return np.argsort(np.abs(self.spectra.wavelength - wanted), kind="stable")[:most].astype(np.int64)

    def template(self, spectrum: int) -> Floats | None:
        """The spectrum that the listed lines would make, with the strengths of their species as measured.

        Parameters
        ----------
        spectrum : int
            Which.

        Returns
        -------
        ndarray of float64, shape (pixels,), or None
            On the level between the lines; None without a solution or a line in range.
        """
        spectra, lines = self.spectra, self.spectra.lines
        pixel = self.pixel_of(spectrum, spectra.wavelength)
        there = np.isfinite(pixel) & (spectra.intensity > 0)
        if not there.any():
            return None
        which = self.index(spectrum)
        which = which[(lines.state[which] == USED) & (lines.listed[which] >= 0)]
        known = which[spectra.intensity[lines.listed[which]] > 0]
        known = known[np.isfinite(lines.flux[known])]
        listed = lines.listed[known]
        # sums, so that the strong lines, which are looked at, are as high as they are
        usual = float(lines.flux[known].sum() / spectra.intensity[listed].sum()) if known.size else float("nan")
        if not usual > 0:
            return None
        species = np.array(spectra.species)
        strength = np.full(species.size, usual)
        for one in set(spectra.species):
            own = species[listed] == one
            if own.any():
                strength[species == one] = lines.flux[known[own]].sum() / spectra.intensity[listed[own]].sum()
        fwhm = spectra.fwhm[spectrum]
        sigma = (fwhm if np.isfinite(fwhm) and fwhm > 0 else _USUAL_FWHM) / _SIGMA
        flux = spectra.flux[spectrum]
        made = np.full(self.pixels, float(np.nanmedian(flux)) if np.isfinite(flux).any() else 0.0)
        for centre, height in zip(pixel[there], (strength * spectra.intensity)[there], strict=True):
            low, high = max(int(centre - 6 * sigma), 0), min(int(centre + 6 * sigma) + 2, self.pixels)
            apart = (np.arange(low, high) - centre) / sigma
            made[low:high] += height / (sigma * np.sqrt(2 * np.pi)) * np.exp(-0.5 * apart**2)
        return made

    # -- all spectra ---------------------------------------------------------------------------------------------------

    def ordered(self, order: Order, hidden: frozenset[str] = frozenset()) -> Whole:
        """Spectra in an order.

        Parameters
        ----------
        order : str
            One of `ORDERS`.
        hidden : frozenset of str
            States that are left out.

        Returns
        -------
        ndarray of int
        """
        spectra = self.spectra
        if order == "worst first":
            urgency = np.array([_URGENCY[name] for name in SPECTRUM_STATES])[spectra.state]
            rms = np.where(np.isfinite(spectra.rms), spectra.rms, -np.inf)
            which = np.lexsort((np.arange(self.count), -rms, urgency))
        elif order == "by row and column" and spectra.place is not None:
            which = np.lexsort((spectra.place[1], spectra.place[0]))
        else:
            which = np.arange(self.count)
        gone = [number for number, name in enumerate(SPECTRUM_STATES) if name in hidden]
        return which[~np.isin(spectra.state[which], gone)].astype(np.int64)

    @cached_property
    def totals(self) -> tuple[int, ...]:
        """Spectra of each state."""
        return tuple(np.bincount(self.spectra.state, minlength=len(SPECTRUM_STATES)).tolist())

    @cached_property
    def grid(self) -> Whole | None:
        """The spectrum at each place of the field, -1 for none; None where they are in no field."""
        place = self.spectra.place
        if place is None or not self.count:
            return None
        rows, columns = (np.asarray(part, np.int64) for part in place)
        made = np.full((int(rows.max()) + 1, int(columns.max()) + 1), -1, np.int64)
        made[rows, columns] = np.arange(self.count)
        return made

    @cached_property
    def maps(self) -> Mapping[str, Floats]:
        """Values over the field, of a solution the residual first; empty where spectra are in no field."""
        grid, spectra = self.grid, self.spectra
        if grid is None:
            return {}
        own = {"RMS (pixel)": spectra.rms, "FWHM (pixel)": spectra.fwhm}
        for term in range(spectra.coefficients.shape[1]):
            own[f"coefficient {term} (nm)"] = spectra.coefficients[:, term]
        given = {name: np.asarray(value, np.float64) for name, value in spectra.maps.items()}
        # states are drawn as such
        given = {name: value for name, value in given.items() if not name.casefold().startswith("state")}
        # what the result maps itself is not mapped twice
        taken = [name.casefold().replace("residual (pixel)", "rms (pixel)") for name in given]
        made = {
            name: np.where(grid >= 0, np.asarray(value, np.float64)[np.maximum(grid, 0)], np.nan)
            for name, value in own.items()
            if not any(name.split(" (")[0].casefold() in one for one in taken)
        }
        first = [name for name in ("RMS (pixel)",) if name in made]
        rms = {name: made[name] for name in first}
        # what measures a solution, rather than making it, maps that itself
        return rms | given | made if spectra.identifies or not given else given | rms | made

    def find(self, text: str) -> int | None:
        """The spectrum that a text means: ``12, 40`` is a row and a column, ``7`` a number from 1.

        Parameters
        ----------
        text : str
            As typed.

        Returns
        -------
        int or None
            None where there is no such.
        """
        parts = text.replace(",", " ").replace(";", " ").split()
        if not all(part.isdecimal() for part in parts):
            return None
        numbers = [int(part) for part in parts]
        grid = self.grid
        if len(numbers) == 2 and grid is not None:
            row, column = numbers
            if row < grid.shape[0] and column < grid.shape[1] and grid[row, column] >= 0:
                return int(grid[row, column])
        if len(numbers) == 1 and 1 <= numbers[0] <= self.count:
            return numbers[0] - 1
        return None
