"""What the image view shows, as a value: which layer and plane of which frame, and how it is named. No Qt."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.frames import dq as flags
from calgui.core.frames.fits import HduInfo
from calgui.core.frames.frame import Frame
from calgui.core.frames.limits import Limits, LimitsName, find_limits, sample
from calgui.core.frames.reduction import Pyramid, Reduction
from calgui.core.frames.units import shown_unit
from calgui.core.jobs import Job
from calgui.views.image.loader import Opened, Wanted

Array = npt.NDArray[Any]

#: pixels that stand for a picture in its histogram
SAMPLES = 250_000


@dataclass(frozen=True)
class Origin:
    """The files whose pixels the pixels of a picture are, such as those that it was computed from.

    Attributes
    ----------
    paths : tuple of pathlib.Path
        A pixel that is picked on the picture is one of the first.
    x, y : int
        Column and row in those files of the picture's first pixel.
    plane : tuple of int
        Of the files; empty where the picture is of no single one.
    """

    paths: tuple[Path, ...] = ()
    x: int = 0
    y: int = 0
    plane: tuple[int, ...] = ()


@dataclass(frozen=True)
class Content:
    """One picture of a frame or file.

    Attributes
    ----------
    frame : Frame or None
        None while the pixels of a large file are still being read.
    name : str
        Of the file, or what the picture is.
    header : mapping
        Of the image.
    shape : tuple of int
        Of the whole image that the plane belongs to.
    wanted : Wanted or None
        None for a frame that is not from a file here.
    hdus : tuple of HduInfo
        Of the file.
    plane : tuple of int
        Index along each leading axis.
    layer : str
        ``SCI``, ``ERR``, ``DQ``, or one of ``more``.
    origin : Origin or None
        Of a picture that is in no file, or is one plane of it.
    more : mapping of str to ndarray
        Further layers of a frame in memory, each (ny, nx); their unit is not known.
    """

    frame: Frame | None
    name: str
    header: Any
    shape: tuple[int, ...]
    wanted: Wanted | None = None
    hdus: tuple[HduInfo, ...] = ()
    plane: tuple[int, ...] = ()
    layer: str = "SCI"
    origin: Origin | None = None
    more: Mapping[str, Array] = field(default_factory=dict)

    @classmethod
    def of_frame(
        cls, frame: Frame, name: str = "", origin: Origin | None = None, more: Mapping[str, Array] | None = None
    ) -> "Content":
        """A frame that is in memory.

        Parameters
        ----------
        frame : Frame
            With any number of axes.
        name : str
            What it is; the file's name if empty.
        origin : Origin, optional
            The files whose pixels these are.
        more : mapping of str to ndarray, optional
            Further layers of these pixels.

        Returns
        -------
        Content
            Its first plane.
        """
        plane = (0,) * max(len(frame.shape) - 2, 0)
        return cls(frame, name or frame.name, frame.header, frame.shape, plane=plane, origin=origin, more=more or {})

    @classmethod
    def of_file(cls, opened: Opened, layer: str = "SCI") -> "Content":
        """A plane of a file.

        Parameters
        ----------
        opened : Opened
            With an image.
        layer : str
            Shown if the frame has it.

        Returns
        -------
        Content
        """
        wanted, info = opened.wanted, opened.info
        made = cls(opened.frame, wanted.path.name, opened.header, info.shape, wanted, opened.hdus, wanted.plane, "SCI")
        return replace(made, layer=layer) if layer in made.layers else made

    @property
    def info(self) -> HduInfo | None:
        """The HDU that is shown."""
        if self.wanted is None:
            return None
        return next((info for info in self.hdus if info.index == self.wanted.hdu), None)

    @property
    def path(self) -> Path | None:
        """The file; None for a frame that is in none."""
        if self.wanted is not None:
            return self.wanted.path
        return self.frame.path if self.frame is not None else None

    def in_file(self, x: int, y: int) -> tuple[Path | None, int, int, tuple[int, ...]]:
        """The pixel of a file that a pixel of the picture is.

        Parameters
        ----------
        x, y : int
            Column and row of the picture.

        Returns
        -------
        path : pathlib.Path or None
            None for a picture that has to do with no file.
        x, y : int
            Column and row there.
        plane : tuple of int
            Empty where it is not known.
        """
        origin = self.origin
        if origin is None or not origin.paths:
            return self.path, x, y, self.plane
        return origin.paths[0], x + origin.x, y + origin.y, origin.plane

    def of_file_pixel(self, path: Path | None, x: int, y: int) -> tuple[int, int] | None:
        """Where a pixel of a file is in the picture.

        Parameters
        ----------
        path : pathlib.Path or None
            The file.
        x, y : int
            Column and row there.

        Returns
        -------
        tuple of int or None
            Column and row of the picture; None where it does not show that pixel.
        """
        origin = self.origin
        if path is None or path not in ((self.path,) if origin is None or not origin.paths else origin.paths):
            return None
        place = (x, y) if origin is None else (x - origin.x, y - origin.y)
        return place if 0 <= place[0] < self.size[1] and 0 <= place[1] < self.size[0] else None

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers that can be shown."""
        has = {"SCI": True}
        if self.frame is not None:
            has |= {"ERR": self.frame.err is not None, "DQ": self.frame.dq is not None}
        return (*(name for name, there in has.items() if there), *self.more)

    @property
    def choices(self) -> tuple[HduInfo, ...]:
        """The images of the file; error and data quality of a shown SCI are layers, not choices."""
        images = [info for info in self.hdus if info.is_image]
        shown = self.info
        if shown is None or self.frame is None:
            return tuple(images)
        companions = set()
        if self.frame.err is not None:
            companions.add("ERR")
        if self.frame.dq is not None:
            companions |= {"DQ", "PIXELDQ", "GROUPDQ"}
        return tuple(info for info in images if info.name not in companions or info.version != shown.version)

    @property
    def size(self) -> tuple[int, int]:
        """(ny, nx) of the plane; a row of numbers is a picture of one row."""
        if len(self.shape) >= 2:
            return self.shape[-2], self.shape[-1]
        return (1, self.shape[0]) if self.shape else (0, 0)

    @property
    def unit(self) -> str:
        """Unit of the layer."""
        return "" if self.layer not in ("SCI", "ERR") else shown_unit(self.header.get("BUNIT"))

    @property
    def values(self) -> Array | None:
        """The layer's plane, (ny, nx)."""
        if self.frame is None:
            return None
        layer = {"SCI": self.frame.data, "ERR": self.frame.err, "DQ": self.frame.dq, **self.more}[self.layer]
        return None if layer is None else self._plane(layer)

    @property
    def err(self) -> Array | None:
        """One standard deviation of the values of the plane, (ny, nx); None for a layer that has none."""
        wanted = self.frame.err if self.frame is not None and self.layer == "SCI" else None
        return None if wanted is None else self._plane(wanted)

    @property
    def dq(self) -> Array | None:
        """The data-quality bits of the plane, (ny, nx)."""
        return None if self.frame is None or self.frame.dq is None else self._plane(self.frame.dq)

    def _plane(self, array: Array) -> Array:
        # a file's frame holds its plane alone
        if array.ndim > 2:
            array = array[self.plane]
        return array.reshape(self.size)

    @property
    def title(self) -> str:
        """File, HDU, plane and unit."""
        parts = [self.name]
        info = self.info
        if info is not None:
            parts.append(f"{info.name or 'image'} [{info.index}]")
        if self.layer != "SCI":
            parts.append({"ERR": "error (ERR)", "DQ": "data quality (DQ)"}.get(self.layer, self.layer))
        if any(length > 1 for length in self.shape[:-2]):
            parts.append("plane " + ", ".join(str(at) for at in self.plane) + " (from 0)")
        if self.unit:
            parts.append(self.unit)
        parts.append(f"{self.size[1]} × {self.size[0]}")
        return "  ·  ".join(parts)


@dataclass(frozen=True)
class Drawing:
    """All that is computed for drawing a picture.

    Attributes
    ----------
    picture, flags : Pyramid
        With the level that is drawn first; flags None without data quality.
    limits : Limits
        By the way that was asked for.
    samples : ndarray
        Finite values that stand for the picture, for the histogram and for equalising.
    counts : dict of str to int
        Pixels with each flag.
    """

    picture: Pyramid
    flags: Pyramid | None
    limits: Limits
    samples: Array
    counts: dict[str, int]


def prepare(
    values: Array,
    dq: Array | None,
    factor: int,
    how: Reduction,
    limits: Limits | LimitsName,
    earlier: tuple[Pyramid | None, Pyramid | None],
    job: Job,
) -> Drawing:
    """Compute what drawing a picture needs; safe in another thread.

    Parameters
    ----------
    values : ndarray, shape (ny, nx)
        The picture.
    dq : ndarray of uint32 or None
        Its data-quality bits.
    factor : int
        Reduction that will be drawn first.
    how : str
        Kind of reduction.
    limits : Limits or str
        Fixed, or the name of the way to find them.
    earlier : tuple of Pyramid or None
        Reductions of this very picture and of its flags that are there already.
    job : Job
        Looked at between steps.

    Returns
    -------
    Drawing
    """
    size = (values.shape[0], values.shape[1])
    # a first look is by the mean alone where outliers are to be kept
    picture = earlier[0] if earlier[0] is not None and earlier[0].how == how else Pyramid(size, how)
    picture.add(1, values)
    picture.build(factor, job)
    bits = None
    if dq is not None:
        bits = earlier[1] or Pyramid(size, "flags")
        bits.add(1, dq)
        bits.build(factor, job)
    job.check()
    found = limits if isinstance(limits, Limits) else find_limits(values, limits)
    job.check()
    return Drawing(picture, bits, found, sample(values, SAMPLES), {} if dq is None else flags.count(dq))


def value_at(array: Array, x: int, y: int) -> float:
    """One value as a number.

    Parameters
    ----------
    array : ndarray, shape (ny, nx)
        Any type.
    x, y : int
        Inside the picture.

    Returns
    -------
    float
    """
    return float(np.asarray(array[y, x]))
