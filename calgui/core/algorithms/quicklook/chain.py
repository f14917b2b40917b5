"""``quick-look``: from a raw ramp, or an image, to a calibrated image, with every step told of."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from calgui.core.algorithms.banding import Room
from calgui.core.algorithms.exposure import ELECTRON_PER_S, canonical_unit, file_name
from calgui.core.algorithms.geometry import region_of
from calgui.core.algorithms.given import References
from calgui.core.algorithms.inputkinds import kind_of
from calgui.core.algorithms.noise import middle_of, thin
from calgui.core.algorithms.quicklook.config import QuickLookConfig
from calgui.core.algorithms.quicklook.mending import mended
from calgui.core.algorithms.quicklook.planning import (
    TITLE,
    Plan,
    check_chain,
    plans_of,
    switch_of,
    wanted_references,
)
from calgui.core.algorithms.quicklook.reads import fit_reads
from calgui.core.algorithms.quicklook.steps import STEPS
from calgui.core.algorithms.registry import Algorithm, Metric, Result, Stage, Table, Verdict
from calgui.core.errors import AlgorithmError, InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.fits import FitsFrame
from calgui.core.frames.frame import Frame, FrameLike, Rows
from calgui.core.jobs import Job

#: pictures of all steps are kept of parts up to so many pixels
_SMALL = 1 << 20
#: part of the job that is the fit of a ramp
_FIT = 0.7
_VERDICTS: tuple[Verdict, ...] = ("good", "doubtful", "bad")


def quick_look(
    frames: Sequence[FrameLike],
    references: Mapping[str, FrameLike],
    config: QuickLookConfig,
    job: Job | None = None,
) -> Result:
    """Calibrate one exposure.

    Parameters
    ----------
    frames : sequence of FrameLike
        One: a ramp (nint, n, ny, nx) or (n, ny, nx) in adu or electron, read in bands; or an image (ny, nx), for which
        the chain begins at the bad pixels.
    references : mapping of str to FrameLike
        NONLINCOEFF, MASK, DARK, FLAT, SKY; as `References`, with why others are missing. References of the full
        detector are cut to the subarray.
    config : QuickLookConfig
        See its options.
    job : Job, optional
        Progress and cancel.

    Returns
    -------
    Result
        Frame with ERR and DQ, of a ramp in electron/s; metrics of the steps; the steps as stages and as a table.

    Raises
    ------
    InputError
        The input is none that the chain can begin with; or a step that is switched on, or whose reference was chosen by
        hand, cannot be done.
    AlgorithmError
        No pixel can be used.

    Notes
    -----
    The order is that of the JWST pipeline, but for the bad pixel map, which is joined after the fit: a fit knows no
    neighbours, and statistics come behind it. A step that cannot be done is left out, and said to be.
    """
    job = job or Job(TITLE)
    check_chain(frames, config)
    given, source = References.of(references), frames[0]
    plans = plans_of(source, given, config)
    keep = config.keep == "steps" or source.shape[-2] * source.shape[-1] <= _SMALL
    results: list[tuple[str, Result]] = []
    stages: list[Stage] = []
    start = 0.0
    # one set of planes serves all steps, unless they are kept; what was given is never written to
    own = False
    if kind_of(source) == "ramp":
        on_reads = [plan for plan in plans if plan.step.on_reads]
        fitted = fit_reads(source, on_reads, given, config, keep, job.part(0, _FIT))
        stages += fitted.stages
        assert fitted.result.frame is not None
        image, start = fitted.result.frame, _FIT
        image = Frame(image.data, image.err, image.dq, image.header, source.path)
        own = not keep
        results.append(("slope", replace(fitted.result, frame=None)))
        # the options were of the reads
        config = replace(config, unit=None)
    else:
        image = _in_memory(source)
        stages.append(Stage("raw", "Image", True, frame=image if keep else None))
    on_images = [plan for plan in plans if not plan.step.on_reads]
    for number, plan in enumerate(on_images):
        part = [start + (1 - start) * (number + end) / (len(on_images) + 1) for end in (0, 1)]
        stage, result = _do(plan, image, given, config, job.part(*part), own)
        if result is not None and result.frame is not None:
            # a later step is to see what was done before it
            header = {**image.header, plan.step.keyword: "COMPLETE"}
            made = Frame(result.frame.data, result.frame.err, result.frame.dq, header, source.path)
            own |= made.data is not image.data and not keep
            image = made
            results.append((plan.step.name, replace(result, frame=None)))
        stages.append(replace(stage, frame=image if keep else None))
    filled = 0
    if config.interpolate:
        image, filled = mended(image, job)
    job.report(0.98, "Figures of the product")
    metrics = _metrics(results, image, filled)
    verdict, reasons = _judged(results, stages)
    planes = {name: plane for _, result in results for name, plane in result.planes.items()}
    if config.keep == "steps":
        planes |= {_plane(stage): stage.frame.data for stage in stages if stage.frame is not None}
    job.report(1.0, "Done")
    return Result(
        frame=image,
        metrics=metrics,
        verdict=verdict,
        reasons=reasons,
        curves=tuple(curve for _, result in results for curve in result.curves),
        tables=(_table(stages), *(table for _, result in results for table in result.tables)),
        keywords=_keywords(results, stages, plans),
        planes=planes,
        stages=tuple(stages),
    )


def _in_memory(image: FrameLike) -> Frame:
    if isinstance(image, Frame):
        return image
    rows = image.rows(0, image.shape[0])
    return Frame(rows.data, rows.err, rows.dq, image.header, image.path)


def _room_in(image: Frame, reference: FrameLike) -> Room | None:
    """The planes of an image, which nobody else looks at, to be written to.

    Not where the reference is compressed: that one is damaged may show when half of the pixels are written, and the
    step is left out then.
    """
    planes = Rows(image.data, image.err, image.dq)
    if isinstance(reference, FitsFrame) and reference.is_compressed:
        return None
    for plane in planes:
        if plane is None or not plane.flags.owndata:
            return None
        plane.flags.writeable = True
    return Room(planes)


def _do(
    plan: Plan, image: Frame, references: References, config: QuickLookConfig, job: Job, own: bool
) -> tuple[Stage, Result | None]:
    """Do one step to an image; one that cannot be done is left out, unless a person asked for it."""
    step = plan.step
    stage = Stage(step.name, step.title, False, step.keyword, step.reference, "", plan.note, plan.doubtful)
    if not plan.wanted or step.deed is None:
        return stage, None
    reference = references[step.reference]
    began = time.perf_counter()
    room = _room_in(image, reference) if own else None
    try:
        result = step.deed(image, reference, config, job, room)
    except InputError as error:
        half = room is not None and room.taken
        if half or switch_of(step, config) == "on" or step.reference in references.by_hand:
            raise
        return replace(stage, note=f"{error.message} {error.cure}".strip(), doubtful=True), None
    seconds = time.perf_counter() - began
    note = " ".join(result.reasons)
    return replace(stage, done=True, file=file_name(reference), note=note, seconds=seconds), result


def _metrics(results: Sequence[tuple[str, Result]], image: Frame, filled: int) -> dict[str, Metric]:
    """Those of the steps, and of the product."""
    by_name = {step.name: step for step in STEPS}
    made: dict[str, Metric] = {}
    for name, result in results:
        # of the fit they are those of fit-ramp
        made |= result.metrics if name == "slope" else by_name[name].named(result.metrics)
    unfit = np.uint32(flags.DO_NOT_USE | flags.REFERENCE_PIXEL | flags.NON_SCIENCE)
    few = slice(None, None, max(1, image.data.size // 2_000_000))
    good = region_of(image).mask()[few]
    if image.dq is not None:
        good &= (image.dq[few] & unfit) == 0
    values = thin(image.data[few], good)
    errors = thin(image.err[few], good) if image.err is not None else np.empty(0, np.float32)
    if not values.size:
        raise AlgorithmError(
            "No pixel of the product can be used: all are NaN or flagged DO_NOT_USE.",
            path=image.path,
            cure="Look at the input and at the references, or switch steps off one by one to see which it is.",
        )
    rate = canonical_unit(image.unit) == ELECTRON_PER_S
    return made | {
        "product_median_e_per_s": Metric(
            middle_of(values) if rate else None, "e-/s", "Median of the good pixels of the product."
        ),
        "product_error_e_per_s": Metric(
            middle_of(errors) if rate and errors.size else None, "e-/s", "Median of their errors."
        ),
        "n_interpolated": Metric(filled, "pixel", "Pixels that were filled from their neighbours, to look at."),
    }


def _judged(results: Sequence[tuple[str, Result]], stages: Sequence[Stage]) -> tuple[Verdict, tuple[str, ...]]:
    """The worst verdict of all steps, and what was left out; the worst is said first."""
    by_verdict: dict[Verdict, list[str]] = {verdict: [] for verdict in _VERDICTS}
    worst = 0
    for _, result in results:
        worst = max(worst, _VERDICTS.index(result.verdict))
        by_verdict[result.verdict] += result.reasons
    for stage in stages:
        if not stage.done:
            worst = max(worst, int(stage.doubtful))
            by_verdict["doubtful" if stage.doubtful else "good"].append(f"{stage.title}: skipped. {stage.note}")
    return _VERDICTS[worst], tuple(reason for verdict in reversed(_VERDICTS) for reason in by_verdict[verdict])


def _table(stages: Sequence[Stage]) -> Table:
    rows = tuple(
        (stage.title, "done" if stage.done else "skipped", stage.file, "" if stage.done else stage.note, stage.seconds)
        for stage in stages
        if stage.keyword
    )
    flagged = tuple(number for number, stage in enumerate(one for one in stages if one.keyword) if stage.doubtful)
    return Table("Steps", ("step", "state", "reference", "note", "time (s)"), rows, flagged)


def _keywords(
    results: Sequence[tuple[str, Result]], stages: Sequence[Stage], plans: Sequence[Plan]
) -> dict[str, tuple[Any, str]]:
    made: dict[str, tuple[Any, str]] = {}
    for _, result in results:
        made |= result.keywords
    complete = {plan.step.name for plan in plans if plan.complete}
    comments = {step.name: step.comment for step in STEPS}
    for stage in stages:
        if stage.keyword:
            done = stage.done or stage.name in complete
            made[stage.keyword] = ("COMPLETE" if done else "SKIPPED", comments[stage.name])
    return made


def _plane(stage: Stage) -> str:
    return f"AFTER_{stage.name.upper()}" if stage.keyword else "BEFORE"


def _run(frames: Sequence[FrameLike], references: Mapping[str, FrameLike], config: Any, job: Job) -> Result:
    return quick_look(frames, references, config, job)


ALGORITHMS = (
    Algorithm(
        name="quick-look",
        title=TITLE,
        summary="Makes a calibrated image of a raw ramp, or of an image: every step can be switched and looked at.",
        inputs="one ramp or image",
        takes=("ramp", "image"),
        config=QuickLookConfig,
        run=_run,
        minimum_inputs=1,
        maximum_inputs=1,
        optional_references=tuple(step.reference for step in STEPS if step.reference),
        wants=wanted_references,
        tells_missing=True,
        check=check_chain,
        source="the order of steps of the JWST pipeline (calwebb_detector1, calwebb_image2)",
    ),
)
