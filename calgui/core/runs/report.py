"""What a run has done, as a value and as the document that the command line promises."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calgui.core.algorithms.registry import Metric, Result, Stage, Verdict, registry
from calgui.core.runs import gathering
from calgui.core.runs.gathering import Gathered
from calgui.core.runs.references import UnusedReference, UsedReference


@dataclass(frozen=True)
class RunReport:
    """What was done.

    Attributes
    ----------
    algorithm : str
        Its name.
    options : mapping of str to object
        All of them, those not given at their default.
    inputs : tuple of pathlib.Path
        What it was run on.
    references : tuple of UsedReference
        What it used.
    context : str or None
        The context that selected them.
    result : Result
        Product, metrics, verdict, diagnostics.
    outputs : tuple of pathlib.Path
        What was written.
    gathered : Gathered or None
        What the rules added to the inputs; None where they are those that were given.
    unused : tuple of UnusedReference
        Optional references that the rules select, and that could not be used.
    """

    algorithm: str
    options: Mapping[str, Any]
    inputs: tuple[Path, ...]
    references: tuple[UsedReference, ...]
    context: str | None
    result: Result
    outputs: tuple[Path, ...] = ()
    gathered: Gathered | None = None
    unused: tuple[UnusedReference, ...] = ()

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """Numbers with their units."""
        return self.result.metrics

    @property
    def verdict(self) -> Verdict:
        """``good``, ``doubtful`` or ``bad``."""
        return self.result.verdict

    @property
    def reasons(self) -> tuple[str, ...]:
        """Sentences behind the verdict, what was left out of what was gathered or is not known, and the notes."""
        left_out = self.gathered.left_out if self.gathered is not None else ()
        frame, how = self.result.frame, registry().get(self.algorithm)
        lacks = frame is not None and frame.err is None and how is not None and how.product in _WITH_ERRORS
        return (*self.result.reasons, *(one.text for one in left_out), *((_NO_ERROR,) if lacks else ()), *self.notes)

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on what the run had to do without; the last of the reasons, though no part of the verdict."""
        return tuple(one.text for one in self.unused)


#: what is made of images has their errors; "" is an image like the input
_WITH_ERRORS = ("", "DARK", "FLAT", "SKY")
_NO_ERROR = "The product has no errors (its ERR is NaN), as not all that it was made of has errors."


def as_document(report: RunReport) -> dict[str, Any]:
    """A report as the command line's contract promises it in JSON.

    Parameters
    ----------
    report : RunReport
        What was done.

    Returns
    -------
    dict
        ``algorithm``, ``options``, ``references``, ``metrics``, ``verdict``, ``reasons``, ``outputs``, and more.
    """
    return {
        "algorithm": report.algorithm,
        "options": dict(report.options),
        "inputs": [str(path) for path in report.inputs],
        "context": report.context,
        "references": [
            {"type": item.type.lower(), "file": item.path.name, "path": str(item.path), "selected": item.selected}
            for item in report.references
        ],
        "unused_references": [
            {"type": item.type.lower(), "file": item.file, "message": item.text} for item in report.unused
        ],
        "metrics": {name: _figure(metric) for name, metric in report.metrics.items()},
        "verdict": report.verdict,
        "reasons": list(report.reasons),
        "tables": [
            {"title": table.title, "columns": list(table.columns), "rows": [list(row) for row in table.rows],
             "flagged": list(table.flagged)}
            for table in report.result.tables
        ],
        **({"steps": [_step(stage) for stage in report.result.stages]} if report.result.stages else {}),
        "outputs": [str(path) for path in report.outputs],
        **({"gathered": gathering.as_document(report.gathered)} if report.gathered is not None else {}),
    }  # fmt: skip


def _step(stage: Stage) -> dict[str, Any]:
    return {
        "step": stage.name,
        "title": stage.title,
        "state": "complete" if stage.done else "skipped",
        "keyword": stage.keyword or None,
        "reference": stage.file or None,
        "reference_type": stage.reference.lower() or None,
        "note": stage.note or None,
        "duration_s": stage.seconds,
    }


def _figure(metric: Metric) -> Any:
    """A number; one that is judged by itself with its unit and verdict."""
    value = _number(metric.value)
    return value if metric.verdict is None else {"value": value, "unit": metric.unit, "verdict": metric.verdict}


def _number(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
