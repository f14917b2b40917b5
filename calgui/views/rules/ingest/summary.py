"""What an ingest would do, in the sentences that stand above its parts."""

from calgui.core.rules.values import Severity
from calgui.views.rules.ingest.answer import Answer


def told_of(
    answer: Answer, judged: str = "", certified: str = "", refused: bool = False, waits: bool = False
) -> tuple[str, str]:
    """Say what an answer comes to.

    Parameters
    ----------
    answer : Answer
    judged : str
        A sentence on what validation found; empty where it found nothing amiss.
    certified : str
        A sentence on what crds certify says; empty where it has nothing to say.
    refused : bool
        Whether it refuses a file.
    waits : bool
        Whether somebody has yet to say something.

    Returns
    -------
    tuple of (str, str)
        Role of the colour, and the sentences.
    """
    errors = answer.count(Severity.ERROR)
    if errors:
        stop = "stops" if errors == 1 else "stop"
        return "error", f"✕ {_many(errors, 'error')} {stop} it: nothing can be written."
    proposal, told = answer.proposal, answer.told
    if not proposal.mappings:
        return "warning", "! Nothing would change."
    count = _many(len(proposal.mappings), "new mapping")
    said = [f"{proposal.new_context} would follow {proposal.context}, with {count}."]
    if told.asked:
        files = len({one.index for one in told.observations})
        said.append(f"{files:,} of {_many(told.asked, 'loaded observation')} would select something else.")
        said += [told.loss] if told.loss else []
    else:
        said.append("Open observations to see what changes for them.")
    warnings = answer.count(Severity.WARNING)
    if warnings:
        said.append(f"{_many(warnings, 'warning')}.")
    stopping = sum(one.severity is Severity.ERROR for one in answer.defects)
    if stopping:
        said.append(f"{_many(stopping, 'old defect')} of the cache would stop stock crds: see the findings.")
    elif answer.defects:
        said.append("Some of the cache's other references cannot be read: see the findings.")
    said += [one for one in (certified, judged) if one]
    if refused:
        return "error", f"✕ {' '.join(said)}"
    if waits:
        return "text", f"… {' '.join(said)}"
    doubtful = bool(warnings or answer.defects or told.loss or judged or certified)
    return ("warning", f"! {' '.join(said)}") if doubtful else ("good", f"✓ {' '.join(said)}")


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
