"""Light of arc lamps: wavelengths as measured in laboratories, strengths as no two lamps share them."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from calgui.core.simulate.spectro.light import Light, level
from calgui.core.spectra.lines import line_list

Floats = npt.NDArray[np.float64]

#: strengths of a list go in with this power: a discharge makes the range smaller than the oscillator strengths do
_POWER = 0.75
#: what a line of which nothing is known has, relative to the strongest of its species
_UNKNOWN = 1e-3


def lamp_light(
    species: Sequence[str],
    low: float,
    high: float,
    rng: np.random.Generator,
    *,
    brightest: float,
    scatter: float = 0.5,
    faintest: float = 1e-4,
    unlisted: int = 0,
    continuum: float = 0.0,
) -> Light:
    """Lines of lamps as one exposure has them.

    Parameters
    ----------
    species : sequence of str
        ``Ar``, ``Kr``, ``Xe``, ``Ne``; all that are on.
    low, high : float
        Range, nm; nothing is made outside.
    rng : numpy.random.Generator
        Strengths of the lamps against one another, and of the lines within each, come from it.
    brightest : float
        Flux of the brightest line of all.
    scatter : float
        Sigma of the natural logarithm of each line's strength about that of the list, raised to the power of 0.75.
    faintest : float
        Lines fainter than that part of the brightest are left out.
    unlisted : int
        Lines that no list has: of other gases in the tube, 2 to 30 % of the brightest, anywhere.
    continuum : float
        Flux per nm.

    Returns
    -------
    Light
        By increasing wavelength. Wavelengths: the lists of `calgui.core.spectra.lines`, from the NIST Atomic Spectra
        Database and the sources named there.
    """
    waves: list[Floats] = []
    fluxes: list[Floats] = []
    names: list[str] = []
    for one in species:
        lines = line_list(one).within(low, high)
        strength = np.where(lines.intensity > 0, lines.intensity, _UNKNOWN) ** _POWER
        strength *= np.exp(scatter * rng.standard_normal(strength.size))
        # lamps are set so that none drowns the others
        strength *= np.exp(0.5 * rng.standard_normal()) / max(strength.max(initial=0.0), 1e-9)
        waves.append(lines.wavelength)
        fluxes.append(strength)
        names += [one] * strength.size
    if unlisted:
        waves.append(rng.uniform(low, high, unlisted))
        fluxes.append(
            max((part.max(initial=0.0) for part in fluxes), default=1.0) * 10 ** rng.uniform(-1.7, -0.5, unlisted)
        )
        names += [""] * unlisted
    wave, flux = np.concatenate(waves), np.concatenate(fluxes)
    kept = np.flatnonzero(flux > faintest * flux.max(initial=0.0))
    order = kept[np.argsort(wave[kept], kind="stable")]
    return Light(
        wave[order],
        brightest * flux[order] / flux.max(initial=1e-9),
        tuple(names[index] for index in order),
        level(continuum) if continuum else None,
    )
