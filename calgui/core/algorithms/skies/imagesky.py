"""The sky taken out of an image: one sky scaled to it, or the running sky of the dithered set that it belongs to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from calgui.core.algorithms.combine import Combination
from calgui.core.algorithms.skies.cells import BoolArray, Image
from calgui.core.algorithms.skies.config import ImageSkyConfig
from calgui.core.algorithms.skies.dithers import dither_notes, offsets_of
from calgui.core.algorithms.skies.filling import filled
from calgui.core.algorithms.skies.fitting import Fit, fit_sky
from calgui.core.algorithms.skies.moments import check_age, in_time, neighbours
from calgui.core.algorithms.skies.rounds import Rounds, find_in_rounds, notes_of
from calgui.core.algorithms.skies.sorting import Roles, done_differently, unit_factor
from calgui.core.algorithms.skies.stack import Stack
from calgui.core.errors import InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.dq import reject_bits
from calgui.core.frames.frame import DqArray, FrameLike
from calgui.core.jobs import Job

#: of a pixel under which the sky was not measured but taken from around it
ESTIMATED = flags.BY_NAME["FLUX_ESTIMATED"].value
FEWEST = 3


@dataclass(frozen=True)
class Sky:
    """A sky as it is subtracted from one frame, before it is scaled.

    Attributes
    ----------
    data : ndarray of float32, shape (ny, nx)
        In the unit of the frame; finite but for holes that are not filled.
    err : ndarray of float32 or None
        One standard deviation.
    dq : ndarray of uint32
        Data-quality bits.
    holes : ndarray of bool
        Where no sky was known.
    """

    data: Image
    err: Image | None
    dq: DqArray
    holes: BoolArray


@dataclass(frozen=True)
class Subtracted:
    """A frame without its sky.

    Attributes
    ----------
    data : ndarray of float32, shape (ny, nx)
        In the unit of the frame.
    err : ndarray of float32 or None
        With that of the sky; None where the frame has none.
    dq : ndarray of uint32
        Of both.
    sky : ndarray of float32
        What was subtracted.
    fit : Fit
        Scale and constant, and the sources of the frame.
    holes : int
        Light-sensitive pixels where no sky was known.
    light : ndarray of bool
        Pixels that are no reference pixels.
    """

    data: Image
    err: Image | None
    dq: DqArray
    sky: Image
    fit: Fit
    holes: int
    light: BoolArray


@dataclass(frozen=True)
class Made:
    """What a way of subtracting found of a set.

    Attributes
    ----------
    frames : mapping of int to Subtracted
        By place among the science frames.
    method : str
        ``scaled`` or ``iterative``.
    source : str
        Name of the sky, for people.
    notes : list of str
        What makes it doubtful.
    age : float or None
        Hours between sky and product.
    rounds, skies : Rounds or None, and sequence of FrameLike
        Of the frames that a sky was made of.
    """

    frames: Mapping[int, Subtracted]
    method: str
    source: str
    notes: list[str]
    age: float | None = None
    rounds: Rounds | None = None
    skies: Sequence[FrameLike] = field(default_factory=tuple)


def method_of(
    roles: Roles, config: ImageSkyConfig, reference: FrameLike | None, *, by_hand: bool = True, why: str = ""
) -> str:
    """Which way serves, or a refusal.

    Parameters
    ----------
    roles : Roles
        The inputs.
    config : ImageSkyConfig
        What was asked for.
    reference : FrameLike or None
        A SKY.
    by_hand : bool
        Whether a person chose it; one that rules select gives way to a set of its own night.
    why : str
        Why there is no reference; sentences.

    Returns
    -------
    str
        ``scaled`` or ``iterative``.

    Raises
    ------
    InputError
        There is no sky.
    """
    several = len(roles.science) >= FEWEST
    if config.method == "iterative":
        if several:
            return "iterative"
        raise InputError(
            f"The iterative way takes {FEWEST} or more dithered science frames; there are {len(roles.science)}.",
            path=roles.science[0].path,
            cure="Give more frames of the set, or take method=scaled with skies or a SKY reference.",
        )
    if roles.skies or (reference is not None and (by_hand or config.method == "scaled" or not several)):
        return "scaled"
    if several and config.method == "auto":
        return "iterative"
    other = "" if why else "a SKY reference (--reference SKY=FILE, or a cache whose rules select one), "
    raise InputError(
        f"There is no sky to subtract: no skies among the inputs, and no SKY reference.{' ' if why else ''}{why}",
        path=roles.science[0].path,
        cure=f"{'Or give' if why else 'Give'} skies, {other}or {FEWEST} or more dithered frames for the iterative way.",
    )


def wanted(roles: Roles, config: ImageSkyConfig) -> list[int]:
    """Science frames that are subtracted, the product first."""
    others = [index for index in range(len(roles.science)) if index != roles.product]
    return [roles.product, *(others if config.output == "all" else [])]


def subtract_iteratively(roles: Roles, config: ImageSkyConfig, job: Job) -> Made:
    """Subtract from each frame the sky of its neighbours in time.

    Parameters
    ----------
    roles : Roles
        Three science frames or more; skies among the inputs serve as further neighbours.
    config : ImageSkyConfig
        See its options.
    job : Job
        Progress and cancel.

    Returns
    -------
    Made

    Raises
    ------
    InputError, AlgorithmError
        Frames do not fit, or sources cover one.
    """
    frames = (*roles.science, *roles.skies)
    first = frames[roles.product]
    stack = Stack(frames, [unit_factor(first, frame, config) for frame in frames], reject_bits(config.reject))
    hours, known = in_time(frames)
    near = {index: neighbours(hours, index, config.neighbours) for index in range(len(frames))}
    offsets = offsets_of(frames)
    notes = [] if known else ["The headers do not say when the frames were taken: their order stands for it."]
    notes += dither_notes(offsets)
    for frame in frames[1:]:
        notes += done_differently(first, frame)
    found = find_in_rounds(stack, near.__getitem__, config, not config.scaling, offsets, job.part(0, 0.7))
    made, asked = {}, wanted(roles, config)
    for count, index in enumerate(asked):
        part = job.part(0.7 + 0.3 * count / len(asked), 0.7 + 0.3 * (count + 1) / len(asked))
        sky = sky_of(stack, near[index], found, found.levels[index], stack.light, config, part)
        image = stack.image(index)
        scaling, offset = config.scaling and not found.additive, config.offset or (found.additive and config.scaling)
        fit = fit_sky(image, sky.data, config, scaling, offset, part, found.masks[index])
        made[index] = subtract(frames[index], stack, index, sky, fit, config)
        far = max(abs(hours[other] - hours[index]) for other in near[index])
        if known and index == roles.product:
            notes += check_age(far, config.max_age, config.old, "the farthest neighbour", frames[index])
    notes += notes_of(found, config)
    return Made(made, "iterative", "running sky of the set", notes, None, found, frames)


def sky_of(
    stack: Stack,
    members: Sequence[int],
    found: Rounds,
    level: float,
    light: BoolArray,
    config: ImageSkyConfig,
    job: Job,
) -> Sky:
    """The median of some frames of a set without their sources, at a level.

    Parameters
    ----------
    stack : Stack
        The set.
    members : sequence of int
        Which frames.
    found : Rounds
        Sources and levels of all.
    level : float
        Of the sky that is made.
    light : ndarray of bool
        Pixels that are no reference pixels.
    config : ImageSkyConfig
        Whether holes are filled.
    job : Job
        Progress and cancel.

    Returns
    -------
    Sky
        Its error is propagated where all have one, else that of their scatter.
    """
    has_error = all(stack.frames[member].rows(0, 1).err is not None for member in members)
    how = Combination("median", "propagated" if has_error else "measured", reject=0, few=0)
    combined = stack.combined(members, found.masks, found.levels, found.additive, how, job)
    made = found.at_level(combined, level)
    assert made.dq is not None
    return completed(made.data, made.err, made.dq, light, config)


def completed(data: Image, err: Image | None, bits: DqArray, light: BoolArray, config: ImageSkyConfig) -> Sky:
    """A sky without holes: they are filled from around them, and flagged.

    Parameters
    ----------
    data, err, bits : ndarray
        As measured; NaN where not known.
    light : ndarray of bool
        Pixels that are no reference pixels, of which nothing is subtracted.
    config : ImageSkyConfig
        Whether holes are filled.

    Returns
    -------
    Sky
    """
    data = np.where(light, data, np.float32(np.nan))
    holes = light & ~np.isfinite(data)
    bits = np.array(bits, np.uint32)
    # that no sample was left says nothing of the pixel itself, whatever else is flagged does
    alone = holes & ((bits & np.uint32(~flags.DO_NOT_USE & 0xFFFFFFFF)) == 0)
    bits[alone] = 0
    bits[holes] |= np.uint32(ESTIMATED if config.holes == "fill" else flags.DO_NOT_USE)
    if config.holes == "fill" and holes.any() and np.isfinite(data).any():
        full = filled(data)
        if err is not None:
            # what is taken from elsewhere is as good as the sky is even
            scatter = float(np.nanstd(np.clip(data, *np.nanpercentile(data[::4], [1, 99]))))
            err = np.where(holes, np.float32(max(scatter, 0.0)), err)
        data = np.where(light, full, np.float32(np.nan))
    return Sky(data, err, bits, holes)


def subtract(frame: FrameLike, stack: Stack, index: int, sky: Sky, fit: Fit, config: ImageSkyConfig) -> Subtracted:
    """Subtract a scaled sky from a frame.

    Parameters
    ----------
    frame : FrameLike
        The science frame.
    stack : Stack
        It holds the frame.
    index : int
        Its place there.
    sky : Sky
        In the unit of the stack.
    fit : Fit
        Scale and constant.
    config : ImageSkyConfig
        What becomes of holes.

    Returns
    -------
    Subtracted
        In the unit of the frame itself. Reference pixels stay as they are.
    """
    rows = frame.rows(0, frame.shape[0])
    back = np.float32(1 / stack.factors[index])
    taken = (np.float32(fit.scale) * sky.data + np.float32(fit.offset)) * back
    taken[~stack.light] = 0
    if config.holes == "fill":
        taken[~np.isfinite(taken)] = 0
    err = None
    if rows.err is not None:
        theirs = np.zeros_like(taken) if sky.err is None else np.nan_to_num(sky.err) * np.float32(abs(fit.scale)) * back
        theirs[~stack.light] = 0
        err = np.hypot(rows.err, theirs, dtype=np.float32)
    bits = np.array(sky.dq, np.uint32)
    if rows.dq is not None:
        bits |= rows.dq
    holes = int(np.count_nonzero(sky.holes))
    return Subtracted(np.asarray(rows.data - taken, np.float32), err, bits, taken, fit, holes, stack.light)
