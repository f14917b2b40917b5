"""A new dispersion of the instrument beside the one in use: each fiber's shift against that of the nearest one."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.dispersion.fitting import span
from calgui.core.algorithms.dispersion.reference import columns_of
from calgui.core.algorithms.exposure import file_name
from calgui.core.algorithms.matching import text
from calgui.core.algorithms.registry import Curve, Metric
from calgui.core.errors import InputError
from calgui.core.frames.frame import Frame
from calgui.core.jobs import Job
from calgui.core.runs.comparing.both import bands_apart, header_of
from calgui.core.runs.comparing.values import Comparison

Floats = npt.NDArray[np.float64]

#: wavelengths at which both are asked
_POINTS = 100
#: fibers that are drawn, those that changed most first
_DRAWN = 6
#: part of the wavelengths that two fibers have in common at least
_COMMON = 0.2
#: kinds of exposures, in a sentence
_KINDS = {"planes": "the planes of cubes", "filters": "images through filters", "traces": "traces on a detector"}
#: pixels from which on fibers are said to stand apart
_APART = 5.0


class _Fiber(NamedTuple):
    """Wavelength (µm, increasing), x and y (pixels) of one fiber; and where it is."""

    wavelength: Floats
    x: Floats
    y: Floats
    at: tuple[float, float]

    @property
    def name(self) -> str:
        """Where it is."""
        return f"{self.at[0]:.0f},{self.at[1]:.0f}"


class _Pair(NamedTuple):
    """A fiber against the nearest one of the reference, counted from the middle of their common wavelengths."""

    fiber: _Fiber
    wavelength: Floats
    mine: Floats
    other: Floats
    distance: float

    @property
    def difference(self) -> Floats:
        """New less old, along x and y."""
        return self.mine - self.other

    @property
    def largest(self) -> float:
        """Of the differences between two wavelengths, pixels."""
        return span(*self.difference)


def compare(new: Frame, old: Frame, job: Job | None = None) -> Comparison:
    """Compare two tables TRACE.

    Parameters
    ----------
    new, old : Frame
        Columns, as `calgui.core.runs.headerframes.table_frame` holds them.
    job : Job, optional
        Progress.

    Returns
    -------
    Comparison
        Each new fiber against the one of the reference that is nearest to it; the difference's data are two rows for
        each, in pixels, along x and y.

    Raises
    ------
    InputError
        Columns are missing, no fiber has wavelengths in common, or they are of different kinds of exposures (INSFROM).
    """
    job = job or Job("Compare dispersions of the instrument")
    kinds = [text(frame.header, "INSFROM").lower() for frame in (new, old)]
    if all(kinds) and kinds[0] != kinds[1]:
        raise InputError(
            f"Its places are of {_KINDS.get(kinds[1], kinds[1])}, the new ones of {_KINDS.get(kinds[0], kinds[0])}.",
            path=old.path,
            cure="Choose a reference that was made of the same kind of exposure.",
        )
    ours, theirs = _fibers(new), _fibers(old)
    places = np.array([one.at for one in theirs])
    pairs = []
    for fiber in ours:
        distance = np.hypot(*(places - fiber.at).T)
        nearest = int(np.argmin(distance))
        pair = _pair(fiber, theirs[nearest], float(distance[nearest]))
        if pair is not None:
            pairs.append(pair)
    if not pairs:
        raise bands_apart(ours[0].wavelength, theirs[0].wavelength, old)
    difference = np.concatenate([pair.difference for pair in pairs])
    worst = max(pair.largest for pair in pairs)
    metrics = {
        "max_difference_pixel": Metric(
            worst, "pixel", "Largest change of a fiber's shift between two wavelengths, against the one in use."
        ),
        "rms_difference_pixel": Metric(float(np.sqrt(np.mean(difference**2))), "pixel", "Of one axis, all fibers."),
        "new_shift_pixel": Metric(max(span(*pair.mine) for pair in pairs), "pixel", "Largest shift of the new one."),
        "old_shift_pixel": Metric(max(span(*pair.other) for pair in pairs), "pixel", "The same of the one in use."),
        "distance_pixel": Metric(
            max(pair.distance for pair in pairs),
            "pixel",
            "Farthest of a fiber from the one it is held against.",
        ),
    }
    job.report(1.0, "Compared")
    return Comparison(
        "compared",
        _sentence(old, metrics, len(pairs)),
        old.path,
        difference=Frame(difference.astype(np.float32), None, None, header_of(new, "pixel")),
        metrics=metrics,
        curves=_curves(pairs),
    )


def _fibers(frame: Frame) -> list[_Fiber]:
    columns = columns_of(frame)
    missing = [name for name in ("wavelength", "x", "y") if name not in columns]
    if missing:
        raise InputError(
            f"The table has no column {' and '.join(missing)}; it has {', '.join(filter(None, columns)) or 'none'}.",
            path=frame.path,
            cure="Choose a reference of type INSDISP with fiber, wavelength (um), x and y (pixel).",
        )
    wave, x, y = (columns[name] for name in ("wavelength", "x", "y"))
    number = columns.get("fiber", np.ones_like(wave))
    good = np.isfinite(wave) & np.isfinite(x) & np.isfinite(y)
    made = []
    for one in np.unique(number[good]):
        here = good & (number == one)
        rising, index = np.unique(wave[here], return_index=True)
        if rising.size > 1:
            a, b = x[here][index], y[here][index]
            made.append(_Fiber(rising, a, b, (float(np.median(a)), float(np.median(b)))))
    if not made:
        raise InputError(
            "No fiber of this table has two wavelengths.", path=frame.path, cure="Choose another reference."
        )
    return made


def _pair(mine: _Fiber, other: _Fiber, distance: float) -> _Pair | None:
    first = max(mine.wavelength[0], other.wavelength[0])
    last = min(mine.wavelength[-1], other.wavelength[-1])
    if last - first < _COMMON * min(np.ptp(mine.wavelength), np.ptp(other.wavelength)):
        return None
    wave = np.linspace(first, last, _POINTS)
    told = [_from_middle(one, wave) for one in (mine, other)]
    return _Pair(mine, wave, told[0], told[1], distance)


def _from_middle(fiber: _Fiber, wave: Floats) -> Floats:
    from scipy.interpolate import make_interp_spline

    values = np.stack([fiber.x, fiber.y], axis=1)
    spline = make_interp_spline(fiber.wavelength, values, k=min(3, len(fiber.wavelength) - 1))
    middle = spline((wave[0] + wave[-1]) / 2)
    return np.asarray((spline(wave) - middle).T, np.float64)


def _curves(pairs: list[_Pair]) -> tuple[Curve, ...]:
    drawn = sorted(pairs, key=lambda pair: -pair.largest)[:_DRAWN]
    made = []
    for axis, name in enumerate("xy"):
        wave = np.concatenate([_ended(pair.wavelength) for pair in drawn])
        lines = {
            "new": (wave, np.concatenate([_ended(pair.mine[axis]) for pair in drawn])),
            "in use": (wave, np.concatenate([_ended(pair.other[axis]) for pair in drawn])),
        }
        title = f"Shift along {name}" + (f", the {_DRAWN} that changed most" if len(pairs) > _DRAWN else "")
        made.append(Curve(title, "wavelength (µm)", f"shift along {name} (pixel)", lines))
    for axis, name in enumerate("xy"):
        off = {pair.fiber.name: (pair.wavelength, pair.difference[axis]) for pair in drawn}
        made.append(Curve(f"New less old along {name}", "wavelength (µm)", f"difference along {name} (pixel)", off))
    return tuple(made)


def _ended(values: Floats) -> Floats:
    """One line of several, which is not joined with the next."""
    return np.append(values, np.nan)


def _sentence(old: Frame, metrics: dict[str, Metric], count: int) -> str:
    value = {name: float(metric.value or 0.0) for name, metric in metrics.items()}
    of = "the fiber" if count == 1 else f"{count} fibers"
    said = (
        f"Against {file_name(old)} the shift of {of} between two wavelengths differs by up to "
        f"{value['max_difference_pixel']:.3f} pixels; it is {value['new_shift_pixel']:.3f} pixels (was "
        f"{value['old_shift_pixel']:.3f})."
    )
    if value["distance_pixel"] > _APART:
        said += f" A fiber stands {value['distance_pixel']:.1f} pixels from the one that it is held against."
    return said
