"""Where a star or a fiber is in each range of wavelengths of a cube."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.dispersion.paths import Paths, Sources
from calgui.core.algorithms.psf.centroids import EDGE, FAILED, SATURATED, Fitted, fit_round, without_bias
from calgui.core.algorithms.psf.config import PsfConfig
from calgui.core.algorithms.psf.cubes import mean_frames, mean_planes
from calgui.core.algorithms.psf.finding import find_stars, given_stars
from calgui.core.algorithms.psf.picture import Picture, picture_of, without_hits
from calgui.core.algorithms.psf.setting import Setting
from calgui.core.errors import InputError
from calgui.core.frames.frame import Frame, FrameLike
from calgui.core.jobs import Job

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Pair = tuple[Floats, Floats]

#: planes that make the picture on which sources are found
_PLANES = 64
#: planes that are averaged one after the other
_FEW = 16
#: the part of the planes, around the middle, on which sources are found first
_MIDDLE = 8
#: part of a source's brightest pixel that the next one has at least
_NEIGHBOUR = 0.12
#: sigma of the flux from which a place counts
_FAINT = 5.0
#: a source with less than this part of its usual flux was missed, and is looked for within so many widths
_LEAST, _AROUND = 0.3, 4.0
#: widths at half maximum from the edge, at least
_INSIDE = 1.2
#: widths at half maximum around a source in which planes are weighed
_WEIGHED = 1.5


def follow(cube: FrameLike, wavelength: Floats, setting: Setting, sources: Sources, slices: int, job: Job) -> Paths:
    """Find sources, and fit them in each range of wavelengths.

    Parameters
    ----------
    cube : FrameLike
        (n, ny, nx).
    wavelength : ndarray of float64, shape (n,)
        Of its planes, µm.
    setting : Setting
        Says how wide a source is; with a pupil, what sampling does to its centroid is taken out.
    sources : Sources
        What is sought.
    slices : int
        Ranges of wavelength.
    job : Job
        Progress and cancel.

    Returns
    -------
    Paths

    Raises
    ------
    InputError
        There is no source, all are saturated, or all are at the edge.
    """
    total = len(wavelength)
    groups = np.array_split(np.arange(total), min(slices, total))
    whole, pictures = _pictures(cube, groups, setting, job.part(0, 0.2))
    x, y, setting = _found(cube, pictures, setting, sources)
    shape = (len(x), len(groups))
    made = {name: np.full(shape, np.nan) for name in _Places._fields if name != "flags"}
    made["wave"][:] = means = np.array([float(wavelength[group].mean()) for group in groups])
    flags = np.full(shape, FAILED, np.int64)
    # from the middle to both ends, each starting where the last two lead to
    middle = len(groups) // 2
    order = [*range(middle, len(groups)), *range(middle - 1, -1, -1)]
    at, step = (x, y), (np.zeros_like(x), np.zeros_like(y))
    for k in job.part(0.2, 1.0).track(order, len(order), f"Following the {sources.what}"):
        if k == middle - 1:
            at, step = _backwards(made["x"], made["y"], middle, (x, y))
        seen = _places(cube, wavelength, groups[k], at, _medians(made["flux"]), setting)
        if seen is None:
            at = at[0] + step[0], at[1] + step[1]
            continue
        flags[:, k] = seen.flags
        for name, values in made.items():
            values[:, k] = getattr(seen, name)
        good = (seen.flags & FAILED) == 0
        place = np.where(good, seen.x, at[0]), np.where(good, seen.y, at[1])
        if k != middle:
            step = (
                np.where(good, place[0] - at[0] + step[0], step[0]),
                np.where(good, place[1] - at[1] + step[1], step[1]),
            )
        at = place[0] + step[0], place[1] + step[1]
    usable = ((flags & (FAILED | SATURATED | EDGE)) == 0) & (made["ex"] > 0) & (made["ey"] > 0)
    usable &= np.isfinite(made["ex"]) & np.isfinite(made["ey"])
    planes = np.array([(group[0], group[-1]) for group in groups], np.int64)
    rising = np.argsort(means, kind="stable")
    kept = {name: values[:, rising] for name, values in made.items()}
    return Paths(
        kept["wave"], kept["x"], kept["y"], kept["ex"], kept["ey"],
        usable[:, rising], flags[:, rising], x, y, planes[rising], whole, setting.core_pixel,
    )  # fmt: skip


def _pictures(
    cube: FrameLike, groups: Sequence[npt.NDArray[np.int_]], setting: Setting, job: Job
) -> tuple[Frame, list[Picture]]:
    """The mean of all planes; and pictures on which sources are sought, the first of the planes about the middle."""
    total = cube.shape[0]
    if total <= _FEW:
        # images of a whole detector: never all of them in memory
        whole = mean_planes(cube, 0, total)
    else:
        few = np.unique(np.linspace(0, total - 1, min(_PLANES, total)).round().astype(int))
        whole = mean_frames([mean_planes(cube, int(k), int(k) + 1) for k in job.track(few, len(few), "Looking for it")])
    # dispersion draws a source out over the whole band: the middle of it is where its shape is seen
    part = max(total // _MIDDLE, len(groups[len(groups) // 2]))
    first = min(max(total // 2 - part // 2, 0), total - part)
    pictures, error = [], None
    for one in (mean_planes(cube, first, first + part), whole):
        try:
            pictures.append(_cleaned(picture_of(one, PsfConfig(), detector=False), setting))
        except InputError as problem:
            error = problem
    if error is not None and not pictures:
        raise InputError("No value of this cube can be used: all are NaN or flagged.", path=cube.path, cure=error.cure)
    return whole, pictures


class _Places(NamedTuple):
    """Sources in one range of wavelengths: mean wavelength, places, their errors, flux, flags."""

    wave: Floats
    x: Floats
    y: Floats
    ex: Floats
    ey: Floats
    flux: Floats
    flags: npt.NDArray[np.int64]


def _places(
    cube: FrameLike, wavelength: Floats, group: npt.NDArray[np.int_], at: Pair, usual: Floats, setting: Setting
) -> _Places | None:
    """Fit sources in the mean of some planes, from where they should be; None where no value can be used."""
    here = setting.at(float(wavelength[group].mean())) if setting.pupil else setting
    frame = mean_planes(cube, int(group[0]), int(group[-1]) + 1)
    try:
        seen = _cleaned(picture_of(frame, PsfConfig(), detector=False), setting)
    except InputError:
        return None
    fitted = _fitted(seen, at, usual, here)
    if (perfect := here.perfect(200.0) if setting.pupil else None) is not None:
        fitted = without_bias(fitted, here, perfect)
    x, y, flux, width = fitted.x, fitted.y, fitted.p[:, 0], here.width_pixel
    flags = fitted.flags & ~EDGE
    flags[_full(seen, x, y, width)] |= SATURATED
    flags[_cut_off(seen, x, y, width)] |= EDGE
    flags[~(flux > _FAINT * fitted.errors[:, 0])] |= FAILED
    wave = _weighed(cube, wavelength, group, x, y, width)
    return _Places(wave, x, y, fitted.errors[:, 1], fitted.errors[:, 2], flux, flags)


def _backwards(x: Floats, y: Floats, middle: int, found: Pair) -> tuple[Pair, Pair]:
    """Where to begin on the other side of the middle, and the step from there."""
    places, steps = [], []
    for values, start in zip((x, y), found, strict=True):
        first = np.where(np.isfinite(values[:, middle]), values[:, middle], start)
        nothing = np.zeros_like(first)
        after = values[:, middle + 1] - first if middle + 1 < values.shape[1] else nothing
        step = np.where(np.isfinite(after), -after, nothing)
        places.append(first + step)
        steps.append(step)
    return (places[0], places[1]), (steps[0], steps[1])


def _found(
    cube: FrameLike, pictures: Sequence[Picture], setting: Setting, sources: Sources
) -> tuple[Floats, Floats, Setting]:
    what = sources.what
    for picture in pictures:
        if sources.places:
            found = given_stars(picture, setting, sources.places)
        else:
            found = find_stars(picture, setting, sources.threshold, sources.most, None)
        if len(found.x):
            break
    else:
        raise InputError(
            f"There is no {what} in this cube: nothing stands {sources.threshold:g} sigma above the background.",
            path=cube.path,
            cure=f"Choose a cube of a {what} rather than a dark or a sky, lower the option threshold, or give its "
            f"place by the option {sources.option}.",
        )
    # the top of a fiber is flat by itself
    clipped = found.saturated if sources.pointlike else _full(picture, found.x, found.y, setting.width_pixel)
    if clipped.all():
        raise InputError(
            f"The {what} is saturated.", path=cube.path, cure=f"Choose a shorter exposure, or a fainter {what}."
        )
    order = np.argsort(-np.nan_to_num(found.peak), kind="stable")
    order = order[~clipped[order]][: sources.most]
    fitted = fit_round(picture, found.x[order], found.y[order], np.zeros(order.size, np.bool_), setting)
    if setting.diameter_m is None:
        # nothing says how wide it is: what is seen does, and the fit is done again with that
        with np.errstate(invalid="ignore"):
            seen = float(np.nanmedian(np.sqrt(fitted.p[:, 4] * fitted.p[:, 5])))
        if np.isfinite(seen) and seen > 0:
            setting = replace(setting, seen_width=min(max(seen, 0.8), 20.0))
            fitted = fit_round(picture, fitted.x, fitted.y, np.zeros(order.size, np.bool_), setting)
    whole = (fitted.flags & FAILED) == 0
    if not whole.any():
        raise InputError(
            f"What is brightest in this cube has not the shape of a {what}.",
            path=cube.path,
            cure=f"Give the place of the {what} by the option {sources.option}, or choose another cube.",
        )
    inside = whole & ~_cut_off(picture, fitted.x, fitted.y, setting.width_pixel)
    if not inside.any():
        k = int(np.flatnonzero(whole)[0])
        ny, nx = picture.data.shape
        raise InputError(
            f"The {what} is at the edge of the cube: at {fitted.x[k]:.1f}, {fitted.y[k]:.1f} of {nx} × {ny} pixels.",
            path=cube.path,
            cure=f"Choose a cube in which it is whole, or another {what} by the option {sources.option}.",
        )
    return fitted.x[inside], fitted.y[inside], setting


def _medians(values: npt.NDArray[Any]) -> Floats:
    """Of each row, without NaN; 0 of a row without values."""
    return np.array([float(np.median(row[np.isfinite(row)])) if np.isfinite(row).any() else 0.0 for row in values])


def _fitted(picture: Picture, at: Pair, usual: Floats, setting: Setting) -> Fitted:
    """Fit sources from where they should be, or else from the brightest pixel around there."""
    none = np.zeros(len(at[0]), np.bool_)
    made = fit_round(picture, *at, none, setting)
    flux = made.p[:, 0]
    lost = ((made.flags & FAILED) != 0) | ~(flux > _FAINT * made.errors[:, 0])
    lost |= flux < _LEAST * usual
    if not lost.any():
        return made
    x, y = at[0].copy(), at[1].copy()
    ny, nx = picture.data.shape
    reach = max(4, round(_AROUND * setting.width_pixel))
    for k in np.flatnonzero(lost):
        if not (np.isfinite(x[k]) and np.isfinite(y[k])):
            continue
        top, left = max(round(y[k]) - reach, 0), max(round(x[k]) - reach, 0)
        box = picture.data[top : min(round(y[k]) + reach + 1, ny), left : min(round(x[k]) + reach + 1, nx)]
        if box.size:
            row, column = np.unravel_index(int(np.argmax(box)), box.shape)
            x[k], y[k] = left + column, top + row
    return fit_round(picture, x, y, none, setting)


def _cleaned(picture: Picture, setting: Setting) -> Picture:
    """Without single bright pixels, where a source is not one itself."""
    return picture if setting.coarse else without_hits(picture, _NEIGHBOUR)


def _cut_off(picture: Picture, x: Floats, y: Floats, width: float) -> Mask:
    """Which sources reach over the edge with what is fitted of them."""
    ny, nx = picture.data.shape
    return np.asarray(np.minimum.reduce([x, y, nx - 1 - x, ny - 1 - y]) < _INSIDE * width)


def _full(picture: Picture, x: Floats, y: Floats, width: float) -> Mask:
    """Which sources have a saturated pixel in their core."""
    made = np.zeros(len(x), np.bool_)
    reach = max(1, round(0.7 * width))
    for k, (a, b) in enumerate(zip(x, y, strict=True)):
        if np.isfinite(a) and np.isfinite(b):
            rows = slice(max(round(b) - reach, 0), max(round(b) + reach + 1, 0))
            columns = slice(max(round(a) - reach, 0), max(round(a) + reach + 1, 0))
            made[k] = bool(picture.saturated[rows, columns].any())
    return made


def _weighed(
    cube: FrameLike, wavelength: Floats, group: npt.NDArray[np.int_], x: Floats, y: Floats, width: float
) -> Floats:
    """Mean wavelength of a range by the light of each source: where a mean of planes has its centroid."""
    plain = float(wavelength[group].mean())
    if len(group) < 2:
        return np.full(len(x), plain)
    data = cube.rows(int(group[0]), int(group[-1]) + 1).data
    ny, nx = data.shape[1:]
    reach = max(1, round(_WEIGHED * width))
    level = _medians(data.reshape(len(group), -1))
    made = np.full(len(x), plain)
    for k, (a, b) in enumerate(zip(x, y, strict=True)):
        if not (0 <= a < nx and 0 <= b < ny):
            continue
        rows = slice(max(round(b) - reach, 0), round(b) + reach + 1)
        columns = slice(max(round(a) - reach, 0), round(a) + reach + 1)
        light = np.nansum(data[:, rows, columns] - level[:, None, None], axis=(1, 2), dtype=np.float64)
        light = np.clip(light, 0, None)
        if light.sum() > 0:
            made[k] = float((light * wavelength[group]).sum() / light.sum())
    return made
