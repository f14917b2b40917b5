"""Wavelengths in vacuum and in air, and the units that people read them in.

Inside the program a wavelength is in vacuum and in nm. Air is the standard air of spectroscopy: dry, 15 °C,
101,325 Pa, 450 ppm of carbon dioxide (Ciddor 1996, Applied Optics 35, 1566).
"""

from typing import Literal, TypeVar

import numpy as np
import numpy.typing as npt

Medium = Literal["vacuum", "air"]
Unit = Literal["nm", "um", "Angstrom"]

#: nm in one of each unit
IN_NM: dict[str, float] = {"nm": 1.0, "um": 1000.0, "Angstrom": 0.1}
#: as a user reads them
UNIT_SIGNS: dict[str, str] = {"nm": "nm", "um": "µm", "Angstrom": "Å"}

Numbers = TypeVar("Numbers", float, npt.NDArray[np.float64])


def refractive_index(vacuum_nm: Numbers) -> Numbers:
    """Refractive index of standard air.

    Parameters
    ----------
    vacuum_nm : float or ndarray
        Wavelength in vacuum, in nm; good from 230 nm to 1,690 nm, and to 1e-8 beyond that up to 2,500 nm.

    Returns
    -------
    float or ndarray
        Without unit. Ciddor 1996, equation 1 with the conditions above.
    """
    squared = (1000.0 / vacuum_nm) ** 2
    return 1.0 + 0.05792105 / (238.0185 - squared) + 0.00167917 / (57.362 - squared)


def to_air(vacuum_nm: Numbers) -> Numbers:
    """Wavelength in standard air.

    Parameters
    ----------
    vacuum_nm : float or ndarray
        In vacuum, in nm.

    Returns
    -------
    float or ndarray
        In air, in nm.
    """
    return vacuum_nm / refractive_index(vacuum_nm)


def to_vacuum(air_nm: Numbers) -> Numbers:
    """Wavelength in vacuum.

    Parameters
    ----------
    air_nm : float or ndarray
        In standard air, in nm.

    Returns
    -------
    float or ndarray
        In vacuum, in nm; `to_air` of it gives the input to 1e-9 nm.
    """
    vacuum = air_nm
    for _ in range(4):  # the index hardly depends on the wavelength: each step gains five digits
        vacuum = air_nm * refractive_index(vacuum)
    return vacuum


def shown(vacuum_nm: Numbers, unit: Unit = "nm", medium: Medium = "vacuum") -> Numbers:
    """A wavelength as the user wants to read it.

    Parameters
    ----------
    vacuum_nm : float or ndarray
        In vacuum, in nm.
    unit : str
        Of `IN_NM`.
    medium : str
        ``vacuum`` or ``air``.

    Returns
    -------
    float or ndarray
        In that unit.
    """
    return (to_air(vacuum_nm) if medium == "air" else vacuum_nm) / IN_NM[unit]


def read(value: Numbers, unit: Unit = "nm", medium: Medium = "vacuum") -> Numbers:
    """The inverse of `shown`.

    Parameters
    ----------
    value : float or ndarray
        In that unit and medium.
    unit, medium : str
        See `shown`.

    Returns
    -------
    float or ndarray
        In vacuum, in nm.
    """
    nm = value * IN_NM[unit]
    return to_vacuum(nm) if medium == "air" else nm
