"""The traces of white-light fibers in cubes and on images: measured once, fitted as often as an option changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.dispersion.bands import reference_of
from calgui.core.algorithms.dispersion.config import InstrumentConfig
from calgui.core.algorithms.dispersion.fitting import PathFit, fit_path, span
from calgui.core.algorithms.dispersion.following import follow
from calgui.core.algorithms.dispersion.images import FilterPlanes, Kind, kind_of_inputs
from calgui.core.algorithms.dispersion.paths import Paths, Sources
from calgui.core.algorithms.dispersion.tracing import Drawn, follow_traces
from calgui.core.algorithms.positions import nearest, parse_positions
from calgui.core.algorithms.psf.cubes import wavelengths_um
from calgui.core.algorithms.psf.setting import Setting
from calgui.core.errors import InputError
from calgui.core.frames.frame import FrameLike
from calgui.core.jobs import Job

Floats = npt.NDArray[np.float64]

#: pixels within which a place that is left out means a fiber
_NEAR = 6.0
#: pixels at which the width of a fiber is sought first
_FIRST_WIDTH = 2.2
#: wavelengths at which traces are told
_POINTS = 65
#: of places and shifts
_DIGITS = 9


@dataclass(frozen=True)
class Traces:
    """Fibers of all inputs, as measured.

    Attributes
    ----------
    paths : tuple of Paths
        Of each input.
    header : mapping
        Of the first input.
    path : pathlib.Path or None
        Its file.
    wavelengths : tuple of float
        First and last of all, µm.
    kind : str
        ``planes`` of cubes, ``filters`` of images, or ``traces`` on them.
    drawn : tuple of Drawn
        Of each image with traces; empty of others.
    """

    paths: tuple[Paths, ...]
    header: Mapping[str, Any]
    path: Path | None
    wavelengths: tuple[float, float]
    kind: Kind = "planes"
    drawn: tuple[Drawn, ...] = ()


@dataclass(frozen=True)
class Fiber:
    """One fiber, and the polynomials through its places.

    Attributes
    ----------
    number : int
        Of the input, from 1.
    index : int
        In its `Paths`.
    x, y : float
        At the reference wavelength, pixels from 0; where it was found, if there is no fit.
    fit : PathFit or None
        None where there are too few places, or it is left out.
    left_out : bool
        By hand.
    shift : float
        Largest shift between two wavelengths by the fit, pixels; NaN without one.
    end_x, end_y : float
        Shift from the first to the last wavelength, pixels.
    end_error : float
        Of that, along one axis.
    """

    number: int
    index: int
    x: float
    y: float
    fit: PathFit | None
    left_out: bool
    shift: float
    end_x: float
    end_y: float
    end_error: float


@dataclass(frozen=True)
class Traced:
    """What a report is made of.

    Attributes
    ----------
    traces : Traces
        As measured.
    config : InstrumentConfig
        Options.
    fibers : tuple of Fiber
        All.
    reference : float
        Wavelength that shifts are counted from, µm.
    wavelength : ndarray of float64, shape (n,)
        At which fits are told, µm.
    """

    traces: Traces
    config: InstrumentConfig
    fibers: tuple[Fiber, ...]
    reference: float
    wavelength: Floats

    @property
    def used(self) -> tuple[Fiber, ...]:
        """Those with a fit."""
        return tuple(fiber for fiber in self.fibers if fiber.fit is not None)

    def shifts(self, fiber: Fiber) -> tuple[Floats, Floats]:
        """Shift by the fit, from the reference wavelength, pixels; NaN where the fiber was not seen."""
        assert fiber.fit is not None
        x, y = fiber.fit.told(self.wavelength)
        x0, y0 = fiber.fit.at(np.array([self.reference]))
        return x - x0, y - y0


def check_fibers(frames: Sequence[FrameLike], config: Any = None) -> None:
    """Refuse cubes whose wavelengths are not known, or differ; and images of different parts of the detector.

    Parameters
    ----------
    frames : sequence of FrameLike
        Cubes or images; headers and shapes are looked at.
    config : InstrumentConfig, optional
        Its places are read.

    Raises
    ------
    InputError, UsageError
        Saying what is wrong.
    """
    how = config or InstrumentConfig()
    kind = kind_of_inputs(frames, how.images)
    many = 1 if kind == "filters" else len(frames)
    for name in ("fibers", "leave_out"):
        for place in parse_positions(getattr(how, name), name):
            if place.number > many:
                raise InputError(
                    f"Option {name} has a place on input {place.number}; there are {many}.",
                    cure="Count inputs from 1; images through several filters are one.",
                )
    if kind != "planes":
        return
    ends = []
    for frame in frames:
        wave = wavelengths_um(frame)
        ends.append((float(wave.min()), float(wave.max())))
    for frame, (first, last) in zip(frames, ends, strict=True):
        low, high = ends[0]
        if not (first < high and low < last):
            raise InputError(
                f"This cube spans {first:.4f} to {last:.4f} µm, the first one {low:.4f} to {high:.4f} µm.",
                path=frame.path,
                cure="Give cubes of one band.",
            )


def measure_fibers(frames: Sequence[FrameLike], references: Mapping[str, FrameLike], config: Any, job: Job) -> Traces:
    """Find the fibers of cubes or images, and where they are against wavelength.

    Parameters
    ----------
    frames : sequence of FrameLike
        Cubes (wavelength, y, x); or images (y, x).
    references : mapping
        ``WAVECAL``, for traces on images.
    config : InstrumentConfig
        See its options.
    job : Job
        Progress and cancel.

    Returns
    -------
    Traces

    Raises
    ------
    InputError
        There is no fiber in one of them.
    """
    kind = kind_of_inputs(frames, config.images)
    if kind == "traces":
        return _drawn_out(frames, references, config, job)
    given = parse_positions(config.fibers, "fibers")
    cubes: Sequence[FrameLike] = [FilterPlanes(frames)] if kind == "filters" else frames
    made, low, high = [], np.inf, -np.inf
    for number, cube in enumerate(cubes, 1):
        wave = cube.wavelength if isinstance(cube, FilterPlanes) else wavelengths_um(cube)
        low, high = min(low, float(wave.min())), max(high, float(wave.max()))
        middle = float(wave.mean())
        # nothing is known of the optics: the width of the fiber itself says how far to look
        setting = Setting(1.0, middle, middle, middle, "", None, 0.0, "", seen_width=_FIRST_WIDTH)
        places = tuple(place for place in given if place.number == number)
        most = max(config.most_fibers, len(places))
        sources = Sources("fiber", places, most, config.threshold, "fibers", pointlike=False)
        part = job.part((number - 1) / len(cubes), number / len(cubes))
        # each filter by itself
        slices = len(wave) if kind == "filters" else config.slices
        made.append(follow(cube, wave, setting, sources, slices, part))
    return Traces(tuple(made), cubes[0].header, frames[0].path, (low, high), kind)


def _drawn_out(
    frames: Sequence[FrameLike], references: Mapping[str, FrameLike], config: InstrumentConfig, job: Job
) -> Traces:
    given = parse_positions(config.fibers, "fibers")
    options = config.threshold, config.most_fibers, config.slices
    drawn = []
    for number, frame in enumerate(frames, 1):
        places = tuple(place for place in given if place.number == number)
        part = job.part((number - 1) / len(frames), number / len(frames))
        drawn.append(follow_traces(frame, references, places, options, part))
    seen = np.concatenate([one.paths.wavelength[one.paths.usable] for one in drawn])
    ends = float(seen.min()), float(seen.max())
    return Traces(tuple(one.paths for one in drawn), frames[0].header, frames[0].path, ends, "traces", tuple(drawn))


def trace(traces: Traces, config: InstrumentConfig) -> Traced:
    """Fit the traces.

    Parameters
    ----------
    traces : Traces
        As measured.
    config : InstrumentConfig
        Options.

    Returns
    -------
    Traced

    Raises
    ------
    InputError
        No fiber has places enough.
    """
    first, last = traces.wavelengths
    reference = reference_of(traces.header, config.reference_um, first, last)
    wave = np.linspace(first, last, _POINTS)
    places = parse_positions(config.leave_out, "leave_out")
    fibers: list[Fiber] = []
    for number, paths in enumerate(traces.paths, 1):
        out = np.zeros(paths.count, np.bool_)
        mine = [place for place in places if place.number == number]
        if mine:
            numbers = np.full(paths.count, number)
            found = nearest(tuple(mine), paths.start_x, paths.start_y, numbers, _NEAR)
            out[found[found >= 0]] = True
        fibers += [_fiber(paths, number, k, bool(out[k]), config, reference, wave) for k in range(paths.count)]
    if not any(fiber.fit is not None for fiber in fibers):
        usable = max(int(paths.usable.sum(axis=1).max(initial=0)) for paths in traces.paths)
        raise InputError(
            f"A fit of order {config.order} takes {config.order + 2} places of a fiber; the best has {usable}.",
            path=traces.path,
            cure="Choose a lower order, leave out fewer fibers or wavelengths, or choose a brighter exposure.",
        )
    return Traced(traces, config, tuple(fibers), reference, wave)


def _fiber(
    paths: Paths, number: int, k: int, out: bool, config: InstrumentConfig, reference: float, wave: Floats
) -> Fiber:
    errors = paths.errors(k, config.floor)
    usable = paths.usable[k] & (not out)
    fit = fit_path(
        paths.wavelength[k], (paths.x[k], paths.y[k]), errors, usable, config.order, config.clip, config.exclude
    )
    if fit is None:
        nothing = float("nan")
        at = float(paths.start_x[k]), float(paths.start_y[k])
        return Fiber(number, k, *at, None, out, nothing, nothing, nothing, nothing)
    wave = wave[(wave >= fit.seen[0]) & (wave <= fit.seen[1])]
    x, y = fit.at(wave)
    x0, y0 = (float(one[0]) for one in fit.at(np.array([reference])))
    ex, ey = fit.errors_from(wave[-1:], float(wave[0]))
    error = float(np.hypot(ex[0], ey[0])) / 2**0.5
    end_x, end_y = (round(float(one[-1] - one[0]), _DIGITS) for one in (x, y))
    return Fiber(number, k, round(x0, _DIGITS), round(y0, _DIGITS), fit, out, span(x, y), end_x, end_y, error)
