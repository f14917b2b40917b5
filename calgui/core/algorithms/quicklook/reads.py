"""The steps of the chain that work on the reads of a ramp: they are one fit."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from calgui.core.algorithms.exposure import file_name
from calgui.core.algorithms.given import References
from calgui.core.algorithms.quicklook.config import QuickLookConfig
from calgui.core.algorithms.quicklook.pictures import pictures_of_reads
from calgui.core.algorithms.quicklook.planning import Plan, switch_of
from calgui.core.algorithms.ramps.fitting import fit_ramp
from calgui.core.algorithms.ramps.response import response_of
from calgui.core.algorithms.ramps.setup import setup_of
from calgui.core.algorithms.registry import Result, Stage
from calgui.core.errors import InputError
from calgui.core.frames.frame import Frame, FrameLike
from calgui.core.jobs import Job


@dataclass(frozen=True)
class Fitted:
    """What became of the reads.

    Attributes
    ----------
    result : Result
        Of the fit.
    stages : tuple of Stage
        What stands before the first step, and one for each step on reads.
    """

    result: Result
    stages: tuple[Stage, ...]


def fit_reads(
    ramp: FrameLike, plans: Sequence[Plan], references: References, config: QuickLookConfig, keep: bool, job: Job
) -> Fitted:
    """Do the steps on reads.

    Parameters
    ----------
    ramp : FrameLike
        The input.
    plans : sequence of Plan
        Of these steps alone.
    references : References
        With the coefficients.
    config : QuickLookConfig
        Options.
    keep : bool
        Whether the pictures between are kept. A ramp has none of its own: they are the last read less the first, by
        time, with what has been corrected so far.
    job : Job
        Progress and cancel.

    Returns
    -------
    Fitted

    Raises
    ------
    InputError
        Something that is needed is missing, or a step is switched on that cannot be done.
    """
    by_name = {plan.step.name: plan for plan in plans}
    straighten = by_name["linearity"] = _straightening(ramp, by_name["linearity"], references, config)
    coefficients = {"NONLINCOEFF": references["NONLINCOEFF"]} if straighten.wanted else {}
    how = config.of_ramps(by_name["reference_pixels"].wanted, straighten.wanted)
    pictures: dict[str, Frame | None] = {}
    if keep:
        pictures |= pictures_of_reads(ramp, coefficients.get("NONLINCOEFF"), how, job.part(0, 0.3))
    began = time.perf_counter()
    result = fit_ramp([ramp], coefficients, how, job.part(0.3 if keep else 0, 1))
    seconds = time.perf_counter() - began
    pictures["slope"] = result.frame if keep else None
    drift = by_name["reference_pixels"]
    if drift.wanted and result.keywords.get("S_REFPIX", ("",))[0] != "COMPLETE":
        # the fit says why, and need not say it twice
        own = [reason for reason in result.reasons if reason.startswith("Drifts ")]
        note = own[0] if own else "There are no reference pixels."
        result = replace(result, reasons=tuple(reason for reason in result.reasons if reason not in own))
        if switch_of(drift.step, config) == "on":
            raise InputError(
                f"The step “{drift.step.title}” is switched on, and cannot be done: {note}",
                path=ramp.path,
                cure="Let it be done where it can (-p reference_pixels=auto).",
            )
        by_name["reference_pixels"] = Plan(drift.step, False, note)
    stages = [Stage("raw", "Reads", True, note="The last read less the first, by time.", frame=pictures.get("raw"))]
    for name, plan in by_name.items():
        step, done = plan.step, plan.wanted
        stages.append(
            Stage(
                name, step.title, done, step.keyword, step.reference,
                file_name(references[step.reference]) if done and step.reference else "",
                plan.note, plan.doubtful, seconds if name == "slope" else None, pictures.get(name),
            )
        )  # fmt: skip
    return Fitted(result, tuple(stages))


def _straightening(ramp: FrameLike, plan: Plan, references: References, config: QuickLookConfig) -> Plan:
    """Whether the coefficients fit the ramp, before anything is read."""
    if not plan.wanted:
        return plan
    how = config.of_ramps(True, True)
    try:
        response_of(ramp, references["NONLINCOEFF"], setup_of([ramp], how), how)
    except InputError as error:
        if switch_of(plan.step, config) == "on" or "NONLINCOEFF" in references.by_hand:
            raise
        return Plan(plan.step, False, f"{error.message} {error.cure}".strip(), doubtful=True)
    return plan
