"""One file validated: what it is, its checks, the reference in use, crds certify, and the verdict of all of it."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calgui.core.algorithms.metadata.algorithm import Checked, check_header
from calgui.core.algorithms.metadata.limits import changed
from calgui.core.algorithms.registry import Metric, Verdict
from calgui.core.catalogue import calibration_of
from calgui.core.jobs import Job
from calgui.core.runs.comparing.values import Comparison
from calgui.core.validation.checks import CheckList, checks_for
from calgui.core.validation.found import Found, examine, type_of
from calgui.core.validation.judging import Said, judge, worst
from calgui.core.validation.metadata import changes_of, name_of

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache
    from calgui.core.rules.certify import Certified

#: verdicts, the worst first
ORDER: Mapping[str, int] = {"bad": 0, "doubtful": 1, "unknown": 2, "good": 3}


__all__ = ["Validation", "as_document", "judged", "type_of", "validate_file"]


@dataclass(frozen=True)
class Validation:
    """What is said of a file.

    Attributes
    ----------
    path : pathlib.Path
    type : str
        Reference type, upper case.
    calibration : str
        Title of the catalogue's row; empty for the pipeline's own types.
    is_reference : bool
        Whether it is a reference, and no exposure.
    said : tuple of Said
        One for each check, the worst first.
    figures : mapping of str to Metric
        What was measured.
    notes : tuple of str
        Sentences that are no part of the verdict, such as why nothing was compared.
    used : str
        Name of the reference in use; empty where there is none or no cache.
    comparison : Comparison or None
        With it.
    checks : str
        The user's file that changed some checks; empty where none did.
    listed : CheckList or None
        The checks that were held against it.
    found : Found or None
        What was found of it.
    """

    path: Path
    type: str
    calibration: str
    is_reference: bool
    said: tuple[Said, ...]
    figures: Mapping[str, Metric]
    notes: tuple[str, ...] = ()
    used: str = ""
    comparison: Comparison | None = None
    checks: str = ""
    listed: CheckList | None = field(default=None, repr=False)
    found: Found | None = field(default=None, repr=False)

    @property
    def verdict(self) -> Verdict:
        """The worst of all checks."""
        return worst(self.said)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Sentences with number, threshold, cure and where to look; the worst first."""
        return tuple(one.sentence for one in self.said if one.verdict in ("doubtful", "bad"))


def validate_file(
    path: Path | str,
    kind: str | None = None,
    cache: "Cache | None" = None,
    context: str | None = None,
    changes: Path | None = None,
    job: Job | None = None,
    *,
    certify: "bool | Certified" = False,
    algorithms: bool = True,
) -> Validation:
    """Hold a file against the checks of its type.

    Parameters
    ----------
    path : path-like
        A reference, or an exposure of a calibration. It is read, never changed.
    kind : str, optional
        Its type, where its header does not say it.
    cache : Cache, optional
        Whose rules select the reference in use, with which it is compared.
    context : str, optional
        Its operational context by default.
    changes : pathlib.Path, optional
        The user's changes of the checks (`calgui.core.validation.checks.checks_for`).
    job : Job, optional
        Progress and cancel.
    certify : bool or Certified
        Whether ``crds certify`` is asked too; it needs a cache, and is for references. Or what it said, where it was
        asked about many files at once.
    algorithms : bool
        Whether algorithms are run for the figures that checks ask of them, which takes seconds.

    Returns
    -------
    Validation

    Raises
    ------
    InputError, UsageError
        The file cannot be read, its type is not known, or the changes cannot be understood.
    """
    job = job or Job("Validate")
    found = examine(Path(path), kind, cache, context, job.part(0, 0.9), changes, algorithms=algorithms)
    if certify and cache is not None and found.is_reference and isinstance(certify, bool):
        from calgui.core.rules.certify import certify as ask

        (certify,) = ask(cache, [found.path], context, job.part(0.9, 1))
    job.report(1.0, "Validated")
    asked = certify if not isinstance(certify, bool) and found.is_reference and cache is not None else None
    return judged(found, checks_for(found.type, changes), asked)


def judged(found: Found, checks: CheckList, certified: "Certified | None" = None) -> Validation:
    """Hold what was found of a file against checks; no pixel is read.

    Parameters
    ----------
    found : Found
        Of `examine`.
    checks : CheckList
        Of its type.
    certified : Certified, optional
        What ``crds certify`` said of it; None where it was not asked.

    Returns
    -------
    Validation
    """
    header = found.header
    mine = changes_of(checks.metadata)
    if checks.metadata:
        with changed(mine.limits):
            checked = check_header(header, found.path.name, "all", found.shape, mine.expected)
        found = replace(found, checked=checked)
    said = [
        *judge(
            checks.checks,
            found.figures,
            header,
            found.extensions,
            is_reference=found.is_reference,
            details=found.details,
        )
    ]
    said += [*found.said, *_whole(found.warnings)]
    # what a check of its own says of a keyword is not said twice
    told = {check.keyword for check in checks.checks if any(one.check == check.name and one.text for one in said)}
    said += _metadata(found.checked, {*told, *mine.off})
    if certified is not None:
        said += _certified(certified, told)
    row = calibration_of(found.type)
    return Validation(
        found.path, found.type, row.title if row else "", found.is_reference,
        tuple(sorted(said, key=lambda one: ORDER[one.verdict])), found.figures, found.notes, found.used,
        found.comparison, checks.source, checks, found,
    )  # fmt: skip


def _whole(told: Sequence[str]) -> list[Said]:
    """Whether each part of the file is there."""
    if not told:
        return [Said("file", "The file is whole", "good")]
    text = f"Not as it should be: {len(told)} of its parts, where 0 may be: {told[0].rstrip('.')}. Fetch it again."
    return [Said("file", "The file is whole", "doubtful", len(told), "", 0, text, "the headers of its extensions")]


def _metadata(checked: Checked, told: Collection[str]) -> list[Said]:
    """The metadata of its header; what is good is one line."""
    made = [
        Said(f"metadata_{name_of(entry.keyword)}", f"Keyword {entry.keyword}", entry.verdict,
             entry.value if isinstance(entry.value, int | float | str) else None, entry.unit,
             text=entry.reason, look=f"{entry.keyword} in the headers")
        for entry in checked.entries
        if entry.verdict in ("doubtful", "bad") and entry.keyword not in told
    ]  # fmt: skip
    made += [
        Said(
            f"metadata_{one.rule}",
            ", ".join(one.keywords),
            one.verdict,
            one.number,
            one.unit,
            one.threshold,
            one.text,
            f"{', '.join(one.keywords)} in the headers",
        )
        for one in checked.contradictions
        if one.rule not in told
    ]
    return made or [Said("metadata", "Metadata of the header", "good")]


#: what crds says of its own lines of program, which helps no user
_INSIDE = re.compile(r": Error mapping reference names and values.*|not enough values to unpack.*", re.DOTALL)


def _certified(found: "Certified", told: Collection[str]) -> list[Said]:
    """What crds certify says, but for keywords of which a check has told."""
    title = "crds certify"
    if found.problem:
        return [Said("certify", title, "unknown", text=found.problem)]
    texts = [
        [_INSIDE.sub(".", text) for text in said if not any(f"'{keyword}'" in text for keyword in told if keyword)]
        for said in (found.errors, found.warnings)
    ]
    errors, warnings = (len(said) for said in texts)
    made = [Said("certify", title, "bad", errors, "", 0, f"crds certify: {text}", "the headers") for text in texts[0]]
    made += [
        Said("certify", title, "doubtful", warnings, "", 0, f"crds certify warns: {text}", "the headers")
        for text in texts[1]
    ]
    return made or [Said("certify", title, "good", 0)]


def as_document(one: Validation) -> dict[str, Any]:
    """A validation as plain values, for JSON.

    Parameters
    ----------
    one : Validation

    Returns
    -------
    dict
        ``file``, ``type``, ``calibration``, ``kind``, ``verdict``, ``reasons``, ``checks``, ``metrics``, ``reference``,
        ``notes``.
    """
    return {
        "file": str(one.path),
        "type": one.type.lower(),
        "calibration": one.calibration or None,
        "kind": "reference" if one.is_reference else "exposure",
        "verdict": one.verdict,
        "reasons": list(one.reasons),
        "checks": [
            {
                "check": said.check,
                "title": said.title,
                "verdict": said.verdict,
                "value": said.value,
                "error": said.error,
                "unit": said.unit or None,
                "threshold": said.threshold,
                "message": said.text or None,
                "look": said.look or None,
            }
            for said in one.said
        ],
        "metrics": {name: {"value": metric.value, "unit": metric.unit or None} for name, metric in one.figures.items()},
        "reference": one.used or None,
        "thresholds": one.checks or None,
        "notes": list(one.notes),
    }
