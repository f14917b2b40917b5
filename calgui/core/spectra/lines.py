"""Known lines of lamps and of the night sky."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from calgui.core.errors import UsageError
from calgui.core.resources import resources

#: what the lists hold, as they are called on a menu
SPECIES: dict[str, str] = {"Ar": "argon", "Kr": "krypton", "Xe": "xenon", "Ne": "neon", "OH": "night sky (OH)"}


@dataclass(frozen=True)
class LineList:
    """Lines of one species, by increasing wavelength.

    Attributes
    ----------
    species : str
        Of `SPECIES`.
    wavelength : ndarray of float64
        In vacuum, in nm.
    intensity : ndarray of float64
        Relative to the strongest; what a lamp shows may differ by a factor of several. 0: not known.
    """

    species: str
    wavelength: npt.NDArray[np.float64]
    intensity: npt.NDArray[np.float64]

    def within(self, low: float, high: float, most: int | None = None) -> "LineList":
        """The lines of a range, or the strongest of them.

        Parameters
        ----------
        low, high : float
            In vacuum, in nm.
        most : int, optional
            How many at most.

        Returns
        -------
        LineList
            By increasing wavelength.
        """
        chosen = np.flatnonzero((self.wavelength >= low) & (self.wavelength <= high))
        if most is not None and len(chosen) > most:
            strongest = np.argsort(-self.intensity[chosen], kind="stable")[:most]
            chosen = np.sort(chosen[strongest])
        return LineList(self.species, self.wavelength[chosen], self.intensity[chosen])


def line_list(species: str) -> LineList:
    """All known lines of a species from 0.8 to 2.5 µm.

    Parameters
    ----------
    species : str
        Of `SPECIES`; lamps of several are drawn as several lists.

    Returns
    -------
    LineList
        Sources: the files in ``resources/lines``.

    Raises
    ------
    UsageError
        No such list.
    """
    if species not in SPECIES:
        raise UsageError(f"There is no list of lines of {species!r}.", cure=f"Known are {', '.join(SPECIES)}.")
    return _read()[species]


@cache
def _read() -> dict[str, LineList]:
    lamps = columns_of("lamps.ecsv")
    sky = columns_of("oh.ecsv")
    lists = {}
    for species in SPECIES:
        if species == "OH":
            wavelength, intensity = sky["wavelength"], sky["intensity"]
        else:
            mine = [place for place, name in enumerate(lamps["species"]) if name == species]
            wavelength, intensity = ([lamps[name][place] for place in mine] for name in ("wavelength", "intensity"))
        strength = np.array(intensity, np.float64)
        lists[species] = LineList(species, np.array(wavelength, np.float64), strength / strength.max())
    return lists


def columns_of(name: str) -> dict[str, list[str]]:
    """The columns of a table as texts: astropy's reader would take longer than everything else of the first window.

    Parameters
    ----------
    name : str
        Of a file of ``resources/lines``.

    Returns
    -------
    dict
        By the name of the column.
    """
    import csv

    with (resources() / "lines" / name).open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader((line for line in file if not line.startswith("#")), delimiter=" "))
    return {title: [row[place] for row in rows[1:]] for place, title in enumerate(rows[0])}
