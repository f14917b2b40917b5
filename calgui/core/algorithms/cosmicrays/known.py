"""What a bad pixel map says of the pixels of an image."""

from collections.abc import Callable

from calgui.core.algorithms.exposure import file_name
from calgui.core.algorithms.geometry import place_in
from calgui.core.errors import InputError
from calgui.core.frames.fits import FitsFrame
from calgui.core.frames.frame import DqArray, FrameLike, size_text


def bits_of_mask(image: FrameLike, mask: FrameLike) -> DqArray:
    """The part of a bad pixel map that belongs to an image: see `mask_for`.

    Parameters
    ----------
    image, mask : FrameLike
        As there.

    Returns
    -------
    ndarray of uint32, shape (ny, nx)
    """
    return mask_for(image, mask)(0, image.shape[0])


def mask_for(image: FrameLike, mask: FrameLike) -> Callable[[int, int], DqArray]:
    """Find the part of a bad pixel map that belongs to an image.

    Parameters
    ----------
    image : FrameLike
        (ny, nx).
    mask : FrameLike
        Reference of type MASK with data-quality bits, of this subarray or of a larger part of the detector.

    Returns
    -------
    callable
        Gives the bits of some rows of the image, from the first to the one before the last that it is told, as
        (rows, nx) of uint32.

    Raises
    ------
    InputError
        It is of another detector or size, or has no bits.
    """
    ours, theirs = (str(one.header.get("DETECTOR") or "").strip().upper() for one in (image, mask))
    if ours and theirs and theirs not in ("N/A", "ANY") and ours != theirs:
        raise InputError(
            f"DETECTOR is {ours}, that of the bad pixel map {file_name(mask)} is {theirs}.",
            path=image.path,
            cure="Choose a map of this detector.",
        )
    kind = str(mask.header.get("REFTYPE") or "").strip().upper()
    if kind not in ("", "MASK", "BPM"):
        raise InputError(
            f"REFTYPE is {kind}: this is no bad pixel map.", path=mask.path, cure="Choose a reference of type MASK."
        )
    place = place_in(image, mask) if len(mask.shape) == 2 else None
    if place is None:
        raise InputError(
            f"The bad pixel map {file_name(mask)} of {size_text(mask.shape)} pixels does not cover this image of "
            f"{size_text(image.shape)}.",
            path=image.path,
            cure="Choose a map of this subarray, or of the full detector for an image with SUBSTRT1 and SUBSTRT2.",
        )
    nx, (y, x) = image.shape[1], place

    def rows_of(start: int, stop: int) -> DqArray:
        if isinstance(mask, FitsFrame) and mask.has_dq:
            bits: DqArray | None = mask.dq_rows(start + y, stop + y)
        else:
            bits = mask.rows(start + y, stop + y).dq
        if bits is None:
            raise InputError(
                "The bad pixel map has no data-quality bits (DQ).",
                path=mask.path,
                cure="Convert it first (calgui run convert-mask), or choose another.",
            )
        return bits[:, x : x + nx]

    return rows_of
