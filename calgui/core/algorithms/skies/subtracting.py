"""``subtract-sky``: images and cubes without their sky."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from calgui.core.algorithms.cubesky import CubeSkyConfig, check_cube_sky, subtract_cube_sky
from calgui.core.algorithms.exposure import file_name
from calgui.core.algorithms.given import References
from calgui.core.algorithms.inputkinds import kind_of
from calgui.core.algorithms.matching import text
from calgui.core.algorithms.registry import Algorithm, Result
from calgui.core.algorithms.skies.config import ImageSkyConfig
from calgui.core.algorithms.skies.imagesky import method_of, subtract_iteratively
from calgui.core.algorithms.skies.moments import hours_of
from calgui.core.algorithms.skies.reporting import report
from calgui.core.algorithms.skies.scaledsky import subtract_scaled
from calgui.core.algorithms.skies.sorting import Roles, roles_of
from calgui.core.errors import InputError
from calgui.core.frames.frame import FrameLike
from calgui.core.jobs import Job


@dataclass(frozen=True)
class SubtractSkyConfig(CubeSkyConfig, ImageSkyConfig):
    """Options of ``subtract-sky``: those of images first, as the last base of a dataclass gives them."""


def check_subtract(frames: Sequence[FrameLike], config: Any = None) -> None:
    """Refuse inputs that do not belong together.

    Parameters
    ----------
    frames : sequence of FrameLike
        Only headers and shapes are looked at.
    config : SubtractSkyConfig, optional
        Which of them are skies.

    Raises
    ------
    InputError, UsageError
        Naming the file and the keyword.
    """
    how = config or SubtractSkyConfig()
    roles = roles_of(frames, how)
    if kind_of(frames[0]) == "image" and how.method == "iterative":
        method_of(roles, how, None)
    if kind_of(frames[0]) == "cube":
        cube, sky, _ = _cubes(roles, None)
        if sky is not None:
            check_cube_sky(cube, sky)


def subtract_sky(
    frames: Sequence[FrameLike],
    reference: FrameLike | None,
    config: SubtractSkyConfig,
    job: Job | None = None,
    *,
    by_hand: bool = True,
    why: str = "",
) -> Result:
    """Subtract the sky from an image or a cube.

    Parameters
    ----------
    frames : sequence of FrameLike
        Science frames, and skies; all images or all cubes.
    reference : FrameLike, optional
        A SKY.
    config : SubtractSkyConfig
        See its options.
    job : Job, optional
        Progress and cancel.
    by_hand : bool
        Whether a person chose the reference: then it serves a dithered set, too.
    why : str
        Why there is no reference; sentences.

    Returns
    -------
    Result
        One science frame less its sky, in its own unit.

    Raises
    ------
    InputError
        There is no sky, or it does not fit.
    AlgorithmError
        Sources cover everything.
    """
    job = job or Job("Subtract the sky")
    roles = roles_of(frames, config)
    if kind_of(frames[0]) == "cube":
        return _cube(roles, reference, config, job)
    method = method_of(roles, config, reference, by_hand=by_hand, why=why)
    if method == "iterative":
        made = report(roles, subtract_iteratively(roles, config, job.part(0, 0.95)), config)
        if reference is None:
            return made
        # one was at hand, and is not what was subtracted
        keywords = {**made.keywords, "R_SKY": ("N/A", "SKY used: none, the set itself")}
        return replace(made, keywords=keywords, did_without=("SKY",))
    return report(roles, subtract_scaled(roles, reference, config, job.part(0, 0.95)), config)


def _cube(roles: Roles, reference: FrameLike | None, config: SubtractSkyConfig, job: Job) -> Result:
    cube, sky, told = _cubes(roles, reference)
    if sky is None:
        raise InputError(
            "There is no sky to subtract from this cube.",
            path=cube.path,
            cure="Give a sky cube, or a SKY reference (--reference SKY=FILE, or a cache whose rules select one).",
        )
    made = subtract_cube_sky(cube, sky, config, job)
    if not told:
        return made
    # what a header says of the file, and what it was taken for, are two things
    doubted = made.verdict == "good" and not roles.skies and bool(text(sky.header, "EXP_TYPE"))
    return replace(made, reasons=(*made.reasons, told), verdict="doubtful" if doubted else made.verdict)


def _cubes(roles: Roles, reference: FrameLike | None) -> tuple[FrameLike, FrameLike | None, str]:
    """The cube, its sky (the given one that is nearest in time, or the reference), and what there is to say of that."""
    if len(roles.science) == 2 and not roles.skies and reference is None:
        cube, sky = roles.science[roles.product], roles.science[1 - roles.product]
        return (
            cube,
            sky,
            f"{file_name(sky)} was taken for the sky, as the other of two cubes: EXP_TYPE does not say so.",
        )
    if len(roles.science) > 1:
        raise InputError(
            f"The sky is subtracted from one cube at a time; {len(roles.science)} given that are no skies.",
            path=roles.science[1].path,
            cure="Give one science cube and its sky, or name the sky in the option skies.",
        )
    cube = roles.science[roles.product]
    if not roles.skies:
        return cube, reference, ""
    sky = nearest(cube, roles.skies)
    several = len(roles.skies) > 1
    told = f"Of {len(roles.skies)} skies the nearest in time, {file_name(sky)}, was taken." if several else ""
    return cube, sky, told


def nearest(frame: FrameLike, skies: Sequence[FrameLike]) -> FrameLike:
    """The sky that was taken nearest in time.

    Parameters
    ----------
    frame : FrameLike
        The science.
    skies : sequence of FrameLike
        At least one.

    Returns
    -------
    FrameLike
        The first where a header does not say when it was taken.
    """
    ours = hours_of(frame.header)
    times = [hours_of(sky.header) for sky in skies]
    away = [abs(time - ours) if time is not None and ours is not None else math.inf for time in times]
    return skies[away.index(min(away))]


def _run(frames: Sequence[FrameLike], references: Mapping[str, FrameLike], config: Any, job: Job) -> Result:
    known = References.of(references)
    missing = known.missing.get("SKY")
    return subtract_sky(
        frames, known.get("SKY"), config, job, by_hand="SKY" in known.by_hand, why=missing.reason if missing else ""
    )


def _wants(frames: Sequence[FrameLike], config: Any) -> Sequence[str]:
    """A SKY is of use where there are no skies among the inputs, and the set is not asked for its own."""
    roles = roles_of(frames, config)
    return () if roles.skies or (config.method == "iterative" and kind_of(frames[0]) == "image") else ("SKY",)


ALGORITHMS = (
    Algorithm(
        name="subtract-sky",
        title="Subtract the sky",
        summary="Subtracts a scaled sky, or the running sky of a dithered set, from images; from cubes line by line.",
        inputs="a science frame and skies, or a SKY reference; or 3 or more dithered science frames",
        config=SubtractSkyConfig,
        run=_run,
        takes=("image", "cube"),
        optional_references=("SKY",),
        wants=_wants,
        tells_missing=True,
        # rounds of medians and masks of every frame
        preview_values=115_000,
        check=check_subtract,
        source="Clément et al. 2012, A&A 538, A66; cubes: Davies 2007, MNRAS 375, 1099",
    ),
)
