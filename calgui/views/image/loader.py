"""What is read for a picture in the background: a first look at a large file, then its pixels."""

import threading
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from calgui.core.frames.fits import FitsFrame, HduInfo, describe_file, open_frame, read_frame
from calgui.core.frames.frame import Frame
from calgui.core.frames.limits import Limits, zscale, zscale_step
from calgui.core.frames.reduction import Pyramid, Reduction, band_rows, reduce_bands
from calgui.core.frames.room import check_memory
from calgui.core.jobs import Job

#: from this many pixels on a file is shown before all of it is in memory
LARGE = 4_000_000


@dataclass(frozen=True)
class Wanted:
    """Which picture of which file.

    Attributes
    ----------
    path : pathlib.Path
        The file.
    hdu : int or None
        Number of the HDU; None for SCI or else the first image.
    plane : tuple of int
        Index along each leading axis; empty for a two-dimensional image.
    """

    path: Path
    hdu: int | None = None
    plane: tuple[int, ...] = ()


@dataclass(frozen=True)
class Opened:
    """What is known of a file when its picture can be drawn.

    Attributes
    ----------
    wanted : Wanted
        With the HDU and plane that were chosen.
    hdus : tuple of HduInfo
        All HDUs of the file.
    frame : Frame or None
        Its pixels; None while only the first look is there.
    picture, flags : Pyramid or None
        The first look.
    limits : Limits or None
        By zscale, for the first look.
    header : mapping
        Of the image.
    """

    wanted: Wanted
    hdus: tuple[HduInfo, ...]
    frame: Frame | None = None
    picture: Pyramid | None = None
    flags: Pyramid | None = None
    limits: Limits | None = None
    header: Any = field(default_factory=dict)

    @property
    def info(self) -> HduInfo:
        """The HDU that is shown."""
        return next(info for info in self.hdus if info.index == self.wanted.hdu)


def choose(wanted: Wanted, hdus: tuple[HduInfo, ...]) -> Wanted:
    """Fill in what the user did not choose: SCI or else the first image with pixels, and its first plane.

    Parameters
    ----------
    wanted : Wanted
        As asked for.
    hdus : tuple of HduInfo
        All HDUs of the file.

    Returns
    -------
    Wanted
        With ``hdu`` None where the file has no image.
    """
    images = [info for info in hdus if info.is_image]
    full = [info for info in images if 0 not in info.shape] or images
    chosen = next((info for info in images if info.index == wanted.hdu), None)
    chosen = chosen or next((info for info in full if info.name == "SCI"), full[0] if full else None)
    if chosen is None:
        return Wanted(wanted.path)
    lead = chosen.shape[:-2]
    fits = len(wanted.plane) == len(lead) and all(
        0 <= at < length for at, length in zip(wanted.plane, lead, strict=True)
    )
    return Wanted(wanted.path, chosen.index, wanted.plane if fits else (0,) * len(lead))


def open_file(wanted: Wanted, screen: tuple[int, int], how: Reduction, quick: bool, job: Job) -> Opened:
    """Read what is needed to draw: everything of a small file, a first look at a large one.

    Parameters
    ----------
    wanted : Wanted
        Which picture.
    screen : tuple of int
        Height and width of the place for it, in device pixels.
    how : str
        Reduction of a picture that is larger than its place.
    quick : bool
        Whether a first look will do.
    job : Job
        Looked at while reading.

    Returns
    -------
    Opened
        ``wanted.hdu`` is None where the file has no image.

    Raises
    ------
    InputError
        The file cannot be read.
    """
    hdus = describe_file(wanted.path)
    wanted = choose(wanted, hdus)
    if wanted.hdu is None:
        return Opened(wanted, hdus)
    info = next(info for info in hdus if info.index == wanted.hdu)
    shape = info.shape[-2:]
    size = int(np.prod(shape))
    if quick and len(shape) == 2 and size >= LARGE:
        factor = max(1, -(-shape[0] // max(screen[0], 1)), -(-shape[1] // max(screen[1], 1)))
        with open_frame(wanted.path, wanted.hdu, wanted.plane or None) as source:
            return _first_look(source, Opened(wanted, hdus), factor, how, job)
    return read_all(Opened(wanted, hdus), job)


def read_all(opened: Opened, job: Job) -> Opened:
    """Read the pixels with their errors and flags.

    Parameters
    ----------
    opened : Opened
        From `open_file`.
    job : Job
        Told of the progress, and looked at for cancel.

    Returns
    -------
    Opened
        With its frame.
    """
    job.check()
    frame = read_frame(opened.wanted.path, opened.wanted.hdu, opened.wanted.plane or None, job)
    return Opened(opened.wanted, opened.hdus, frame, opened.picture, opened.flags, opened.limits, frame.header)


#: threads that take a first look, and memory that they read into, kept for the next: fresh memory costs more than
#: reading
_THREADS = 2
_ROOMS: deque[Any] = deque(maxlen=_THREADS)


class _Rooms(threading.local):
    """Memory to read into, for each thread its own."""

    def __init__(self, size: int, taken: list[Any]) -> None:
        kept = None
        with suppress(IndexError):
            kept = _ROOMS.popleft()
        self.room = kept if kept is not None and kept.size >= size else np.empty(size, np.float32)
        taken.append(self.room)


def _first_look(source: FitsFrame, opened: Opened, factor: int, how: Reduction, job: Job) -> Opened:
    high, wide = source.shape
    step = zscale_step(high * wide)
    samples: dict[int, Any] = {}
    taken: list[Any] = []
    band_size = min(band_rows(wide, factor), high) * wide
    check_memory(4 * band_size * _THREADS, source.path)
    rooms = _Rooms(band_size, taken)
    reduced = partial(reduce_bands, shape=(high, wide), factor=factor, job=job, threads=_THREADS)

    def band(start: int, stop: int) -> Any:
        rows = source.data_rows(start, stop, rooms.room)
        samples[start] = rows.reshape(-1)[-(start * wide) % step :: step].copy()
        return rows

    # what stands out is told by more than a first look has time for: the whole follows at once
    first: Reduction = "mean" if how == "outliers" else how
    picture = Pyramid((high, wide), first)
    picture.add(factor, reduced(band, how=first))
    _ROOMS.extend(taken)
    flags = None
    if source.has_dq:
        flags = Pyramid((high, wide), "flags")
        flags.add(factor, reduced(source.dq_rows, how="flags"))
    chosen = np.concatenate([samples[start] for start in sorted(samples)])[:1000]
    limits = zscale(chosen[np.isfinite(chosen)])
    return Opened(opened.wanted, opened.hdus, None, picture, flags, limits, source.header)
