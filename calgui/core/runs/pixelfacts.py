"""All that is known of one pixel: what its file has there, and what the references selected for it have."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from calgui.core.algorithms.geometry import Region, region_of
from calgui.core.cubes.reading import kind_of
from calgui.core.errors import CalguiError, InputError, UsageError
from calgui.core.frames.dq import decode
from calgui.core.frames.fits import FitsFrame, open_frame
from calgui.core.frames.headers import read_headers
from calgui.core.jobs import Job
from calgui.core.rules.values import Status
from calgui.core.runs.selecting import unusable

if TYPE_CHECKING:
    from calgui.core.cubes.ramp import Samples
    from calgui.core.rules.cache import Cache
    from calgui.core.spectra.spectrum import Spectrum

#: planes that are told, such as the coefficients of a polynomial
_MOST_PLANES = 8
#: why a reference has no value at a pixel
NO_PICTURE = "it holds no picture"
OTHER_PICTURE = "its picture is not one of the detector"
OUTSIDE = "it does not cover this pixel"
NOT_OF_SPAXELS = "they lie on the detector, where a spaxel of a cube has no pixel"


@dataclass(frozen=True)
class PixelFact:
    """What one file has at a pixel.

    Attributes
    ----------
    what : str
        ``observation``, or the type of a reference.
    path : pathlib.Path or None
        The file; None where there is none.
    place : tuple of int or None
        Column and row in that file, from 0; None too where one value holds for all pixels.
    values : tuple of float
        One for each plane, at most eight; NaN where there is no value. Empty where there is a problem.
    error : float or None
        One standard deviation of the first value.
    dq : int
        Data-quality bits.
    unit : str
        Of the values.
    problem : str
        Why there is no value; empty where there is.
    """

    what: str
    path: Path | None
    place: tuple[int, int] | None = None
    values: tuple[float, ...] = ()
    error: float | None = None
    dq: int = 0
    unit: str = ""
    problem: str = ""

    @property
    def flags(self) -> tuple[str, ...]:
        """Names of its data-quality bits."""
        return decode(self.dq)


@dataclass(frozen=True)
class Behind:
    """What lies behind a pixel along a third axis.

    Attributes
    ----------
    path : pathlib.Path
        The cube or ramp.
    samples : Samples or None
        Reads of a ramp.
    spectrum : Spectrum or None
        Of a cube.
    """

    path: Path
    samples: "Samples | None" = None
    spectrum: "Spectrum | None" = None


def behind(path: Path, x: int, y: int, others: Sequence[tuple[Path, Mapping[str, Any]]], job: Job) -> Behind | None:
    """The spectrum through a pixel, or the reads behind it.

    Parameters
    ----------
    path : pathlib.Path
        The observation.
    x, y : int
        Column and row, from 0.
    others : sequence of (path, mapping)
        Open files with their headers: one of them may be the ramp that the observation was made of.
    job : Job
        Looked at between files.

    Returns
    -------
    Behind or None
        None for a plain image without a ramp of the same exposure among the others, and outside of its pixels.
    """
    from calgui.core.cubes.ramp import open_ramp
    from calgui.core.cubes.reading import open_cube

    kind = kind_of(path)
    try:
        if kind == "cube":
            return Behind(path, spectrum=open_cube(path).spectrum(x, y))
        if kind == "ramp":
            return Behind(path, samples=open_ramp(path).samples(x, y))
        mine = next((header for other, header in others if other == path), None)
        for other, header in others:
            job.check()
            if mine is not None and other != path and same_exposure(mine, header) and kind_of(other) == "ramp":
                return Behind(other, samples=open_ramp(other).samples(x, y))
    except (UsageError, InputError):
        return None  # the value itself says that there is no such pixel, or what is wrong with the file
    return None


def pixel_facts(
    path: Path, plane: tuple[int, ...], x: int, y: int, cache: "Cache | None", context: str | None, job: Job
) -> tuple[PixelFact, ...]:
    """What is known of a pixel.

    Parameters
    ----------
    path : pathlib.Path
        The observation.
    plane : tuple of int
        Index along each leading axis, or one number counted through all of them; all planes where it does not fit the
        file.
    x, y : int
        Column and row of its plane, from 0.
    cache : Cache or None
        Whose rules select references; without one only the observation is told.
    context : str or None
        Its operational context if None.
    job : Job
        Looked at between files.

    Returns
    -------
    tuple of PixelFact
        The observation, then the selected references in the order of the mapping; those not applicable are left out.
        Of a cube, whose spaxels are no pixels of the detector, only references that are such cubes are told.

    Raises
    ------
    InputError
        The observation itself cannot be read, or has no such pixel.
    """
    try:
        frame = open_frame(path, plane=plane[0] if len(plane) == 1 else plane or None)
    except CalguiError:
        frame = open_frame(path)
    with frame:
        if len(frame.shape) < 2:
            return (PixelFact("observation", path, problem="it holds no picture"),)
        here = region_of(frame)
        facts = [_read(frame, "observation", x, y)]
        header = dict(frame.header)
    if cache is not None:
        facts += _of_references(header, _Place(here, x, y, kind_of(path) == "cube"), cache, context, job)
    return tuple(facts)


@dataclass(frozen=True)
class _Place:
    """A pixel of an observation: its region of the detector, column and row in it; or a spaxel of a cube."""

    region: Region
    x: int
    y: int
    spaxel: bool


def _of_references(
    header: Mapping[str, Any], place: _Place, cache: "Cache", context: str | None, job: Job
) -> list[PixelFact]:
    from calgui.core.rules.selection.select import best_references

    chosen = context or cache.default_context
    if chosen is None:
        return []
    try:
        selections = best_references(cache, chosen, header)
    except CalguiError as error:
        return [PixelFact("references", None, problem=error.message)]
    facts = []
    for selection in selections:
        job.check()
        if selection.status is not Status.SELECTED or selection.file is None:
            continue
        why = unusable(selection)
        if why is not None or selection.path is None:
            facts.append(PixelFact(selection.type, selection.path, problem=why[0] if why else "it is not there"))
            continue
        facts.append(_of_reference(selection.type, selection.path, place))
    if place.spaxel:
        told = [fact for fact in facts if fact.problem != OTHER_PICTURE]
        left_out = len(told) < len(facts)
        return [*told, *([PixelFact("others", None, problem=NOT_OF_SPAXELS)] if left_out else [])]
    return facts


def _of_reference(kind: str, path: Path, place: _Place) -> PixelFact:
    try:
        if not any(hdu.is_image and len(hdu.shape) >= 2 for hdu in read_headers(path)):
            return PixelFact(kind, path, problem=NO_PICTURE)
        with open_frame(path) as frame:
            there = region_of(frame)
            if (there.nx, there.ny) == (1, 1):
                # one set of coefficients for the whole detector; without them only a place for a header
                one = _read(frame, kind, 0, 0) if len(frame.shape) > 2 else PixelFact(kind, path, problem=NO_PICTURE)
                return replace(one, place=None)
            if _elsewhere(there, place, path):
                return PixelFact(kind, path, problem=OTHER_PICTURE)
            x, y = place.region.x + place.x - there.x, place.region.y + place.y - there.y
            if not (0 <= x < there.nx and 0 <= y < there.ny):
                return PixelFact(kind, path, problem=OUTSIDE)
            return _read(frame, kind, x, y)
    except CalguiError as error:
        return PixelFact(kind, path, problem=error.message)


def _elsewhere(there: Region, place: _Place, path: Path) -> bool:
    """Whether the picture of a reference shows something else than the observation, as traces or spectra do."""
    if place.spaxel:
        return kind_of(path) != "cube" or (there.nx, there.ny) != (place.region.nx, place.region.ny)
    return there.is_whole and place.region.is_whole and (there.nx, there.ny) != (place.region.nx, place.region.ny)


def _read(frame: FitsFrame, what: str, x: int, y: int) -> PixelFact:
    """The pixel of a frame; of all its planes where it has several, but not many."""
    ny, nx = frame.shape[-2:]
    if not (0 <= x < nx and 0 <= y < ny):
        return PixelFact(what, frame.path, problem=f"its picture of {nx} × {ny} has no such pixel")
    if len(frame.shape) == 2:
        data, err, dq = frame.rows(y, y + 1)
        bits = 0 if dq is None else int(dq[0, x])
        # a map of flags is its own data quality; as a number of single precision it would be another
        value = float(bits) if data[0, x] == np.float32(bits) else float(data[0, x])
        error = None if err is None else float(err[0, x])
        return PixelFact(what, frame.path, (x, y), (value,), error, bits, frame.unit)
    planes = math.prod(frame.shape[:-2])
    if planes > _MOST_PLANES:
        return PixelFact(what, frame.path, (x, y), unit=frame.unit, problem=f"it has {planes:,} planes")
    values, dq_bits = [], 0
    for number in range(planes):
        with open_frame(frame.path, plane=number) as one:
            data, _err, dq = one.rows(y, y + 1)
        values.append(float(data[0, x]))
        dq_bits |= 0 if dq is None else int(dq[0, x])
    return PixelFact(what, frame.path, (x, y), tuple(values), None, dq_bits, frame.unit)


#: two files with these in common were made of one exposure
_EXPOSURE = ("DETECTOR", "DATE-OBS", "TIME-OBS", "EXP_NO", "SUBSTRT1", "SUBSTRT2")


def same_exposure(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two headers are of the same exposure, as a ramp and the image made of it are.

    Parameters
    ----------
    one, other : mapping
        FITS keywords.

    Returns
    -------
    bool
        Detector and start to the second must be there and agree, and so must whatever else both say.
    """
    start = [str(header.get("DATE-OBS") or "") + str(header.get("TIME-OBS") or "") for header in (one, other)]
    if start[0] != start[1] or len(start[0]) < len("2026-03-11T01:00"):
        return False
    if not one.get("DETECTOR") or not other.get("DETECTOR"):
        return False
    return all(str(one[key]) == str(other[key]) for key in _EXPOSURE if key in one and key in other)
