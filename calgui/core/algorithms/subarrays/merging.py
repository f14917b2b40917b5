"""Puts subarrays that were read beside a full frame back into it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from calgui.core.algorithms.banding import copied
from calgui.core.algorithms.geometry import region_of
from calgui.core.algorithms.options import option
from calgui.core.algorithms.registry import Algorithm, Metric, Result, Verdict
from calgui.core.algorithms.subarrays.belonging import Parts, sort_parts, state_notes
from calgui.core.algorithms.subarrays.layout import MAP, Subarray, as_columns, map_bands, parse_map, table
from calgui.core.algorithms.subarrays.marking import judged
from calgui.core.errors import InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame, FrameLike
from calgui.core.jobs import Job


@dataclass(frozen=True)
class MergeConfig:
    """Options of ``merge-subarrays``."""

    time_tolerance: float = option(
        60.0,
        "A subarray may begin so long before the full frame, or after its end, and still be of one exposure.",
        unit="s",
        minimum=0,
        maximum=86400,
    )


def check_parts(frames: Sequence[FrameLike], config: Any = None) -> None:
    """Refuse frames that do not make one full frame.

    Parameters
    ----------
    frames : sequence of FrameLike
        The full frame and its subarrays, in any order; only headers and shapes are looked at.
    config : MergeConfig, optional
        Not asked.

    Raises
    ------
    InputError
        Naming the file and the cure.
    """
    sort_parts(frames)


def merge_subarrays(frames: Sequence[FrameLike], config: MergeConfig, job: Job | None = None) -> Result:
    """Put subarrays into their full frame.

    Parameters
    ----------
    frames : sequence of FrameLike
        The full frame (SUBARRID 0) and its subarrays (SUBARRID from 1, SUBSTRT1, SUBSTRT2), in any order. Where the
        full frame has ``SUBARR_MAP``, the subarrays must lie where it says.
    config : MergeConfig
        See its options.
    job : Job, optional
        Progress and cancel.

    Returns
    -------
    Result
        The full frame with values, errors and data quality of the subarrays in their places, and plane
        ``SUBARR_MAP``: which pixel is from where.

    Raises
    ------
    InputError
        The frames do not belong together, overlap, or lie outside the detector.

    Notes
    -----
    As the step ``merge_subarrays`` of the IRIS pipeline: what a subarray says replaces what the full frame says. A
    subarray of the map without a file leaves its pixels as they were, flagged DO_NOT_USE: the result is doubtful.
    """
    job = job or Job("Merge subarrays")
    parts = sort_parts(frames)
    full = parts.full
    known = parse_map(full, job.part(0, 0.2)) if full.plane(MAP, 0, 1) is not None else ()
    _check_map(parts, known)
    data, err, dq = copied(full, job.part(0.2, 0.55), "Reading the full frame")
    ids = np.zeros(full.shape, np.int16)
    if known:
        for start, band in map_bands(full, job.part(0.55, 0.6)):
            ids[start : start + len(band)] = band
    region = region_of(full)
    without_error = []
    for place, (one, frame) in enumerate(parts.subarrays):
        job.report(0.6 + 0.4 * place / len(parts.subarrays), f"Merging subarray {one.id}")
        y, x = one.y - 1 - region.y, one.x - 1 - region.x
        theirs = frame.rows(0, one.ny)
        spot = slice(y, y + one.ny), slice(x, x + one.nx)
        data[spot], ids[spot] = theirs.data, one.id
        dq[spot] = 0 if theirs.dq is None else theirs.dq
        if err is not None:
            err[spot] = np.nan if theirs.err is None else theirs.err
            without_error += [str(one.id)] if theirs.err is None else []
    files = {one.id: frame for one, frame in parts.subarrays}
    lost = [one for one in known if one.id not in files]
    if lost:
        dq[np.isin(ids, [one.id for one in lost])] |= np.uint32(flags.DO_NOT_USE)
    light = region.mask()
    missing = int(np.count_nonzero(light & ~np.isfinite(data)))
    listed = tuple(sorted((*(one for one, _ in parts.subarrays), *lost), key=lambda one: one.id))
    verdict, reasons = _judged(parts, known, lost, without_error, config)
    job.report(1.0, "Done")
    header = dict(full.header) | {"SUBARRID": 0}
    return Result(
        frame=Frame(data, err, dq, header, full.path, {MAP: ids.astype(np.float32)}),
        metrics={
            "n_subarrays": Metric(len(files), "", "Subarrays that were put in."),
            "n_pixels": Metric(sum(one.pixels for one, _ in parts.subarrays), "pixel", "Pixels that they hold."),
            "n_lost": Metric(len(lost), "", "Subarrays of the map without a file."),
            "n_missing": Metric(missing, "pixel", "Light-sensitive pixels without a value in the merged frame."),
        },
        verdict=verdict,
        reasons=reasons,
        tables=(table(listed, files),),
        keywords={
            "S_SUBMRG": ("COMPLETE", "subarrays merged into the full frame"),
            "NSUBMRG": (len(files), "subarrays merged"),
        },
        planes={MAP: ids} | ({"SUBARRAYS": as_columns(listed)} if listed else {}),
    )


def _check_map(parts: Parts, known: tuple[Subarray, ...]) -> None:
    """Refuse subarrays that lie elsewhere than the map of the full frame says."""
    if not known:
        return
    by_number = {one.id: one for one in known}
    for one, frame in parts.subarrays:
        there = by_number.get(one.id)
        if there is None:
            numbers = ", ".join(str(other) for other in by_number)
            raise InputError(
                f"SUBARRID is {one.id}, and {MAP} of the full frame has {numbers}.",
                path=frame.path,
                cure="Choose the full frame that was read beside this subarray.",
            )
        if (there.x, there.y, there.nx, there.ny) != (one.x, one.y, one.nx, one.ny):
            raise InputError(
                f"Subarray {one.id} has {one.text}; {MAP} of the full frame says {there.text}.",
                path=frame.path,
                cure="Choose the full frame that was read beside this subarray.",
            )


def _judged(
    parts: Parts,
    known: tuple[Subarray, ...],
    lost: Sequence[Subarray],
    without_error: Sequence[str],
    config: MergeConfig,
) -> tuple[Verdict, tuple[str, ...]]:
    verdict: Verdict = "good"
    reasons: list[str] = []
    if known:
        verdict, found = judged(known, whole=region_of(parts.full).is_whole)
        reasons += found
    told = [
        f"Subarray {one.id} ({one.text}) has no file: its pixels stay as they are, flagged DO_NOT_USE." for one in lost
    ]
    if without_error:
        told.append(f"There is no ERR for subarray {', '.join(without_error)}: its errors are NaN.")
    told += state_notes(parts, config.time_tolerance)
    if told and verdict == "good":
        verdict = "doubtful"
    if not known:
        reasons.append(f"The full frame has no {MAP}: subarrays were placed by SUBSTRT1 and SUBSTRT2 alone.")
    return verdict, (*reasons, *told)


def _run(frames: Sequence[FrameLike], references: Mapping[str, FrameLike], config: Any, job: Job) -> Result:
    return merge_subarrays(frames, config, job)


ALGORITHMS = (
    Algorithm(
        name="merge-subarrays",
        title="Merge subarrays",
        summary="Puts subarrays that were read beside a full frame back into it.",
        inputs="one full frame and its subarrays",
        config=MergeConfig,
        run=_run,
        minimum_inputs=2,
        check=check_parts,
        source="IRIS pipeline, merge_subarrays",
    ),
)
