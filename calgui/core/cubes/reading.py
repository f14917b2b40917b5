"""Opens cubes; tells from the headers what a file holds."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from calgui.core.cubes.cube import Cube
from calgui.core.cubes.layers import FileLayer, Layer, MemoryLayer, cube_shape
from calgui.core.errors import CalguiError, InputError
from calgui.core.frames.fits import read_frame
from calgui.core.frames.frame import Frame, size_text
from calgui.core.frames.headers import HduHeader, merged, read_headers
from calgui.core.frames.layout import agrees, choose, siblings
from calgui.core.frames.source import PlainSource, open_source
from calgui.core.spectra.axis import spectral_axis, wavelengths

Kind = Literal["cube", "ramp"]

#: axes of (plane, y, x) in numpy order, as the observatory writes them: wavelength last in FITS
_STANDARD = (0, 1, 2)


def kind_of(path: Path | str, hdu: int | None = None) -> Kind | None:
    """Whether a file holds a cube or a ramp, from its headers alone.

    Parameters
    ----------
    path : path-like
        FITS.
    hdu : int, optional
        Number of the HDU; else SCI or the first image.

    Returns
    -------
    str or None
        ``ramp`` for four axes (integration, read, y, x), and for three where GROUPDQ or the number of reads says so;
        ``cube`` for other images of three axes. None for everything else, and where the file cannot be read.
    """
    try:
        hdus = read_headers(path)
        image = choose(hdus, hdu, Path(path))
    except CalguiError:
        return None
    return _kind(hdus, image)


def _kind(hdus: Sequence[HduHeader], image: HduHeader) -> Kind | None:
    lengths = list(image.shape)
    if len(lengths) < 3 or 0 in lengths or image.name.endswith("DQ"):
        return None
    header = merged(hdus[0], image)
    if len(lengths) == 4:
        return "ramp" if spectral_axis(header, 4) is None else "cube" if lengths[0] == 1 else None
    if len(lengths) > 4 or min(lengths) == 1:
        return None
    if spectral_axis(header, 3) is not None:
        return "cube"
    reads = header.get("NGROUPS", header.get("NREADS"))
    ramp = any(hdu.name == "GROUPDQ" for hdu in hdus) or (isinstance(reads, int) and reads == lengths[0] > 1)
    return "ramp" if ramp else "cube"


def open_cube(path: Path | str, hdu: int | None = None) -> Cube:
    """Open a cube; its numbers stay in the file.

    Parameters
    ----------
    path : path-like
        FITS; a compressed one is read into memory at once.
    hdu : int, optional
        Number of the HDU; else SCI or the first image.

    Returns
    -------
    Cube
        Its planes follow the axis that says it is of wavelengths (CTYPEn), else the slowest one.

    Raises
    ------
    InputError
        It cannot be read, has no such image, or that has not three axes.
    """
    path = Path(path)
    hdus = read_headers(path)
    image = choose(hdus, hdu, path)
    lengths = [length for length in image.shape if length > 1]
    if len(image.shape) < 3 or len(lengths) > 3 or 0 in image.shape or (len(image.shape) > 3 and image.shape[0] != 1):
        raise InputError(
            f"This is no cube: its axes are {axes_text(image.shape)}.", path=path, cure="A cube has three axes."
        )
    header = merged(hdus[0], image)
    axes, spectral = _axes(header, len(image.shape))
    shape = cube_shape(image.shape)
    wavelength = wavelengths(header, spectral, shape[axes[0]]) if spectral is not None else None
    beside = {
        name: other
        for name, other in siblings(hdus, image).items()
        if name in ("ERR", "DQ") and agrees(other, image, name) and other is not image
    }
    source = open_source(path)
    if not isinstance(source, PlainSource) or any(one.kind != "image" for one in (image, *beside.values())):
        source.close()
        return _from_memory(path, image, header, axes, wavelength)
    try:
        data = FileLayer(source, image, axes)
        others = {name: FileLayer(source, other, axes, bits=name == "DQ") for name, other in beside.items()}
    except InputError:
        source.close()
        raise
    return Cube(data, others.get("ERR"), others.get("DQ"), header, path, wavelength, axes)


def axes_text(shape: Sequence[int]) -> str:
    """Lengths of axes for people, as FITS counts them.

    Parameters
    ----------
    shape : sequence of int
        Numpy order.

    Returns
    -------
    str
    """
    return f"{len(shape)}" if len(shape) > 6 else size_text(shape) or "none"


def _axes(header: Mapping[str, Any], count: int) -> tuple[tuple[int, int, int], int | None]:
    """Which numpy axes (of the last three) are plane, y and x; and the number of the spectral axis in FITS."""
    spectral = spectral_axis(header, count)
    if spectral is None or spectral > 3:
        return _STANDARD, spectral if spectral is not None and spectral <= 3 else None
    others = [number for number in (1, 2, 3) if number != spectral]
    across = next(
        (number for number in others if str(header.get(f"CTYPE{number}") or "")[:3] in _LONGITUDES), others[0]
    )
    along = next(number for number in others if number != across)
    return (3 - spectral, 3 - along, 3 - across), spectral


_LONGITUDES = ("RA-", "GLO", "ELO")


def _from_memory(
    path: Path, image: HduHeader, header: Mapping[str, Any], axes: tuple[int, int, int], wavelength: Any
) -> Cube:
    frame = read_frame(path, image.index)
    return of_frame(frame, header, axes, wavelength, path)


def of_frame(
    frame: Frame,
    header: Mapping[str, Any] | None = None,
    axes: tuple[int, int, int] = _STANDARD,
    wavelength: Any = None,
    path: Path | None = None,
) -> Cube:
    """A cube whose numbers are in memory already.

    Parameters
    ----------
    frame : Frame
        Of three axes.
    header : mapping, optional
        Its own if None.
    axes : tuple of int
        Which of them are plane, y and x.
    wavelength : ndarray, optional
        In vacuum, in nm.
    path : pathlib.Path, optional
        The frame's own if None.

    Returns
    -------
    Cube
    """
    shape = cube_shape(frame.shape)

    def layer(array: Any) -> Layer | None:
        return None if array is None else MemoryLayer(array.reshape(shape).transpose(axes))

    data = layer(frame.data)
    assert data is not None
    return Cube(
        data, layer(frame.err), layer(frame.dq), header if header is not None else frame.header,
        path if path is not None else frame.path, wavelength, axes,
    )  # fmt: skip
