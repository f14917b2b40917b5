"""What is said of a whole trace: its sentence, and the marks of its legend."""

from html import escape

from calgui.core.rules.values import Fate, Trace
from calgui.views.rules.marks import OUTCOMES, SUBSTITUTED, Mark
from calgui.views.rules.why.matrix import brief


def because(trace: Trace) -> str:
    """Why a file was selected, in a sentence.

    Parameters
    ----------
    trace : Trace
        Of a selection that found a file.

    Returns
    -------
    str
        Rich text; empty where no rule won.
    """
    winner = next((rule for rule in trace.rules if rule.fate is Fate.WINNER), None)
    if winner is None:
        return ""
    chosen = next((verdict for rule in trace.rules for verdict in rule.dates if verdict.chosen), None)
    matched = sum(rule.fate is not Fate.ELIMINATED for rule in trace.rules)
    among = f"{matched} of {len(trace.rules)} rules match" if len(trace.rules) > 1 else "the only rule"
    text = f"because <b>{escape(brief(winner))}</b> wins with weight {winner.weight} ({among})"
    if chosen is not None:
        reason = f": {escape(chosen.reason)}" if chosen.reason else ""
        text += f", and its date <b>{escape(chosen.date)}</b> is chosen{reason}"
    return f"{text}."


def marks_in(trace: Trace | None) -> list[Mark]:
    """The marks that the cells of a trace show, for its legend.

    Parameters
    ----------
    trace : Trace or None
        None for none.

    Returns
    -------
    list of Mark
    """
    if trace is None:
        return []
    outcomes = {cell.outcome for rule in trace.rules for cell in rule.cells}
    marks = [mark for outcome, mark in OUTCOMES.items() if outcome in outcomes]
    if any(cell.substituted is not None for rule in trace.rules for cell in rule.cells):
        marks.append(SUBSTITUTED)
    return marks
