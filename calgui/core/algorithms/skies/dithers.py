"""How the frames of a dithered set lie on the sky, and the sources of their sum, which shows fainter ones."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.exposure import number
from calgui.core.algorithms.skies.cells import BoolArray, Image
from calgui.core.algorithms.skies.config import SourceConfig
from calgui.core.algorithms.skies.sources import Scales, find_sources
from calgui.core.frames.frame import FrameLike
from calgui.core.frames.sky import celestial, has_sky

#: frames that are turned against one another by more than this, in pixels over a frame, are not summed
_TURNED = 1.5
#: frames further apart than this many times their side have nothing in common
_APART = 1.0
#: a cosmic ray counts as this many sigma in the sum
_CLIP = 10.0
#: keywords that say how pixels lie on the sky, but for the place of the first
_PROJECTION = tuple(
    f"{name}{axes}"
    for name, many in (("CTYPE", "1 2"), ("CUNIT", "1 2"), ("CRVAL", "1 2"), ("CDELT", "1 2"), ("CROTA", "1 2"),
                       ("CD", "1_1 1_2 2_1 2_2"), ("PC", "1_1 1_2 2_1 2_2"), ("LONPOLE", " "), ("LATPOLE", " "))
    for axes in many.split(" ")
)  # fmt: skip


@dataclass(frozen=True)
class Offset:
    """Where a place on the sky of the first frame lies in another, in whole pixels."""

    y: int
    x: int


def offsets_of(frames: Sequence[FrameLike]) -> list[Offset] | None:
    """Dithers by the celestial coordinates of the headers.

    Parameters
    ----------
    frames : sequence of FrameLike
        Of one shape.

    Returns
    -------
    list of Offset or None
        None where a header has no coordinates, frames are turned or scaled against one another, or show other places.
    """
    ny, nx = frames[0].shape[-2:]
    shifted = _by_reference_pixels(frames)
    if shifted is not None:
        return shifted if all(abs(one.y) <= _APART * ny and abs(one.x) <= _APART * nx for one in shifted) else None
    corners = np.array([[0.0, 0.0], [nx - 1.0, ny - 1.0], [nx - 1.0, 0.0]])
    sky: npt.NDArray[np.float64] | None = None
    made = []
    for frame in frames:
        wcs = celestial(frame.header)
        if wcs is None:
            return None
        if sky is None:
            sky = wcs.all_pix2world(corners, 0)
        try:
            moved = wcs.wcs_world2pix(sky, 0) - corners
        except ValueError:
            return None
        if not np.isfinite(moved).all() or np.ptp(moved, axis=0).max() > _TURNED:
            return None
        x, y = moved.mean(axis=0)
        if abs(x) > _APART * nx or abs(y) > _APART * ny:
            return None
        made.append(Offset(round(float(y)), round(float(x))))
    return made


def _by_reference_pixels(frames: Sequence[FrameLike]) -> list[Offset] | None:
    """Of headers that differ in nothing but CRPIX, which is quick; None for others."""
    places = []
    for frame in frames:
        header = frame.header
        place = number(header, "CRPIX1"), number(header, "CRPIX2")
        if place[0] is None or place[1] is None or not has_sky(header):
            return None
        if any(header.get(keyword) != frames[0].header.get(keyword) for keyword in _PROJECTION):
            return None
        places.append((place[0], place[1]))
    x, y = places[0]
    return [Offset(round(there[1] - y), round(there[0] - x)) for there in places]


def spread_of(offsets: Sequence[Offset]) -> float:
    """Largest distance of two frames on the sky, in pixels."""
    places = np.array([(one.y, one.x) for one in offsets], np.float64)
    return float(max(math.hypot(*row) for row in (places[:, None] - places[None, :]).reshape(-1, 2)))


def dither_notes(offsets: Sequence[Offset] | None) -> list[str]:
    """What is to be said of frames that were not moved between exposures.

    Parameters
    ----------
    offsets : sequence of Offset or None
        Of the frames; None where they are not known.

    Returns
    -------
    list of str
        A sentence, or none.
    """
    if offsets is None or spread_of(offsets) >= 3:
        return []
    return [
        f"By their coordinates the frames lie within {spread_of(offsets):.1f} pixels of one another: without dithers "
        "sources cannot be told from the sky, and are subtracted with it."
    ]


class StackedSources:
    """The sum of frames without their skies, laid on one another by their dithers.

    Parameters
    ----------
    shape : tuple of int
        (ny, nx) of a frame.
    offsets : sequence of Offset
        Of each frame.
    """

    def __init__(self, shape: tuple[int, int], offsets: Sequence[Offset]) -> None:
        top, left = max(one.y for one in offsets), max(one.x for one in offsets)
        low, right = min(one.y for one in offsets), min(one.x for one in offsets)
        self.places = [(top - one.y, left - one.x) for one in offsets]
        self.shape = shape
        self.sum = np.zeros((shape[0] + top - low, shape[1] + left - right), np.float32)
        self.count = np.zeros(self.sum.shape, np.uint16)

    def add(self, index: int, rest: Image, noise: float) -> None:
        """Add a frame without its sky, whose level is zero.

        Parameters
        ----------
        index : int
            Which frame.
        rest : ndarray of float32
            NaN where it is not known.
        noise : float
            Of its pixels.
        """
        good = np.isfinite(rest)
        held = np.clip(np.where(good, rest, np.float32(0)), None, np.float32(_CLIP * noise))
        window = self._window(index)
        self.sum[window] += held
        self.count[window] += good

    def masks(self, config: SourceConfig, scales: Scales) -> list[BoolArray]:
        """Sources of the sum, as masks of each frame.

        Parameters
        ----------
        config : SourceConfig
            Threshold and growth.
        scales : Scales
            Cells that are looked at.

        Returns
        -------
        list of ndarray of bool
        """
        good = self.count > 0
        with np.errstate(invalid="ignore", divide="ignore"):
            even = np.where(good, self.sum / np.sqrt(self.count, dtype=np.float32), np.float32(0))
        found, _ = find_sources(even, good, config.sigma, config.grow, scales)
        return [found[self._window(index)] for index in range(len(self.places))]

    def _window(self, index: int) -> tuple[slice, slice]:
        y, x = self.places[index]
        return slice(y, y + self.shape[0]), slice(x, x + self.shape[1])
