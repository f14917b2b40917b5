"""Which steps of the chain are done, and why the others are not."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from calgui.core.algorithms.given import References
from calgui.core.algorithms.inputkinds import check_taken, kind_of
from calgui.core.algorithms.matching import check_subarray, text
from calgui.core.algorithms.quicklook.config import QuickLookConfig
from calgui.core.algorithms.quicklook.steps import STEPS, Step
from calgui.core.algorithms.ramps.setup import check_ramps
from calgui.core.errors import InputError
from calgui.core.frames.frame import FrameLike

TITLE = "Quick look"


@dataclass(frozen=True)
class Plan:
    """What becomes of a step.

    Attributes
    ----------
    step : Step
        Which.
    wanted : bool
        Whether it is to be done.
    note : str
        Why not.
    doubtful : bool
        Whether that counts against the product.
    complete : bool
        Whether the input says that it was done before.
    """

    step: Step
    wanted: bool
    note: str = ""
    doubtful: bool = False
    complete: bool = False


def check_chain(frames: Sequence[FrameLike], config: Any = None) -> None:
    """Refuse an input that the chain cannot begin with.

    Parameters
    ----------
    frames : sequence of FrameLike
        One; only its header and shape are looked at.
    config : QuickLookConfig, optional
        With it, times, unit, gain and noise of a ramp are looked at too.

    Raises
    ------
    InputError
        Naming the keyword, or what the input is.
    """
    check_taken(TITLE, ("ramp", "image"), frames)
    for frame in frames:
        check_subarray(frame)
    if kind_of(frames[0]) == "ramp":
        check_ramps(frames, config.of_ramps(True, True) if config is not None else None)


def wanted_references(frames: Sequence[FrameLike], config: Any) -> tuple[str, ...]:
    """Types of references that the steps to be done take.

    Parameters
    ----------
    frames : sequence of FrameLike
        The input.
    config : QuickLookConfig
        Its switches.

    Returns
    -------
    tuple of str
    """
    plans = [_without_references(step, frames[0], config) for step in STEPS if step.reference]
    return tuple(plan.step.reference for plan in plans if plan.wanted)


def plans_of(image: FrameLike, references: References, config: QuickLookConfig) -> tuple[Plan, ...]:
    """What becomes of each step.

    Parameters
    ----------
    image : FrameLike
        The input: a ramp or an image.
    references : References
        What there is, and why the rest is missing.
    config : QuickLookConfig
        Switches.

    Returns
    -------
    tuple of Plan
        In the order of the steps.

    Raises
    ------
    InputError
        A step is switched on that cannot be done.
    """
    made = []
    for step in STEPS:
        plan = _without_references(step, image, config)
        if plan.wanted and step.reference and step.reference not in references:
            missing = references.missing.get(step.reference)
            why = missing.reason if missing is not None else f"There is no {step.reference}."
            plan = Plan(step, False, why, doubtful=missing is None or missing.applies)
        if not plan.wanted and switch_of(step, config) == "on":
            raise InputError(
                f"The step “{step.title}” is switched on, and cannot be done: {plan.note}",
                path=image.path,
                cure=f"Let it be done where it can (-p {step.name}=auto).",
            )
        made.append(plan)
    return tuple(made)


def switch_of(step: Step, config: QuickLookConfig) -> str:
    """What the options say of a step.

    Parameters
    ----------
    step : Step
        Any.
    config : QuickLookConfig
        The options.

    Returns
    -------
    str
        ``auto``, ``on`` or ``off``.
    """
    return str(getattr(config, step.name, "auto"))


def _without_references(step: Step, image: FrameLike, config: QuickLookConfig) -> Plan:
    """What becomes of a step if all references were there."""
    if step.on_reads and kind_of(image) != "ramp":
        return Plan(step, False, "The input is an image: what is done to reads is behind it.")
    if switch_of(step, config) == "off":
        return Plan(step, False, "Switched off.", complete=_is_complete(step, image))
    if _is_complete(step, image):
        return Plan(step, False, f"{step.keyword} is COMPLETE: it was done before.", complete=True)
    kind = text(image.header, "EXP_TYPE")
    if switch_of(step, config) == "auto" and any(word in kind for word in step.not_for):
        return Plan(step, False, f"EXP_TYPE is {kind}: it is no part of the calibration of such exposures.")
    return Plan(step, True)


def _is_complete(step: Step, image: FrameLike) -> bool:
    return text(image.header, step.keyword) == "COMPLETE"
