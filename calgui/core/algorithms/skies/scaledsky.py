"""One sky, of a reference or of skies that are given, scaled to each science frame."""

from collections.abc import Sequence

import numpy as np

from calgui.core.algorithms.exposure import file_name
from calgui.core.algorithms.matching import check_type, place
from calgui.core.algorithms.skies.config import ImageSkyConfig
from calgui.core.algorithms.skies.dithers import dither_notes, offsets_of
from calgui.core.algorithms.skies.fitting import fit_sky
from calgui.core.algorithms.skies.imagesky import Made, Sky, completed, sky_of, subtract, wanted
from calgui.core.algorithms.skies.moments import check_age, hours_of, hours_of_reference
from calgui.core.algorithms.skies.rounds import Rounds, find_in_rounds, notes_of
from calgui.core.algorithms.skies.sorting import Roles, check_sky, done_differently, unit_factor
from calgui.core.algorithms.skies.stack import Stack
from calgui.core.errors import AlgorithmError
from calgui.core.frames.dq import reject_bits
from calgui.core.frames.frame import FrameLike, bits_of
from calgui.core.jobs import Job


def subtract_scaled(roles: Roles, reference: FrameLike | None, config: ImageSkyConfig, job: Job) -> Made:
    """Subtract one sky, scaled to each frame.

    Parameters
    ----------
    roles : Roles
        Science frames, and skies; without skies the reference serves.
    reference : FrameLike, optional
        A SKY of this part of the detector, or of more of it.
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
        The sky does not fit, is too old where that is refused, or has no good pixel.
    """
    science = roles.science
    first = science[roles.product]
    stack = Stack(science, [unit_factor(first, frame, config) for frame in science], reject_bits(config.reject))
    rounds = None
    if roles.skies:
        sky, rounds, notes = _of_frames(first, stack, roles.skies, config, job.part(0, 0.5))
        names = [file_name(frame) for frame in roles.skies]
        source = names[0] if len(names) == 1 else f"{len(names)} skies"
        ages = [_hours_apart(first, hours_of(frame.header)) for frame in roles.skies]
        known = [age for age in ages if age is not None]
        age = min(known) if len(known) == len(ages) else None
    else:
        assert reference is not None
        sky, notes = _of_reference(first, stack, reference, config)
        source = file_name(reference)
        age = _hours_apart(first, hours_of_reference(reference.header))
    named = f"the {source}" if len(roles.skies) > 1 else f"the sky {source}"
    notes += check_age(age, config.max_age, config.old, named, first)
    if not np.isfinite(sky.data).any():
        raise AlgorithmError(
            f"No pixel of {named} can be used: all are masked, flagged or NaN.",
            path=reference.path if reference is not None and not roles.skies else roles.skies[0].path,
            cure="Choose another sky.",
        )
    # pixels of the sky that are flagged are subtracted, but tell nothing of its level
    judged = np.where((sky.dq & np.uint32(stack.reject)) != 0, np.float32(np.nan), sky.data)
    made, asked = {}, wanted(roles, config)
    for count, index in enumerate(asked):
        part = job.part(0.5 + 0.5 * count / len(asked), 0.5 + 0.5 * (count + 1) / len(asked))
        image = stack.image(index)
        if not (np.isfinite(image) & np.isfinite(judged)).any():
            raise AlgorithmError(
                "No pixel of this frame can be used: all are NaN or flagged, or the sky is not known there.",
                path=science[index].path,
                cure="Choose another frame or sky, or reject fewer flags.",
            )
        fit = fit_sky(image, judged, config, config.scaling, config.offset, part)
        made[index] = subtract(science[index], stack, index, sky, fit, config)
    return Made(made, "scaled", source, notes, age, rounds, roles.skies)


def _hours_apart(frame: FrameLike, hours: float | None) -> float | None:
    ours = hours_of(frame.header)
    return None if ours is None or hours is None else abs(ours - hours)


def _of_reference(
    first: FrameLike, stack: Stack, reference: FrameLike, config: ImageSkyConfig
) -> tuple[Sky, list[str]]:
    check_type(reference, ("SKY",), "sky")
    check_sky(first, reference)
    rows = place(first, reference, "sky").band(reference, 0, stack.shape[0])
    factor = np.float32(unit_factor(first, reference, config))
    bits = bits_of(rows)
    notes = done_differently(first, reference)
    if rows.err is None and first.rows(0, 1).err is not None:
        notes.append(f"The sky {file_name(reference)} has no ERR: the errors lack its part.")
    err = None if rows.err is None else np.asarray(rows.err * factor, np.float32)
    return completed(np.asarray(rows.data * factor, np.float32), err, bits, stack.light, config), notes


def _of_frames(
    first: FrameLike, science: Stack, skies: Sequence[FrameLike], config: ImageSkyConfig, job: Job
) -> tuple[Sky, Rounds | None, list[str]]:
    stack = Stack(skies, [unit_factor(first, frame, config) for frame in skies], science.reject)
    notes = [note for frame in skies for note in done_differently(first, frame)]
    everyone = list(range(len(skies)))
    if len(skies) == 1:
        rows = skies[0].rows(0, stack.shape[0])
        factor = np.float32(stack.factors[0])
        err = None if rows.err is None else np.asarray(rows.err * factor, np.float32)
        bits = bits_of(rows)
        notes.append(f"Of one sky, {file_name(skies[0])}, sources cannot be told: they would be subtracted as holes.")
        return completed(stack.image(0), err, bits, science.light, config), None, notes
    offsets = offsets_of(skies)
    notes += dither_notes(offsets)
    near = [[other for other in everyone if other != index] for index in everyone]
    found = find_in_rounds(stack, near.__getitem__, config, not config.scaling, offsets, job.part(0, 0.8))
    notes += notes_of(found, config)
    sky = sky_of(stack, everyone, found, float(np.median(found.levels)), science.light, config, job.part(0.8, 1))
    if any(frame.rows(0, 1).err is None for frame in skies) and first.rows(0, 1).err is not None:
        notes.append("Not all skies have ERR: the error of the sky is from their scatter.")
    return sky, found, notes
