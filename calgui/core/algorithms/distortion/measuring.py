"""The slow part: pinholes of each picture, which of them is which, and how far each lies off a smooth surface."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.distortion.config import DistortionConfig
from calgui.core.algorithms.distortion.fitting import outlying
from calgui.core.algorithms.distortion.identity import Identity, Seen, identities, vectors
from calgui.core.algorithms.distortion.observations import Equations, Observations, equations
from calgui.core.algorithms.distortion.polynomials import HIGHEST_ORDER, Basis, Field, Floats, design, n_terms
from calgui.core.algorithms.distortion.solver import Solver, determined_order
from calgui.core.algorithms.exposure import file_name
from calgui.core.algorithms.matching import text
from calgui.core.algorithms.pinholes.measure import measure_pinholes
from calgui.core.algorithms.pinholes.spots import NO_PLACE, Spots
from calgui.core.algorithms.positions import parse_positions
from calgui.core.errors import InputError
from calgui.core.frames.frame import Frame, FrameLike, size_text
from calgui.core.jobs import Job

#: order at which spots in wrong places are looked for, where there are enough of them
_SEARCH_ORDER = 7
#: spots for each of its terms
_PER_TERM = 4
#: what pictures of one mask have in common
_SAME = {
    "INSTRUME": "the instrument",
    "DETECTOR": "the detector",
    "FILTER": "the filter",
    "SUBSTRT1": "the subarray's first column",
    "SUBSTRT2": "the subarray's first row",
}


@dataclass(frozen=True)
class Measured:
    """Everything that the fit needs; no pixel but those of the picture that is shown.

    Attributes
    ----------
    spots : tuple of Spots
        Of each picture.
    seen : Observations
        Those spots that are good for a solution.
    index : ndarray of int64, shape (n,)
        Of each of them in its own picture's `Spots`.
    places : ndarray of int64, shape (n, 2)
        Lattice indices of the first picture.
    apart : ndarray of float64, shape (n,)
        How far each lies off a smooth surface, in sigma of one axis.
    identity : tuple of Identity
        How the mask moved, by picture.
    names : tuple of str
        Of the files.
    picture : Frame
        The first.
    """

    spots: tuple[Spots, ...]
    seen: Observations
    index: npt.NDArray[np.int64]
    places: npt.NDArray[np.int64]
    apart: Floats
    identity: tuple[Identity, ...]
    names: tuple[str, ...]
    picture: Frame

    def equations(self, basis: Basis, order: int) -> Equations:
        """The equations of all spots, which are made once for each basis.

        Parameters
        ----------
        basis : str
            Polynomials.
        order : int
            Of them.

        Returns
        -------
        Equations
        """
        if basis not in self._equations:
            self._equations[basis] = equations(self.seen, HIGHEST_ORDER, basis)
        whole = self._equations[basis]
        return whole if order == HIGHEST_ORDER else whole.up_to(order, self.seen.n_frames)

    @cached_property
    def _equations(self) -> dict[Basis, Equations]:
        return {}

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Place on the grid of each spot and each missing one, by picture; empty of those without a place."""
        return tuple(
            "" if i == NO_PLACE else f"{i}, {j}"
            for one in self.spots
            for part in ((one.i, one.j), (one.missing_i, one.missing_j))
            for i, j in zip(*(axis.tolist() for axis in part), strict=True)
        )


def check_pictures(frames: Sequence[FrameLike], config: Any = None) -> None:
    """Refuse pictures that cannot be solved together.

    Parameters
    ----------
    frames : sequence of FrameLike
        Only headers and shapes are looked at.
    config : DistortionConfig, optional
        With it, the places in its options are looked at too.

    Raises
    ------
    InputError
        Naming the file and the keyword.
    UsageError
        An option holds no places.
    """
    first = frames[0]
    for frame in frames[1:]:
        if frame.shape != first.shape:
            raise InputError(
                f"This picture has {size_text(frame.shape)} pixels, {file_name(first)} has {size_text(first.shape)}.",
                path=frame.path,
                cure="Give pictures of one detector and one subarray.",
            )
        for keyword, what in _SAME.items():
            here, there = text(frame.header, keyword), text(first.header, keyword)
            if here and there and here != there:
                raise InputError(
                    f"{keyword}, {what}, is {here}; in {file_name(first)} it is {there}.",
                    path=frame.path,
                    cure="Solve them apart: each detector and filter has a distortion of its own.",
                )
    if config is not None:
        for name in ("exclude", "mask_moves"):
            parse_positions(getattr(config, name), name)


def measure(frames: Sequence[FrameLike], references: Mapping[str, FrameLike], config: Any, job: Job) -> Measured:
    """Measure the pinholes of all pictures.

    Parameters
    ----------
    frames : sequence of FrameLike
        Pictures of one mask.
    references : mapping
        None are used.
    config : DistortionConfig
        See its options.
    job : Job
        Progress and cancel.

    Returns
    -------
    Measured

    Raises
    ------
    InputError
        Pictures do not belong together, or show no grid of pinholes.
    """
    check_pictures(frames, config)
    share = 0.9 / len(frames)
    spots = tuple(
        measure_pinholes(frame, config, job.part(number * share, (number + 1) * share))
        for number, frame in enumerate(frames)
    )
    first = frames[0]
    rows = first.rows(0, first.shape[0])
    picture = Frame(np.array(rows.data), None, None, dict(first.header), first.path)
    names = tuple(file_name(frame) for frame in frames)
    made = assemble(spots, config, names, picture)
    job.report(1.0, "Measured")
    return made


def assemble(spots: Sequence[Spots], config: DistortionConfig, names: Sequence[str], picture: Frame) -> Measured:
    """Put what was measured on each picture together.

    Parameters
    ----------
    spots : sequence of Spots
        Of each picture.
    config : DistortionConfig
        Its ``mask_moves`` is looked at.
    names : sequence of str
        Of the files.
    picture : Frame
        To be shown.

    Returns
    -------
    Measured
    """
    ny, nx = picture.shape
    field = Field(nx, ny)
    found, apart = [], []
    for one, name in zip(spots, names, strict=True):
        index = np.flatnonzero(one.used & np.isfinite(one.x_error) & np.isfinite(one.y_error))
        order = search_order(index.size)
        if order < 1:
            raise InputError(
                f"Only {index.size} pinholes of {name} are good for a solution.",
                cure=f"A straight grid takes {_PER_TERM * n_terms(1)}: choose a brighter picture or a lower threshold.",
            )
        here = _alone(one, index, field)
        made = equations(here, order, "legendre")
        order = determined_order(Solver(here, made).normal(1 / np.square(here.error)), order, 1)
        apart.append(outlying(here, made.up_to(order, 1)))
        found.append((index, here, _peculiar(one, index, apart[-1], here, order)))
    moves = parse_positions(config.mask_moves, "mask_moves")
    identity = identities([seen for _, _, seen in found], moves)
    return _joined(spots, found, apart, identity, names, picture, field)


def search_order(count: int) -> int:
    """The order at which spots in wrong places are looked for.

    Parameters
    ----------
    count : int
        Spots.

    Returns
    -------
    int
        0 where there are too few of them.
    """
    return max((order for order in range(_SEARCH_ORDER + 1) if _PER_TERM * n_terms(order) <= count), default=0)


def _errors(one: Spots, index: npt.NDArray[np.int64]) -> Floats:
    made: Floats = np.sqrt((one.x_error[index] ** 2 + one.y_error[index] ** 2) / 2).clip(1e-6)
    return made


def _alone(one: Spots, index: npt.NDArray[np.int64], field: Field) -> Observations:
    """One picture on its own lattice."""
    along = vectors(one.lattice) @ np.stack([one.i[index], one.j[index]]).astype(np.float64)
    return Observations(
        one.x[index],
        one.y[index],
        _errors(one, index),
        np.zeros(index.size, np.int64),
        np.arange(index.size),
        along[0] + 1j * along[1],
        np.ones(1, np.complex128),
        field,
    )


def _peculiar(one: Spots, index: npt.NDArray[np.int64], apart: Floats, here: Observations, order: int) -> Seen:
    """What tells the pinholes of a picture apart: small errors of place, and light."""
    good = apart < 5
    columns = design(*here.field.normalized(here.x, here.y), order, "legendre")
    solved = np.linalg.lstsq(columns[good], here.mask[good], rcond=None)[0]
    off = np.where(good, columns @ solved - here.mask, 0)
    light = np.log(np.clip(one.flux[index], 1e-6, None))
    smooth = columns[:, : n_terms(min(order, 4))]
    light = np.where(good, light - smooth @ np.linalg.lstsq(smooth[good], light[good], rcond=None)[0], 0)
    return Seen(
        one.i[index],
        one.j[index],
        np.asarray(off / max(math.sqrt(float(np.mean(np.abs(off[good]) ** 2)) / 2), 1e-9), np.complex128),
        light / max(float(np.std(light[good])), 1e-9),
        one.missing_i,
        one.missing_j,
        one.lattice,
        complex(*here.field.middle),
    )


def _joined(
    spots: Sequence[Spots],
    found: Sequence[tuple[npt.NDArray[np.int64], Observations, Seen]],
    apart: Sequence[Floats],
    identity: tuple[Identity, ...],
    names: Sequence[str],
    picture: Frame,
    field: Field,
) -> Measured:
    places = np.concatenate(
        [
            np.stack(way.places(one.i[index], one.j[index]), axis=1)
            for one, way, (index, _, _) in zip(spots, identity, found, strict=True)
        ]
    )
    _, pinhole = np.unique(places, axis=0, return_inverse=True)
    mask = vectors(spots[0].lattice) @ places.T.astype(np.float64)
    each = [here for _, here, _ in found]
    seen = Observations(
        np.concatenate([here.x for here in each]),
        np.concatenate([here.y for here in each]),
        np.concatenate([here.error for here in each]),
        np.repeat(np.arange(len(each)), [here.size for here in each]),
        pinhole.reshape(-1).astype(np.int64),
        mask[0] + 1j * mask[1],
        np.array([way.turn for way in identity], np.complex128),
        field,
    )
    index = np.concatenate([one for one, _, _ in found])
    return Measured(tuple(spots), seen, index, places, np.concatenate(apart), identity, tuple(names), picture)
