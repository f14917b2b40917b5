"""Regions in DS9's format, read and written by the `regions` package."""

import math
import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calgui.core.errors import InputError, UsageError
from calgui.core.frames.sky import celestial
from calgui.core.frames.source import unreadable
from calgui.core.frames.writing import write_atomically
from calgui.core.regions.masks import as_library
from calgui.core.regions.shapes import Annulus, Circle, Line, Polygon, Rectangle, Region, Shape
from calgui.core.warned import listening

#: a region file is written by hand or by a program that finds sources; what is larger is something else
_MOST_BYTES = 10_000_000
_MOST = 10_000


@dataclass(frozen=True)
class RegionFile:
    """What was found in a file.

    Attributes
    ----------
    regions : tuple of Region
        In pixels of the picture.
    left_out : tuple of str
        What could not be taken over, each with its reason.
    """

    regions: tuple[Region, ...]
    left_out: tuple[str, ...]


def read_regions(path: Path | str, header: Mapping[str, Any] | None = None) -> RegionFile:
    """Read regions.

    Parameters
    ----------
    path : path-like
        In DS9's format, in image or celestial coordinates.
    header : mapping, optional
        Of the picture; needed for celestial coordinates.

    Returns
    -------
    RegionFile
        Boxes, circles, annuli, lines and polygons; an annulus of several rings as several.

    Raises
    ------
    InputError
        The file cannot be read, or holds no regions.
    """
    path = Path(path)
    try:
        status = path.stat()
        # a pipe would be waited for, and a device has no end
        if status.st_size > _MOST_BYTES or not stat.S_ISREG(status.st_mode):
            raise InputError(
                "This is no file, or too large for a region file.", path=path, cure="Choose a file of DS9's regions."
            )
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise unreadable(path, error) from error
    found, left_out = _parse(text, path)
    wcs = celestial(header) if header is not None else None
    regions: list[Region] = []
    for one in found[:_MOST]:
        try:
            region = _taken(one, wcs)
        except (ValueError, TypeError, ArithmeticError) as error:
            left_out.append(f"{type(one).__name__}: {error}")
            continue
        if isinstance(region, str):
            left_out.append(region)
        else:
            regions.append(region)
    if len(found) > _MOST:
        left_out.append(f"{len(found) - _MOST:,} further regions: more than {_MOST:,} are not drawn")
    if not regions and not left_out:
        raise InputError("There are no regions in this file.", path=path, cure="Choose a file of DS9's regions (.reg).")
    return RegionFile(tuple(regions), tuple(left_out))


def _parse(text: str, path: Path) -> tuple[list[Any], list[str]]:
    from regions import Regions

    try:
        with listening("regions.io.ds9.read", "regions.io.ds9.meta") as told:
            found = list(Regions.parse(text, format="ds9"))
    except Exception as error:
        raise InputError(
            f"This is no region file of DS9's format: {str(error).rstrip('.')}.",
            path=path,
            cure="Save it anew as DS9 regions.",
        ) from error
    return found, [message.removesuffix(", skipping.") for message in dict.fromkeys(told)]


def _taken(one: Any, wcs: Any) -> Region | str:
    """One of the library's regions as ours, or why not."""
    name = str(one.meta.get("text") or "")
    if hasattr(one, "to_pixel"):
        if wcs is None:
            return f"{type(one).__name__}: it is on the sky, and this picture has no celestial coordinates"
        one = one.to_pixel(wcs)
    shape = _shape(one)
    if shape is None:
        kind = type(one).__name__.removesuffix("PixelRegion").casefold()
        return f"{kind}: shapes of this kind are not drawn"
    return Region(shape, name)


def _shape(one: Any) -> Shape | None:
    match type(one).__name__:
        case "RectanglePixelRegion":
            made: Shape = Rectangle(
                *_at(one.center), float(one.width), float(one.height), float(one.angle.to_value("deg"))
            )
        case "CirclePixelRegion":
            made = Circle(*_at(one.center), float(one.radius))
        case "CircleAnnulusPixelRegion":
            made = Annulus(*_at(one.center), float(one.inner_radius), float(one.outer_radius))
        case "LinePixelRegion":
            made = Line(*_at(one.start), *_at(one.end))
        case "PolygonPixelRegion":
            points = tuple(zip(one.vertices.x.tolist(), one.vertices.y.tolist(), strict=True))
            if len(points) < 3:
                raise ValueError("a polygon needs three corners")
            made = Polygon(points)
        case _:
            return None
    if not all(math.isfinite(number) for number in _numbers(made)):
        raise ValueError("its place is not a number")
    return made


def _at(place: Any) -> tuple[float, float]:
    return float(place.x), float(place.y)


def _numbers(shape: Shape) -> Iterable[float]:
    if isinstance(shape, Polygon):
        return [number for point in shape.points for number in point]
    return [float(number) for number in vars(shape).values()]


def _on_sky(one: Any, wcs: Any) -> Any:
    try:
        return one.to_sky(wcs)
    except Exception as error:  # a damaged header fails in many ways once its numbers are used
        raise UsageError(
            "The celestial coordinates of this picture cannot be used for regions.", cure="Save the regions in pixels."
        ) from error


def write_regions(
    path: Path | str,
    regions: Sequence[Region],
    header: Mapping[str, Any] | None = None,
    *,
    sky: bool = False,
    overwrite: bool = False,
) -> Path:
    """Write regions, whole or not at all.

    Parameters
    ----------
    path : path-like
        Usually ending in ``.reg``.
    regions : sequence of Region
        In pixels of the picture.
    header : mapping, optional
        Of the picture.
    sky : bool
        In celestial coordinates in place of pixels.
    overwrite : bool
        Whether an older file of this name may be replaced.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    UsageError
        Celestial coordinates are asked for where the header has none, or none that can be used.
    InputError
        The file exists already, or cannot be written.
    """
    from regions import Regions

    wcs = celestial(header) if sky and header is not None else None
    if sky and wcs is None:
        raise UsageError("This picture has no celestial coordinates.", cure="Save the regions in pixels.")
    made = []
    for region in regions:
        one = as_library(region.shape)
        if wcs is not None:
            one = _on_sky(one, wcs)
        if region.name:
            # what ends a text in this format must not be in it
            one.meta["text"] = "".join(" " if sign in "{}\n\r" else sign for sign in region.name)
        made.append(one)
    # a pixel of 4 mas is a millionth of a degree
    text = (
        Regions(made).serialize(format="ds9", precision=11 if sky else 6)
        if made
        else "# Region file format: DS9\nimage\n"
    )
    return write_atomically(path, lambda file: file.write(text.encode()), overwrite=overwrite)
