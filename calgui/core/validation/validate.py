"""One file validated: what it is, its checks, the reference in use, crds certify, and the verdict of all of it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calgui.core.algorithms.metadata.algorithm import check_header
from calgui.core.algorithms.metadata.entries import clean
from calgui.core.algorithms.metadata.facts import is_reference as says_reference
from calgui.core.algorithms.metadata.limits import changed
from calgui.core.algorithms.registry import Metric, Verdict
from calgui.core.catalogue import calibration_of
from calgui.core.errors import InputError, UsageError
from calgui.core.frames.fits import read_frame
from calgui.core.frames.frame import Frame
from calgui.core.frames.headers import HduHeader, read_headers, union
from calgui.core.jobs import Job
from calgui.core.runs.comparing.values import Comparison
from calgui.core.runs.references import extension_of
from calgui.core.validation.checks import checks_for, known_types
from calgui.core.validation.figures import measure
from calgui.core.validation.judging import Said, applies, judge, worst
from calgui.core.validation.metadata import Changes, changes_of, name_of

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache
    from calgui.core.rules.certify import Certified

#: words of EXP_TYPE that are a type of reference
_EXPOSURES = ("FLUXSTAR", "PSFSTAR", "PINHOLE", "LENSLET", "FIBER", "DARK", "FLAT", "ARC", "SKY")
#: types whose image is flags, and no numbers of light
_OF_FLAGS = frozenset({"MASK"})
#: types that say what no image shows (`calgui.core.validation.contents`)
CONTENTS = frozenset({"ADC", "DISTORTION", "NONLINCOEFF", "RECTMAT", "WAVECAL"})
_ORDER: Mapping[str, int] = {"bad": 0, "doubtful": 1, "unknown": 2, "good": 3}


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

    @property
    def verdict(self) -> Verdict:
        """The worst of all checks."""
        return worst(self.said)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Sentences with number, threshold, cure and where to look; the worst first."""
        return tuple(one.sentence for one in self.said if one.verdict in ("doubtful", "bad"))


def type_of(header: Mapping[str, Any], path: Path | None = None) -> str:
    """Which type a file is of.

    Parameters
    ----------
    header : mapping
        REFTYPE of a reference, EXP_TYPE of an exposure.
    path : pathlib.Path, optional
        For messages.

    Returns
    -------
    str
        One of `known_types`.

    Raises
    ------
    InputError
        It says none of them.
    """
    said = str(header.get("REFTYPE") or "").strip().upper()
    if said in known_types():
        return said
    kind = str(header.get("EXP_TYPE") or "").strip().upper()
    found = next((word for word in _EXPOSURES if word in kind), "")
    if found:
        return found
    what = f"REFTYPE is {clean(said, 40)!r}" if said else f"EXP_TYPE is {clean(kind, 40)!r}" if kind else "no REFTYPE"
    raise InputError(
        f"It does not say which calibration it is: {what}.",
        path=path,
        cure=f"Name the type (--type); known are {', '.join(kind.lower() for kind in known_types())}.",
    )


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
    path, job = Path(path), job or Job("Validate")
    if kind is not None and kind.upper() not in known_types():
        listed = ", ".join(one.lower() for one in known_types())
        raise UsageError(f"There is no type {clean(kind, 40)!r}.", cure=f"Known are {listed}.")
    hdus = read_headers(path)
    whole = union(hdus)
    wanted = kind.upper() if kind is not None else type_of(whole, path)
    reference = says_reference(whole)
    checks = checks_for(wanted, changes)
    frame, header, notes = _pixels(path, wanted, hdus, job.part(0, 0.4))
    held = [check for check in checks.checks if applies(check, header, is_reference=reference)]
    figures = {"n_pixels": Metric(0, "pixel", "Pixels that see light.")}
    if frame is not None:
        asked = {check.figure for check in held}
        figures |= measure(frame, job.part(0.4, 0.6), pixels=wanted not in _OF_FLAGS, wanted=asked)
    if reference and wanted in CONTENTS:
        from calgui.core.validation.contents import describe_contents

        contents, why = describe_contents(wanted, path, frame)
        figures |= contents
        notes.append(why)
    used, comparison = "", None
    beside: tuple[Said, ...] = ()
    if cache is not None:
        from calgui.core.validation.against import compare_with_used

        against = compare_with_used(
            wanted, path, frame, header, cache, context, job.part(0.6, 0.7), is_reference=reference
        )
        figures |= dict(against.figures or {})
        used, comparison = against.file, against.comparison
        if against.refused and "against.shape_change" not in figures:
            told_of = (
                f"It does not fit to the reference in use (1 contradiction, 0 allowed): {clean(against.message, 400)}"
            )
            beside = (Said("against", "Comparison", "doubtful", 1, "", 0, told_of, "the headers of both"),)
        else:
            notes.append(against.message)
    by_algorithms: tuple[Said, ...] = ()
    if algorithms and any(is_measured(check.figure) for check in held):
        from calgui.core.validation.measured import measure_with, measuring

        measured = measure_with(measuring(wanted, held, frame), path, cache, context, job.part(0.7, 0.9))
        figures |= measured.figures
        by_algorithms = measured.said
        notes += measured.notes
    extensions = {hdu.name.upper() for hdu in hdus if hdu.name}
    said = [*judge(checks.checks, figures, header, extensions, is_reference=reference)]
    said += [*beside, *by_algorithms, *_whole(hdus)]
    # what a check of its own says of a keyword is not said twice
    told = {check.keyword for check in checks.checks if any(one.check == check.name and one.text for one in said)}
    shape = () if frame is None else frame.shape
    said += _metadata(header, path.name, shape, told, changes_of(checks.metadata))
    if certify and cache is not None and reference:
        if isinstance(certify, bool):
            from calgui.core.rules.certify import certify as ask

            (certify,) = ask(cache, [path], context, job.part(0.9, 1))
        said += _certified(certify)
    row = calibration_of(wanted)
    job.report(1.0, "Validated")
    return Validation(
        path, wanted, row.title if row else "", reference,
        tuple(sorted(said, key=lambda one: _ORDER[one.verdict])), figures, tuple(filter(None, notes)), used, comparison,
        checks.source,
    )  # fmt: skip


def is_measured(figure: str) -> bool:
    """Whether a figure is measured by an algorithm, such as ``measure_psf.strehl``."""
    return "." in figure and not figure.startswith("against.")


def _pixels(
    path: Path, kind: str, hdus: tuple[HduHeader, ...], job: Job
) -> tuple[Frame | None, Mapping[str, Any], list[str]]:
    """The image of a file, if it has one; its keywords; what is to be known of that."""
    if not any(hdu.is_image for hdu in hdus):
        return None, union(hdus), []
    try:
        frame = read_frame(path, extension_of(kind, path), job=job)
    except InputError as error:
        if any(hdu.warnings for hdu in hdus):
            raise  # it is cut off, or not as FITS has it
        return None, union(hdus), [f"Its pixels were not looked at: {error.message}"]
    return frame, frame.header, []


def _whole(hdus: tuple[HduHeader, ...]) -> list[Said]:
    """Whether each part of the file is there."""
    told = [clean(text, 160) for hdu in hdus for text in hdu.warnings]
    if not told:
        return [Said("file", "The file is whole", "good")]
    text = f"Not as it should be: {len(told)} of its parts, where 0 may be: {told[0].rstrip('.')}. Fetch it again."
    return [Said("file", "The file is whole", "doubtful", len(told), "", 0, text, "the headers of its extensions")]


def _metadata(
    header: Mapping[str, Any], name: str, shape: tuple[int, ...], told: Collection[str], mine: Changes
) -> list[Said]:
    """The metadata of its header; what is good is one line."""
    with changed(mine.limits):
        checked = check_header(header, name, "all", shape, mine.expected)
    told = {*told, *mine.off}
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


def _certified(found: "Certified") -> list[Said]:
    title = "crds certify"
    if found.problem:
        return [Said("certify", title, "unknown", text=found.problem)]
    errors, warnings = len(found.errors), len(found.warnings)
    made = [
        Said("certify", title, "bad", errors, "", 0, f"crds certify: {text}", "the headers") for text in found.errors
    ]
    made += [
        Said("certify", title, "doubtful", warnings, "", 0, f"crds certify warns: {text}", "the headers")
        for text in found.warnings
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
