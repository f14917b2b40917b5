"""Spectra of the regions that are drawn on the picture of a cube."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from calgui.core.cubes.cube import Cube, How
from calgui.core.jobs import Job
from calgui.core.regions.masks import inside
from calgui.core.regions.shapes import Region
from calgui.core.spectra.spectrum import Spectrum


def region_spectra(cube: Cube, regions: Mapping[int, Region], how: How, job: Job) -> dict[int, Spectrum]:
    """The spectrum of each region.

    Parameters
    ----------
    cube : Cube
        Any.
    regions : mapping of int to Region
        By number.
    how : str
        ``mean``, ``sum`` or ``median`` of their spaxels.
    job : Job
        Looked at.

    Returns
    -------
    dict of int to Spectrum
        Without those that lie beside the picture.
    """
    _, ny, nx = cube.shape
    made = {}
    for number, region in regions.items():
        job.check()
        found = inside(region.shape, (ny, nx))
        if found is not None:
            mask = np.zeros((ny, nx), np.bool_)
            mask[found[0].slices] = found[1]
            made[number] = named(cube.spectrum_of(mask, how, job), region.name or region.shape.text)
    return made


def named(spectrum: Spectrum, name: str) -> Spectrum:
    """A spectrum with a name before its own.

    Parameters
    ----------
    spectrum : Spectrum
        Any.
    name : str
        Of the region or pin.

    Returns
    -------
    Spectrum
    """
    return replace(spectrum, name=f"{name} ({spectrum.name})")
