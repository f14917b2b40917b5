"""Which HDUs of a file belong together, and which planes there are to look at."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from calgui.core.errors import InputError, UsageError
from calgui.core.frames.headers import HduHeader, read_headers
from calgui.core.frames.pixels import Pixels

Hdu = int | str | tuple[str, int]
Plane = int | tuple[int, ...]

#: keyword of an ERR, false where the errors are not known and all is NaN
ERROR_KNOWN = "ERRKNOWN"


@dataclass(frozen=True)
class HduInfo:
    """What one HDU holds, for a list that a user chooses from.

    Attributes
    ----------
    index : int
        Its number, from 0.
    name : str
        EXTNAME, ``PRIMARY``, or empty.
    version : int
        EXTVER.
    kind : str
        As in `HduHeader`.
    shape : tuple of int
        Numpy order; (rows,) of a table; empty without data.
    type : str
        Type of the values: ``float32``, ``uint16``, ...; empty for what is no image.
    unit : str
        BUNIT.
    warnings : tuple of str
        What is odd about it.
    """

    index: int
    name: str
    version: int
    kind: str
    shape: tuple[int, ...]
    type: str
    unit: str
    warnings: tuple[str, ...] = ()

    @property
    def is_image(self) -> bool:
        """Whether there are pixels to look at."""
        return self.kind in ("image", "compressed") and bool(self.shape)

    @property
    def planes(self) -> int:
        """How many two-dimensional planes there are to look at."""
        return math.prod(self.shape[:-2]) if self.is_image else 0


def describe_file(path: Path | str) -> tuple[HduInfo, ...]:
    """List the HDUs of a file.

    Parameters
    ----------
    path : path-like
        FITS, plain or compressed.

    Returns
    -------
    tuple of HduInfo

    Raises
    ------
    InputError
        The file cannot be read, or is not FITS.
    """
    path = Path(path)
    hdus = read_headers(path)
    infos = []
    for hdu in hdus:
        warnings = list(hdu.warnings)
        if hdu.name == "SCI":
            warnings += [
                f"{name} has the shape {other.shape}, SCI {hdu.shape}; it is not used."
                for name, other in siblings(hdus, hdu).items()
                if not agrees(other, hdu, name)
            ]
        unit = str(hdu.header.get("BUNIT") or "").strip()
        infos.append(
            HduInfo(hdu.index, hdu.name, hdu.version, hdu.kind, hdu.shape, _type_name(hdu, path), unit, tuple(warnings))
        )
    return tuple(infos)


def choose(hdus: Sequence[HduHeader], wanted: Hdu | None, path: Path) -> HduHeader:
    """The image that is meant.

    Parameters
    ----------
    hdus : sequence of HduHeader
        Of the file.
    wanted : int, str, (str, int) or None
        Number, name, name and EXTVER; None for ``SCI`` or else the first image.
    path : pathlib.Path
        The file, for messages.

    Returns
    -------
    HduHeader

    Raises
    ------
    InputError
        There is none, or it is no image.
    """
    images = [hdu for hdu in hdus if hdu.is_image]
    if wanted is None:
        found = next((hdu for hdu in images if hdu.name == "SCI"), images[0] if images else None)
        if found is None:
            kinds = ", ".join(sorted({hdu.kind for hdu in hdus if hdu.shape})) or "headers only"
            told = f"There is no image in this file ({kinds})."
            if odd := hdus[-1].warnings:  # an image may have stood where reading had to end
                cure = "Copy or download it again, or choose another file."
                raise InputError(f"{told} {odd[-1]}", path=path, cure=cure)
            raise InputError(told, path=path, cure="Choose another file.")
        return found
    if isinstance(wanted, int):
        found = next((hdu for hdu in hdus if hdu.index == wanted), None)
    else:
        name, version = (wanted, None) if isinstance(wanted, str) else wanted
        found = next(
            (hdu for hdu in hdus if hdu.name == name.upper() and version in (None, hdu.version)),
            None,
        )
    if found is None or not found.is_image:
        what = "has no HDU" if found is None else "holds no image in HDU"
        names = ", ".join(f"{hdu.index} {hdu.name}".strip() for hdu in images) or "none"
        raise InputError(f"The file {what} {wanted!r}.", path=path, cure=f"Its images are: {names}.")
    return found


def plane_index(shape: Sequence[int], number: int) -> tuple[int, ...]:
    """Indices of the leading axes for a plane counted through all of them.

    Parameters
    ----------
    shape : sequence of int
        Of the whole image.
    number : int
        From 0.

    Returns
    -------
    tuple of int
        Empty for a two-dimensional image.

    Raises
    ------
    UsageError
        There is no such plane.
    """
    lead = tuple(shape[:-2])
    if not 0 <= number < math.prod(lead):
        raise UsageError(f"There is no plane {number}: there are {math.prod(lead)}, counted from 0.")
    index: list[int] = []
    for length in reversed(lead):
        number, place = divmod(number, length)
        index.insert(0, place)
    return tuple(index)


def lead_of_plane(image: HduHeader, plane: Plane | None, path: Path) -> tuple[int, ...]:
    """Indices of the leading axes for the plane that is wanted.

    Parameters
    ----------
    image : HduHeader
        Of a cube, a ramp, or a two-dimensional image.
    plane : int, tuple of int or None
        Counted through all leading axes, or one index for each; None for everything.
    path : pathlib.Path
        The file, for messages.

    Returns
    -------
    tuple of int
        Empty for everything.

    Raises
    ------
    InputError
        There is no such plane.
    """
    if plane is None:
        return ()
    try:
        if isinstance(plane, int):
            return plane_index(image.shape, plane)
        lead = image.shape[:-2]
        if len(plane) != len(lead) or not all(0 <= at < length for at, length in zip(plane, lead, strict=True)):
            raise UsageError(f"There is no plane {plane}: the leading axes are {lead}.")
    except UsageError as error:
        raise InputError(error.message, path=path, cure="Choose one that is there.") from error
    return tuple(plane)


def siblings(hdus: Sequence[HduHeader], image: HduHeader) -> dict[str, HduHeader]:
    """The error and data-quality images that belong to an image.

    Parameters
    ----------
    hdus : sequence of HduHeader
        Of the file.
    image : HduHeader
        One of them.

    Returns
    -------
    dict
        ``ERR``, ``DQ``, ``PIXELDQ``, ``GROUPDQ`` of the same EXTVER, whatever their shapes. An image of bits is its
        own data quality, since float32 would round the high ones. An ERR that says of itself that the errors are not
        known is none.
    """
    if image.name in ("DQ", "PIXELDQ", "GROUPDQ"):
        return {image.name: image}
    if image.name not in ("SCI", "PRIMARY", ""):
        return {}
    found: dict[str, HduHeader] = {}
    for hdu in hdus:
        named = hdu.name in ("ERR", "DQ", "PIXELDQ", "GROUPDQ") and hdu.is_image and hdu.version == image.version
        if named and hdu.header.get(ERROR_KNOWN) is not False:
            found.setdefault(hdu.name, hdu)
    return found


def agrees(other: HduHeader, image: HduHeader, name: str) -> bool:
    """Whether a sibling has the shape that its name asks for.

    Parameters
    ----------
    other, image : HduHeader
        The sibling, and the image that it belongs to.
    name : str
        As `siblings` calls it; PIXELDQ serves all reads of a ramp with one plane.

    Returns
    -------
    bool
    """
    return other.shape == (image.shape[-2:] if name == "PIXELDQ" else image.shape)


def lead_of(other: HduHeader, image: HduHeader, lead: tuple[int, ...]) -> tuple[int, ...]:
    """The same plane in a sibling, which may have no leading axes.

    Parameters
    ----------
    other, image : HduHeader
        The sibling, and the image that it belongs to.
    lead : tuple of int
        Leading indices in the image.

    Returns
    -------
    tuple of int
    """
    return lead if len(other.shape) == len(image.shape) else ()


def _type_name(hdu: HduHeader, path: Path) -> str:
    if not hdu.is_image:
        return ""
    try:
        return Pixels.of(hdu, path).type_name
    except InputError:
        return "unknown"
