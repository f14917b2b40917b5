"""A reference laid on an image: which part of it belongs there, whether it fits, and its pixels in bands."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from calgui.core.algorithms.exposure import file_name, number
from calgui.core.algorithms.geometry import Region, is_full, place_in, region_of
from calgui.core.algorithms.inputkinds import kind_of
from calgui.core.errors import InputError
from calgui.core.frames.fits import FitsFrame
from calgui.core.frames.frame import FrameLike, Rows

#: values of a reference's keyword that serve every image
_ANY = frozenset({"", "*", "ANY", "ALL", "N/A", "NONE", "GENERIC"})

#: temperatures and other numbers are alike within this
_ALIKE = 0.5


@dataclass(frozen=True)
class Placement:
    """Where an image lies in a reference.

    Attributes
    ----------
    y, x : int
        First row and column of the reference that belong to the image.
    ny, nx : int
        Rows and columns of the image.
    """

    y: int
    x: int
    ny: int
    nx: int

    def band(self, reference: FrameLike, start: int, stop: int, errors: bool = True) -> Rows:
        """The pixels of the reference that belong to some rows of the image.

        Parameters
        ----------
        reference : FrameLike
            Of which this is the placement.
        start, stop : int
            Rows of the image, from 0.
        errors : bool
            Whether they are wanted; else they need not be read.

        Returns
        -------
        Rows
            Of shape (..., stop - start, nx), with the leading axes of the reference.
        """
        rows = _band(reference, start + self.y, stop + self.y, errors)
        if self.x == 0 and rows.data.shape[-1] == self.nx:
            return rows
        part = slice(self.x, self.x + self.nx)
        return Rows(
            rows.data[..., part],
            None if rows.err is None else rows.err[..., part],
            None if rows.dq is None else rows.dq[..., part],
        )


def _band(frame: FrameLike, start: int, stop: int, errors: bool) -> Rows:
    if errors or not isinstance(frame, FitsFrame):
        return frame.band(start, stop)
    return Rows(frame.data_band(start, stop), None, frame.dq_band(start, stop) if frame.has_dq else None)


def place(image: FrameLike, reference: FrameLike, word: str) -> Placement:
    """Find the part of a reference that belongs to an image.

    Parameters
    ----------
    image : FrameLike
        (ny, nx), or with leading axes. Its SUBSTRT1, SUBSTRT2 (from 1), SUBSIZE1 and SUBSIZE2 say which part of the
        detector it is; a cube of spectra, whose pixels are none of a detector, has no such part.
    reference : FrameLike
        Of the same part, or of more of the detector; with two axes, or with those of the image.
    word : str
        What it is, for messages: ``dark``, ``flat``, ``sky``.

    Returns
    -------
    Placement

    Raises
    ------
    InputError
        When the subarray is outside the detector, a header disagrees with its picture, or the reference does not
        cover the image.
    """
    ny, nx = image.shape[-2:]
    if len(reference.shape) != 2 and reference.shape[:-2] != image.shape[:-2]:
        raise InputError(
            f"The {word} has {len(reference.shape)} axes; two are needed, or those of the image, {len(image.shape)}.",
            path=reference.path,
            cure=f"Choose a {word} that is an image.",
        )
    if kind_of(image) == "cube":
        if (ny, nx) != tuple(reference.shape[-2:]):
            raise InputError(
                f"The {word} {file_name(reference)} has {_size(reference)} pixels, a plane of the cube {_size(image)}.",
                path=image.path,
                cure=f"Choose a {word} with the spaxels of this cube.",
            )
        return Placement(0, 0, ny, nx)
    check_subarray(image)
    check_subarray(reference)
    here, there = region_of(image), region_of(reference)
    if image.shape[-2:] == reference.shape[-2:] and (here.x, here.y) == (there.x, there.y):
        return Placement(0, 0, ny, nx)
    found = place_in(image, reference)
    if found is None or not (_says_where(image) and _says_where(reference)):
        raise InputError(
            f"The {word} {file_name(reference)} is {_area(there)}, the image is {_area(here)}.",
            path=image.path,
            cure=f"Choose a {word} of this subarray, or one of the full detector for an image with SUBSTRT1 and "
            "SUBSTRT2.",
        )
    return Placement(*found, ny, nx)


def check_subarray(frame: FrameLike) -> None:
    """Refuse a header that disagrees with its picture, and a subarray that is outside the detector.

    Parameters
    ----------
    frame : FrameLike
        An image or a ramp in pixels of a detector.

    Raises
    ------
    InputError
        Naming the keyword.
    """
    ny, nx = frame.shape[-2:]
    for keyword, length, what in (("SUBSIZE1", nx, "columns"), ("SUBSIZE2", ny, "rows")):
        said = number(frame.header, keyword)
        if said is not None and said != length:
            raise InputError(
                f"{keyword} is {said:g}, but the picture has {length} {what}.",
                path=frame.path,
                cure="Correct the header, or choose the picture that it describes: references are cut by these "
                "keywords.",
            )
    region = region_of(frame)
    spans = (("SUBSTRT1", region.x, nx, region.width, "column"), ("SUBSTRT2", region.y, ny, region.height, "row"))
    for keyword, begin, length, whole, what in spans:
        # a start of 0, which counts from 1, is no missing one
        said = None if is_full(frame.header) else number(frame.header, keyword)
        first = begin if said is None else int(said) - 1
        if first < 0 or (whole is not None and first + length > whole):
            reach = f"{what}s {first + 1} to {first + length}"
            of = f", which has {whole} {what}s" if whole is not None else ""
            raise InputError(
                f"The subarray is outside the detector{of}: by {keyword} it is {reach}.",
                path=frame.path,
                cure="Correct SUBSTRT1 and SUBSTRT2, which count from 1, or DETXSIZE and DETYSIZE.",
            )


def check_type(reference: FrameLike, kinds: Sequence[str], word: str) -> None:
    """Refuse a reference whose header says that it is another kind.

    Parameters
    ----------
    reference : FrameLike
        Asked for REFTYPE.
    kinds : sequence of str
        What it may be, upper case; a header without REFTYPE is taken as it is.
    word : str
        As for `place`.

    Raises
    ------
    InputError
        Naming the file.
    """
    kind = text(reference.header, "REFTYPE")
    if kind and kind not in kinds:
        raise InputError(
            f"REFTYPE is {kind}: this is no {word}.",
            path=reference.path,
            cure=f"Choose a reference of type {' or '.join(kinds)}.",
        )


def check_detector(image: FrameLike, reference: FrameLike, word: str) -> None:
    """Refuse a reference of another instrument or detector.

    Parameters
    ----------
    image, reference : FrameLike
        Asked for INSTRUME and DETECTOR; one that is missing is not compared.
    word : str
        As for `place`.

    Raises
    ------
    InputError
        Naming both files.
    """
    for keyword in ("INSTRUME", "DETECTOR"):
        ours, theirs = text(image.header, keyword), text(reference.header, keyword)
        if ours and not serves(theirs, ours):
            raise InputError(
                f"{keyword} is {ours}, that of the {word} {file_name(reference)} is {theirs}.",
                path=image.path,
                cure=f"Choose a {word} of this detector.",
            )


def disagreements(image: FrameLike, reference: FrameLike, word: str, keywords: Mapping[str, str]) -> list[str]:
    """What the headers of an image and a reference disagree in.

    Parameters
    ----------
    image, reference : FrameLike
        A keyword that either lacks is not compared.
    word : str
        As for `place`.
    keywords : mapping of str to str
        Keyword to what it is.

    Returns
    -------
    list of str
        A sentence for each.
    """
    told = []
    for keyword, meaning in keywords.items():
        ours, theirs = image.header.get(keyword), reference.header.get(keyword)
        if ours is not None and theirs is not None and not _alike(ours, theirs):
            told.append(f"{keyword}, {meaning}, is {ours}; in the {word} {file_name(reference)} it is {theirs}.")
    return told


def done_before(image: FrameLike, keyword: str, word: str) -> list[str]:
    """Whether a step was done to an image before.

    Parameters
    ----------
    image : FrameLike
        Its header is asked.
    keyword : str
        ``S_DARK``, ``S_FLAT``, ...
    word : str
        What was done, as in ``a dark was subtracted from``.

    Returns
    -------
    list of str
        A sentence, or none.
    """
    done = text(image.header, keyword) == "COMPLETE"
    return [f"{keyword} is COMPLETE: {word} this image before."] if done else []


def serves(rule: str, value: str) -> bool:
    """Whether what a reference says that it serves includes a value.

    Parameters
    ----------
    rule : str
        ``K``, ``KN1|KN2|KN3``, ``ANY``, ``N/A``, or empty.
    value : str
        Of the image.

    Returns
    -------
    bool
    """
    allowed: Container[str] = {part.strip().upper() for part in rule.split("|")}
    return rule.strip().upper() in _ANY or value.strip().upper() in allowed


def text(header: Mapping[str, Any], keyword: str) -> str:
    """A keyword's value as text to compare.

    Parameters
    ----------
    header : mapping
        Keyword to value.
    keyword : str
        Which.

    Returns
    -------
    str
        Upper case, single spaces; empty where it is absent.
    """
    value = header.get(keyword)
    return "" if value is None else " ".join(str(value).split()).upper()


def _says_where(frame: FrameLike) -> bool:
    starts = all(number(frame.header, keyword) is not None for keyword in ("SUBSTRT1", "SUBSTRT2"))
    return starts or is_full(frame.header) or region_of(frame).is_whole


def _alike(one: object, other: object) -> bool:
    """Whether an image's value is what a reference's says, or one of those that it says."""
    if isinstance(one, int | float) and isinstance(other, int | float):
        return abs(one - other) <= _ALIKE
    return serves(str(other), str(one))


def _size(frame: FrameLike) -> str:
    return f"{frame.shape[-1]} × {frame.shape[-2]}"


def _area(region: Region) -> str:
    return f"{region.nx} × {region.ny} pixels from column {region.x + 1}, row {region.y + 1}"
