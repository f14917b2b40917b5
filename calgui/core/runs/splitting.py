"""Inputs of which several products are made, one for each detector: whose references count, and all of them at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calgui.core.algorithms.registry import Algorithm, algorithm
from calgui.core.errors import UsageError
from calgui.core.frames.headers import rule_header
from calgui.core.jobs import Job
from calgui.core.runs.report import RunReport
from calgui.core.runs.run import run_files

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache


@dataclass(frozen=True)
class SplitReport:
    """Runs on the same inputs, one for each product.

    Attributes
    ----------
    reports : mapping of str to RunReport
        By the value that tells the products apart, such as the detector.
    """

    reports: Mapping[str, RunReport]

    @property
    def verdict(self) -> str:
        """The worst of all."""
        verdicts = [report.verdict for report in self.reports.values()]
        return next(one for one in ("bad", "doubtful", "good") if one in verdicts)


def placeholder(how: Algorithm) -> str:
    """What stands in the name of an output for the value that tells products apart.

    Parameters
    ----------
    how : Algorithm
        One that splits.

    Returns
    -------
    str
        ``{detector}``; empty where it does not.
    """
    return f"{{{how.splits.lower()}}}" if how.splits else ""


def run_split(
    name: str,
    inputs: Sequence[Path],
    options: Mapping[str, Any],
    references: Mapping[str, Path],
    cache: "Cache | Path | None",
    context: str | None,
    out: Path,
    job: Job,
    *,
    keywords: Mapping[str, Any] | None = None,
    overwrite: bool = False,
) -> SplitReport:
    """Run an algorithm once for each product of its inputs.

    Parameters
    ----------
    name, inputs, options, references, cache, context, job, keywords, overwrite
        As for `calgui.core.runs.run.run_files`.
    out : pathlib.Path
        With the placeholder in its name.

    Returns
    -------
    SplitReport

    Raises
    ------
    CalguiError
        As `run_files`; products that were written before stay.
    """
    how = algorithm(name)
    option = how.splits.lower()
    values = values_of_inputs(how, inputs)
    if options.get(option):
        values = [str(options[option]).strip().upper()]
    made = {}
    for number, value in enumerate(values):
        target = out.with_name(out.name.replace(placeholder(how), value or "unknown"))
        part = job.part(number / len(values), (number + 1) / len(values))
        given = {**options, option: value} if value else options
        made[value] = run_files(
            name, inputs, given, references, cache, context, target, part, keywords=keywords, overwrite=overwrite
        )
    return SplitReport(made)


def values_of_inputs(how: Algorithm, inputs: Sequence[Path]) -> list[str]:
    """The values that tell products apart, upper case and in order.

    Parameters
    ----------
    how : Algorithm
        One that splits.
    inputs : sequence of pathlib.Path
        FITS files.

    Returns
    -------
    list of str
    """
    return sorted({str(rule_header(path).get(how.splits) or "").strip().upper() for path in inputs})


def check_named(how: Algorithm, inputs: Sequence[Path], options: Mapping[str, Any], out: Path | None) -> None:
    """Refuse one output for what makes several.

    Parameters
    ----------
    how : Algorithm
        Any.
    inputs : sequence of pathlib.Path
        FITS files.
    options : mapping
        Option to value.
    out : pathlib.Path or None
        The output that was asked for.

    Raises
    ------
    UsageError
        Saying how to name the outputs.
    """
    if not how.splits or out is None or options.get(how.splits.lower()) or placeholder(how) in out.name:
        return
    values = values_of_inputs(how, inputs)
    if len(values) > 1:
        example = out.with_name(f"{out.stem}_{placeholder(how)}{out.suffix}")
        raise UsageError(
            f"The inputs are of {len(values)} detectors ({', '.join(values)}), and one output is named.",
            cure=f"Write all of them (-o '{example}'), or one (-p {how.splits.lower()}={values[0]}).",
        )


def as_document(split: SplitReport) -> dict[str, Any]:
    """Several runs as one document: that of the first, and what each has of its own under ``products``.

    Parameters
    ----------
    split : SplitReport
        Any.

    Returns
    -------
    dict
        ``verdict`` is the worst of all, ``outputs`` and ``reasons`` those of all.
    """
    from calgui.core.runs import report

    documents = {value: report.as_document(one) for value, one in split.reports.items()}
    first = next(iter(documents.values()))
    return {
        **first,
        "verdict": split.verdict,
        "reasons": list(dict.fromkeys(reason for one in documents.values() for reason in one["reasons"])),
        "outputs": [path for one in documents.values() for path in one["outputs"]],
        "products": [
            {"value": value, **{key: one[key] for key in ("references", "metrics", "verdict", "reasons", "outputs")}}
            for value, one in documents.items()
        ],
    }


def own_input(report: RunReport) -> Path:
    """The first input that the product is of: whose header says what the rules would select in its place.

    Parameters
    ----------
    report : RunReport
        Of any algorithm.

    Returns
    -------
    pathlib.Path
    """
    how, frame = algorithm(report.algorithm), report.result.frame
    if not how.splits or frame is None:
        return report.inputs[0]
    wanted = str(frame.header.get(how.splits) or "").strip().upper()
    same = [path for path in report.inputs if str(rule_header(path).get(how.splits) or "").strip().upper() == wanted]
    return same[0] if same else report.inputs[0]
