"""Writing frames: the whole file appears at once, or none, and never over another unless told."""

import datetime as dt
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from calgui.core.errors import CalguiError, InputError, UsageError
from calgui.core.frames.frame import Frame
from calgui.core.frames.headermaking import COMMENTS, ascii_text, make_header
from calgui.core.frames.keywords import Header
from calgui.core.frames.largewriting import MadeRows, write_hdus
from calgui.core.frames.layout import ERROR_KNOWN
from calgui.core.frames.parts import own_part

#: keywords that belong to the pixels of SCI; everything else goes into the primary header
_OF_IMAGE = re.compile(
    r"BUNIT|WCSAXES|WCSNAME|RADESYS|RADECSYS|EQUINOX|LONPOLE|LATPOLE|VELREF|SPECSYS|RESTFRQ|RESTWAV"
    r"|(CTYPE|CUNIT|CRVAL|CRPIX|CDELT|CROTA|CNAME|CRDER|CSYER)\d+[A-Z]?"
    r"|(CD|PC)\d+_\d+[A-Z]?|P[VS]\d+_\d+[A-Z]?|[AB]P?_(ORDER|DMAX|\d+_\d+)"
)


@dataclass(frozen=True)
class ExtraHdu:
    """An image or a table to be written behind the frame.

    Attributes
    ----------
    name : str
        EXTNAME.
    data : ndarray or mapping of str to ndarray
        An array is an image (a structured one a table), and so is `MadeRows`, which is made when it is written; a
        mapping is a table of columns of equal length, which may be numbers, logicals or texts, and have further axes;
        those of `MadeColumns` are made then, too. None is a header without pixels.
    units : mapping of str to str
        Column to unit.
    header : mapping
        Further keywords.
    """

    name: str
    data: npt.NDArray[Any] | MadeRows | Mapping[str, Any] | None
    units: Mapping[str, str] = field(default_factory=dict)
    header: Mapping[str, Any] = field(default_factory=dict)


def write_frame(
    frame: Frame,
    path: Path | str,
    extra_hdus: Sequence[ExtraHdu] = (),
    *,
    overwrite: bool = False,
    image: str = "SCI",
    complete: bool = False,
) -> Path:
    """Write a frame in the layout of IRIS files: primary header, SCI, ERR, DQ, and what is named beside.

    Parameters
    ----------
    frame : Frame
        ERR, DQ and further planes are written where it has them. A value of its header may be ``(value, comment)``.
        Keywords of the unit and of the world coordinates go to SCI, all others to the primary header.
    path : path-like
        The new file; compressed if its name ends in ``.gz``.
    extra_hdus : sequence of ExtraHdu
        Written in this order.
    overwrite : bool
        Whether an older file of this name may be replaced.
    image : str
        Name of the data's extension. With another than ``SCI`` the frame is a map of bits, as a bad pixel map is: DQ
        and the extra HDUs come first, then the data under this name.
    complete : bool
        Whether ERR and DQ are written where the frame has none, too: an ERR of NaN, with ERRKNOWN false, so that it is
        read as a frame without errors again, and a DQ without flags.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    InputError
        The file exists already, or the folder cannot be written.
    UsageError
        A keyword or value cannot stand in a FITS header.
    """
    from astropy.io import fits

    path = Path(path)
    own = Header(frame.header)
    of_image = {key: value for key, value in own.items() if _OF_IMAGE.fullmatch(key)}
    hdus = fits.HDUList([_primary(own, path)])
    data = fits.ImageHDU(_plain(frame.data), make_header(of_image, own.comments, path), name=image)
    if image == "SCI":
        hdus.append(data)
    unit = {key: of_image[key] for key in ("BUNIT",) if key in of_image}
    if frame.err is not None:
        hdus.append(fits.ImageHDU(_plain(frame.err), make_header(unit, own.comments, path), name="ERR"))
    elif complete:
        unknown = unit | {ERROR_KNOWN: (False, "the errors are not known: NaN")}
        nothing = np.full(frame.shape, np.nan, np.float32)
        hdus.append(fits.ImageHDU(nothing, make_header(unknown, own.comments, path), name="ERR"))
    bits = np.zeros(frame.shape, np.uint32) if frame.dq is None and complete else frame.dq
    if bits is not None:
        hdus.append(fits.ImageHDU(_plain(bits), name="DQ"))
    named = {extra.name for extra in extra_hdus}
    planes = [ExtraHdu(name, _whole(plane)) for name, plane in frame.planes.items() if name not in named]
    for extra in (*planes, *extra_hdus):
        hdus.append(_extra(extra, path))
    if image != "SCI":
        hdus.append(data)
    return _write(hdus, path, overwrite)


def write_extensions(
    header: Mapping[str, Any], path: Path | str, extra_hdus: Sequence[ExtraHdu], *, overwrite: bool = False
) -> Path:
    """Write a file without an image: tables, and headers without pixels.

    Parameters
    ----------
    header : mapping
        For the primary header; what would belong to an image (unit, world coordinates) is left out.
    path, overwrite
        As for `write_frame`.
    extra_hdus : sequence of ExtraHdu
        Written in this order.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    InputError, UsageError
        As for `write_frame`.
    """
    from astropy.io import fits

    path = Path(path)
    return _write(
        fits.HDUList([_primary(Header(header), path), *(_extra(extra, path) for extra in extra_hdus)]), path, overwrite
    )


def _primary(own: Header, path: Path) -> Any:
    from astropy.io import fits

    primary = {key: value for key, value in own.items() if not _OF_IMAGE.fullmatch(key)}
    # with comments of our own: those of an input may be too long for what stands here
    primary["DATE"] = (dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3], COMMENTS["DATE"])
    primary["FILENAME"] = (path.name, COMMENTS["FILENAME"])
    return fits.PrimaryHDU(header=make_header(primary, own.comments, path))


def _write(hdus: Any, path: Path, overwrite: bool) -> Path:
    from astropy.io import fits

    def write(file: IO[bytes]) -> None:
        try:
            write_hdus(hdus, file)
        except (fits.VerifyError, ValueError, TypeError) as error:
            raise UsageError(f"This cannot be written as FITS: {error}", path=path) from error

    return write_atomically(path, write, overwrite=overwrite)


def write_atomically(path: Path | str, write: Callable[[IO[bytes]], object], *, overwrite: bool = False) -> Path:
    """Write a file that appears whole or not at all.

    Whoever is killed meanwhile leaves a hidden file, which whoever writes this file next removes.

    Parameters
    ----------
    path : path-like
        The file.
    write : callable
        Called with a binary file open for writing, in the same folder.
    overwrite : bool
        Whether an older file of this name may be replaced.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    InputError
        It exists already, is no ordinary file, or cannot be written.
    """
    path = Path(path)
    if not overwrite and os.path.lexists(path):
        raise _exists(path)
    if os.path.exists(path) and not path.is_file():  # noqa: PTH110 never raises
        # the rename would put a file where a folder, a pipe or a device of the system is
        raise InputError("This is no ordinary file, and is not replaced.", path=path, cure="Choose another name.")
    with _saying_why(path):
        with own_part(path) as (temporary, file):
            _write_into(file, write, compressed=path.suffix == ".gz")
            file.flush()
            os.fsync(file.fileno())
            if os.name == "nt":  # where no open file is given another name
                file.close()
            if overwrite:
                temporary.replace(path)
            else:
                _publish(temporary, path)
        _sync_folder(path.parent)
    return path


def _plain(data: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.ascontiguousarray(data)


def _whole(plane: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A plane of whole numbers, as a map of subarrays is, in a type of whole numbers."""
    numbers = plane.astype(np.int16) if np.isfinite(plane).all() and np.abs(plane).max(initial=0) < 2**15 else plane
    return numbers if np.array_equal(numbers, plane) else plane


def _extra(extra: ExtraHdu, path: Path) -> Any:
    from astropy.io import fits

    header = make_header(extra.header, getattr(extra.header, "comments", {}), path)
    data = extra.data
    if data is None:
        return fits.ImageHDU(None, header, name=extra.name)
    if isinstance(data, MadeRows):
        return data.hdu(header, extra.name)
    try:
        if isinstance(data, Mapping):
            data = _table(data)
        if data.dtype.names is None:
            array = data.astype(np.uint8) if data.dtype == bool else data
            return fits.ImageHDU(np.ascontiguousarray(array), header, name=extra.name)
        table = fits.BinTableHDU(data, header, name=extra.name)
        for column, unit in extra.units.items():
            table.columns[column].unit = ascii_text(unit)
    except (ValueError, TypeError, KeyError) as error:
        raise UsageError(f"The HDU {extra.name} cannot be written as FITS: {error}", path=path) from error
    return table


def _table(columns: Mapping[str, Any]) -> npt.NDArray[Any]:
    arrays = {name: np.asarray(column) for name, column in columns.items()}
    for name, array in arrays.items():
        if array.dtype.kind in "UO":
            texts = [ascii_text(str(item)) for item in array.tolist()]
            arrays[name] = np.array(texts, dtype="S") if texts else np.empty(0, "S1")
    lengths = {len(array) for array in arrays.values()}
    if len(lengths) != 1:
        raise ValueError(f"the columns have {sorted(lengths)} rows")
    table = np.empty(lengths.pop(), [(name, array.dtype, array.shape[1:]) for name, array in arrays.items()])
    for name, array in arrays.items():
        table[name] = array
    return table


def _write_into(file: IO[bytes], write: Callable[[IO[bytes]], object], *, compressed: bool) -> None:
    if not compressed:
        write(file)
        return
    import gzip

    # no name and time inside: the same frame gives the same bytes
    with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0, compresslevel=4) as packed:
        write(packed)  # type: ignore[arg-type]


def _publish(temporary: Path, path: Path) -> None:
    """Give the file its name, unless somebody else took it meanwhile."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise _exists(path) from None
    except OSError:
        # a file system without links: the window between look and rename is as small as it can be
        if os.path.lexists(path):
            raise _exists(path) from None
        temporary.replace(path)


def _exists(path: Path) -> InputError:
    return InputError("The file exists already.", path=path, cure="Choose another name, or ask for it to be replaced.")


@contextmanager
def _saying_why(path: Path) -> Iterator[None]:
    try:
        yield
    except CalguiError:
        raise
    except OSError as error:
        if not path.parent.is_dir():
            cure = "Make its folder first, or choose another."
        else:
            cure = "Check the space on the disk and the permission to write there, or choose another folder."
        reason = error.strerror or str(error)
        raise InputError(f"The file cannot be written: {reason}.", path=path, cure=cure) from error


def _sync_folder(folder: Path) -> None:
    """Make the new name itself last; not every file system can."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:
        pass
    finally:
        os.close(handle)
