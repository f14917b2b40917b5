"""The pupil of a telescope, described as data: segments, secondary, supports, cold stop."""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.errors import InputError
from calgui.core.resources import resources

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Segments:
    """Hexagonal segments on a lattice about the axis.

    Attributes
    ----------
    count : int
        Segments that there are: those nearest to the axis.
    skipped : int
        Places about the axis without one, before the count begins.
    corner_to_corner_m, gap_m : float
        Of one segment, and between two, before the lattice is scaled to the pupil's diameter.
    corner_deg : float
        Direction of a corner of each segment, from x towards y.
    """

    count: int
    skipped: int
    corner_to_corner_m: float
    gap_m: float
    corner_deg: float = 0.0


@dataclass(frozen=True)
class Stop:
    """A cold stop that cuts off the edges of the pupil's image.

    Attributes
    ----------
    outer_m, inner_m : float
        Diameters of its ring.
    support_width_m : float
        Width of its bars before the supports of the secondary.
    """

    outer_m: float
    inner_m: float = 0.0
    support_width_m: float = 0.0


@dataclass(frozen=True)
class Pupil:
    """Where light passes.

    Attributes
    ----------
    name, title : str
        Of the telescope.
    diameter_m : float
        Of the circle around it.
    secondary_m : float
        Diameter of the shadow in its middle; 0 for none.
    support_width_m : float
        Width of each support of the secondary.
    support_angles_deg : tuple of float
        Where they run, outwards from the axis, from x towards y.
    segments : Segments or None
        None for a mirror in one piece, a circle of the diameter.
    stop : Stop or None
        A cold stop that turns with the pupil.
    """

    name: str
    title: str
    diameter_m: float
    secondary_m: float = 0.0
    support_width_m: float = 0.0
    support_angles_deg: tuple[float, ...] = ()
    segments: Segments | None = None
    stop: Stop | None = None

    def __post_init__(self) -> None:
        widest = max(self.secondary_m, self.support_width_m, self.stop.inner_m if self.stop is not None else 0.0)
        if not (math.isfinite(self.diameter_m) and 0 <= widest < self.diameter_m):
            raise InputError(f"The pupil {self.name} lets no light through.", cure="Correct its diameters.")

    def hexagons(self) -> Floats:
        """Corners of the segments.

        Returns
        -------
        ndarray of float64, shape (count, 6, 2)
            x, y in metres from the axis; none for a mirror in one piece.
        """
        if self.segments is None:
            return np.zeros((0, 6, 2))
        return _hexagons(self.segments, self.diameter_m)


def _hexagons(segments: Segments, diameter_m: float) -> Floats:
    pitch = segments.corner_to_corner_m * math.sqrt(3) / 2 + segments.gap_m
    reach = 2 + math.ceil(math.sqrt(segments.count + segments.skipped))
    first, second = (axis.ravel() for axis in np.mgrid[-reach : reach + 1, -reach : reach + 1])
    far = first**2 + first * second + second**2  # squared distance from the axis in pitches, a whole number
    order = np.argsort(far, kind="stable")[: segments.skipped + segments.count + 1]
    for edge in (segments.skipped, segments.skipped + segments.count):
        if edge and far[order[edge - 1]] == far[order[edge]]:
            raise InputError(
                "The pupil's segments do not fill whole shells about the axis.",
                cure="Correct the numbers of its segments.",
            )
    chosen = order[segments.skipped : -1]
    corner = math.radians(segments.corner_deg)
    along = corner + math.radians(30)  # neighbours lie across the flats
    axes = np.array(
        [[math.cos(along), math.sin(along)], [math.cos(along + math.pi / 3), math.sin(along + math.pi / 3)]]
    )
    centres = pitch * (first[chosen, None] * axes[0] + second[chosen, None] * axes[1])
    angles = corner + np.arange(6) * math.pi / 3
    outline = segments.corner_to_corner_m / 2 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    corners = centres[:, None, :] + outline[None, :, :]
    return np.asarray(corners * (diameter_m / 2 / np.hypot(corners[..., 0], corners[..., 1]).max()))


def pupil_names() -> tuple[str, ...]:
    """Pupils that are described.

    Returns
    -------
    tuple of str
    """
    return tuple(sorted(path.stem for path in (resources() / "pupils").glob("*.toml")))


@cache
def load_pupil(name: str = "tmt") -> Pupil:
    """A pupil from the program's data.

    Parameters
    ----------
    name : str
        As in `pupil_names`, in any case.

    Returns
    -------
    Pupil

    Raises
    ------
    InputError
        When there is no such pupil.
    """
    known = pupil_names()
    if name.lower() not in known:
        raise InputError(f"There is no pupil {name!r}.", cure=f"Choose one of: {', '.join(known)}.")
    return read_pupil(resources() / "pupils" / f"{name.lower()}.toml")


def read_pupil(path: Path) -> Pupil:
    """A pupil from a file.

    Parameters
    ----------
    path : pathlib.Path
        TOML as in ``resources/pupils/tmt.toml``.

    Returns
    -------
    Pupil

    Raises
    ------
    InputError
        When it cannot be read or lacks something.
    """
    try:
        with path.open("rb") as stream:
            return _pupil(tomllib.load(stream))
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            f"This describes no pupil: {error}.", path=path, cure="Write it as resources/pupils/tmt.toml is."
        ) from error


def _pupil(data: Mapping[str, Any]) -> Pupil:
    supports = data.get("supports", {})
    return Pupil(
        str(data["name"]),
        str(data.get("title", data["name"])),
        float(data["diameter_m"]),
        float(data.get("secondary", {}).get("diameter_m", 0.0)),
        float(supports.get("width_m", 0.0)),
        tuple(float(angle) for angle in supports.get("angles_deg", ())),
        Segments(**data["segments"]) if "segments" in data else None,
        Stop(**data["stop"]) if "stop" in data else None,
    )
