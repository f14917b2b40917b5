"""Marks in a full frame the pixels that were read as subarrays beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from calgui.core.algorithms.banding import copied
from calgui.core.algorithms.geometry import region_of
from calgui.core.algorithms.options import option
from calgui.core.algorithms.registry import Algorithm, Metric, Result, Verdict
from calgui.core.algorithms.subarrays.layout import (
    MAP,
    MOST,
    Subarray,
    as_columns,
    map_bands,
    number_of,
    parse_map,
    table,
)
from calgui.core.errors import InputError, UsageError
from calgui.core.frames.dq import reject_bits
from calgui.core.frames.frame import Frame, FrameLike
from calgui.core.jobs import Job


@dataclass(frozen=True)
class MarkConfig:
    """Options of ``mark-subarrays``."""

    flag: str = option(
        "OUTLIER",
        "Data-quality flags of pixels inside subarrays. OUTLIER is bit 4, which the IRIS pipeline raises; "
        "DO_NOT_USE may be added.",
    )


def check_marked(frames: Sequence[FrameLike], config: Any = None) -> None:
    """Refuse a frame in which no subarray can be marked.

    Parameters
    ----------
    frames : sequence of FrameLike
        The full frame; its header and the first row of its map are looked at.
    config : MarkConfig, optional
        Its flags.

    Raises
    ------
    InputError
        It is a subarray itself, or has no map.
    UsageError
        There is no such flag.
    """
    frame = frames[0]
    if config is not None:
        _bits(config)
    one = number_of(frame)
    if one:
        raise InputError(
            f"SUBARRID is {one}: this is a subarray itself.",
            path=frame.path,
            cure="Choose the full frame, whose SUBARRID is 0.",
        )
    if frame.plane(MAP, 0, 1) is None:
        raise InputError(
            f"There is no extension {MAP}: no subarray was read beside this frame, or it was lost on the way.",
            path=frame.path,
            cure="Choose the full frame as it was read.",
        )


def mark_subarrays(frame: FrameLike, config: MarkConfig, job: Job | None = None) -> Result:
    """Parse the map of subarrays, and flag their pixels.

    Parameters
    ----------
    frame : FrameLike
        (ny, nx) with the extension ``SUBARR_MAP``.
    config : MarkConfig
        See its options.
    job : Job, optional
        Progress and cancel.

    Returns
    -------
    Result
        The frame with the flag in DQ, nothing else changed; planes ``SUBARR_MAP`` and ``SUBARRAYS``, the table of what
        lies where.

    Raises
    ------
    InputError
        See `check_marked`, `calgui.core.algorithms.subarrays.layout.parse_map`.

    Notes
    -----
    As the step ``parse_subarray_map`` of the IRIS pipeline: bits that are set stay, those of subarrays are added. JWST
    calls its bit 4 OUTLIER.
    """
    job = job or Job("Mark subarrays")
    check_marked([frame], config)
    bits = np.uint32(_bits(config))
    subarrays = parse_map(frame, job.part(0, 0.5))
    ny, nx = frame.shape
    data, err, dq = copied(frame, job.part(0.5, 0.8), "Reading the full frame")
    ids_whole, held = np.empty((ny, nx), np.int16), 0
    for start, ids in map_bands(frame, job.part(0.8, 1)):
        rows = slice(start, start + ids.shape[0])
        ids_whole[rows], inside = ids, ids != 0
        dq[rows][inside] |= bits
        held += int(np.count_nonzero(inside & np.isfinite(data[rows])))
    job.report(1.0, "Done")
    verdict, reasons = judged(subarrays, whole=region_of(frame).is_whole)
    pixels = sum(one.pixels for one in subarrays)
    if held:
        reasons += (
            f"{held} of the {pixels} pixels inside subarrays hold values, where the detector leaves them empty: they "
            "are kept, and flagged.",
        )
    return Result(
        frame=Frame(data, err, dq, dict(frame.header), frame.path, {MAP: ids_whole.astype(np.float32)}),
        metrics={
            "n_subarrays": Metric(len(subarrays), "", "Subarrays in the map."),
            "n_pixels": Metric(pixels, "pixel", "Pixels inside subarrays, flagged."),
            "fraction": Metric(pixels / (ny * nx), "", "Part of the frame."),
            "n_with_value": Metric(held, "pixel", "Pixels inside subarrays that hold a value in this frame."),
        },
        verdict=verdict,
        reasons=reasons,
        tables=(table(subarrays),),
        keywords={
            "S_SUBARR": ("COMPLETE", "subarrays marked in data quality"),
            "NSUBARR": (len(subarrays), "subarrays in the map"),
            "SUBFLAG": (config.flag, "flags of pixels inside subarrays"),
        },
        planes={MAP: ids_whole, **({"SUBARRAYS": as_columns(subarrays)} if subarrays else {})},
    )


def judged(subarrays: tuple[Subarray, ...], *, whole: bool = True) -> tuple[Verdict, tuple[str, ...]]:
    """Whether a map is one that the detector can have read.

    Parameters
    ----------
    subarrays : tuple of Subarray
        From the map.
    whole : bool
        Whether it is that of the whole detector, so that numbers that are missing are missing.

    Returns
    -------
    str
        Verdict.
    tuple of str
        Reasons.
    """
    if not subarrays:
        return "good", (f"{MAP} is 0 everywhere: no subarray was read beside this frame.",)
    verdict: Verdict = "good"
    reasons = []
    for one in subarrays:
        if not one.is_rectangle:
            verdict = "bad"
            reasons.append(
                f"Subarray {one.id} is no rectangle: {one.pixels} of the {one.nx * one.ny} pixels of its box carry its "
                "number. Subarrays cannot overlap, nor have holes."
            )
    missing = [str(one) for one in range(1, subarrays[-1].id) if one not in {found.id for found in subarrays}]
    if missing and whole:
        verdict = "doubtful" if verdict == "good" else verdict
        which = f"{', '.join(missing[:MOST])}{', ...' if missing[MOST:] else ''}"
        reasons.append(f"The map has a subarray {subarrays[-1].id}, and none of number {which}.")
    if subarrays[-1].id > MOST:
        verdict = "doubtful" if verdict == "good" else verdict
        reasons.append(f"The map has a subarray {subarrays[-1].id}; the detector reads up to {MOST}.")
    return verdict, tuple(reasons)


def _bits(config: MarkConfig) -> int:
    value = reject_bits(config.flag)
    if not value:
        raise UsageError("Option 'flag' names no data-quality flag.", cure="OUTLIER is the default.")
    return value


def _run(frames: Sequence[FrameLike], references: Mapping[str, FrameLike], config: Any, job: Job) -> Result:
    return mark_subarrays(frames[0], config, job)


ALGORITHMS = (
    Algorithm(
        name="mark-subarrays",
        title="Mark subarrays",
        summary="Says where the subarrays lie that were read beside a full frame, and flags their pixels.",
        inputs="one full frame with the extension SUBARR_MAP",
        config=MarkConfig,
        run=_run,
        maximum_inputs=1,
        check=check_marked,
        source="IRIS pipeline, parse_subarray_map",
    ),
)
