"""What is found of a file before any threshold is asked: keywords, figures of its pixels, the reference in use."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from calgui.core.algorithms.metadata.algorithm import Checked, check_header
from calgui.core.algorithms.metadata.entries import clean
from calgui.core.algorithms.metadata.facts import is_reference as says_reference
from calgui.core.algorithms.registry import Metric
from calgui.core.errors import InputError, UsageError
from calgui.core.frames.fits import read_frame
from calgui.core.frames.frame import Frame
from calgui.core.frames.headers import HduHeader, read_headers, union
from calgui.core.jobs import Job
from calgui.core.runs.comparing.values import Comparison
from calgui.core.runs.references import extension_of
from calgui.core.validation.checks import checks_for, known_types
from calgui.core.validation.figures import measure
from calgui.core.validation.judging import Said, applies
from calgui.core.validation.photons import to_rate

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache

#: rows that tell one picture from another, and values without which there is no noise to do so
_ROWS, _FEWEST_VALUES = 64, 256
#: words of EXP_TYPE that are a type of reference
_EXPOSURES = ("FLUXSTAR", "PSFSTAR", "PINHOLE", "LENSLET", "FIBER", "DARK", "FLAT", "ARC", "SKY")
#: types whose image is flags, and no numbers of light
OF_FLAGS = frozenset({"MASK"})
#: figures of the hot pixels in their places (`calgui.core.validation.fingerprint`)
FINGERPRINT = "fingerprint."
#: types that say what no image shows (`calgui.core.validation.contents`)
CONTENTS = frozenset({"ADC", "DISTORTION", "NONLINCOEFF", "RECTMAT", "WAVECAL"})


@dataclass(frozen=True)
class Found:
    """What was found of a file; thresholds can be held against it again and again.

    Attributes
    ----------
    path : pathlib.Path
    type : str
        Reference type, upper case.
    is_reference : bool
        Whether it is a reference, and no exposure.
    header : mapping
        Keywords of the file, with those of its image.
    extensions : frozenset of str
        EXTNAMEs, upper case.
    warnings : tuple of str
        What is wrong with parts of the file.
    figures : mapping of str to Metric
        What was measured; of the comparison as ``against.NAME``.
    checked : Checked
        The metadata.
    notes : tuple of str
        Sentences that are no part of the verdict.
    used : str
        Name of the reference in use; empty where there is none or no cache.
    comparison : Comparison or None
        With it.
    shape : tuple of int
        Of its image, numpy order; empty where there is none.
    said : tuple of Said
        What was refused on the way, whatever the thresholds: by the comparison, by algorithms.
    pixels : str
        The same for files with the same pixels, and for no others; empty where there is no image with noise.
    details : mapping of str to str
        Figure to a sentence more that belongs to it.
    """

    path: Path
    type: str
    is_reference: bool
    header: Mapping[str, Any]
    extensions: frozenset[str]
    warnings: tuple[str, ...]
    figures: Mapping[str, Metric]
    checked: Checked
    notes: tuple[str, ...] = ()
    used: str = ""
    comparison: Comparison | None = None
    shape: tuple[int, ...] = ()
    said: tuple[Said, ...] = ()
    pixels: str = ""
    details: Mapping[str, str] = field(default_factory=dict)


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


def examine(
    path: Path,
    kind: str | None = None,
    cache: "Cache | None" = None,
    context: str | None = None,
    job: Job | None = None,
    changes: Path | None = None,
    *,
    algorithms: bool = True,
) -> Found:
    """Read a file and measure what the checks of its type ask for.

    Parameters
    ----------
    path : pathlib.Path
        It is read, never changed.
    kind : str, optional
        Its type, where its header does not say it.
    cache : Cache, optional
        Whose rules select the reference in use, with which it is compared.
    context : str, optional
        Its operational context by default.
    job : Job, optional
        Progress and cancel.
    changes : pathlib.Path, optional
        The user's changes of the checks.
    algorithms : bool
        Whether algorithms are run for the figures that checks ask of them, which takes seconds.

    Returns
    -------
    Found

    Raises
    ------
    InputError, UsageError
        The file cannot be read, its type is not known, or the changes cannot be understood.
    """
    job = job or Job("Validate")
    if kind is not None and kind.upper() not in known_types():
        listed = ", ".join(one.lower() for one in known_types())
        raise UsageError(f"There is no type {clean(kind, 40)!r}.", cure=f"Known are {listed}.")
    hdus = read_headers(path)
    whole = union(hdus)
    wanted = kind.upper() if kind is not None else type_of(whole, path)
    reference = says_reference(whole)
    checks = checks_for(wanted, changes).checks
    frame, header, notes = _pixels(path, wanted, hdus, job.part(0, 0.4))
    held = [check for check in checks if applies(check, header, is_reference=reference)]
    figures = {"n_pixels": Metric(0, "pixel", "Pixels that see light.")}
    if frame is not None:
        asked = {check.figure for check in held}
        figures |= measure(frame, job.part(0.4, 0.6), pixels=wanted not in OF_FLAGS, wanted=asked)
    if reference and wanted in CONTENTS:
        from calgui.core.validation.contents import describe_contents

        contents, why = describe_contents(wanted, path, frame)
        figures |= contents
        notes.append(why)
    used, comparison = "", None
    said: tuple[Said, ...] = ()
    details: dict[str, str] = {}
    if cache is not None:
        from calgui.core.validation.against import compare_with_used, rule_header_of

        level = figures["level_e_per_s"].value if "level_e_per_s" in figures else None
        against = compare_with_used(
            wanted, path, frame, header, cache, context, job.part(0.6, 0.7), is_reference=reference,
            level=level if isinstance(level, float) else None,
        )  # fmt: skip
        figures |= dict(against.figures or {})
        details |= against.details
        used, comparison = against.file, against.comparison
        if against.refused and "against.shape_change" not in figures:
            said += (_does_not_fit(against.message),)
        else:
            notes.append(against.message)
        if frame is not None and any(check.figure.startswith(FINGERPRINT) for check in held):
            from calgui.core.validation.fingerprint import fingerprint

            rule = rule_header_of(header, is_reference=reference)
            marks = fingerprint(
                frame, rule, cache, context, path, to_rate(frame.unit, header), str(header.get("DETECTOR") or "")
            )
            figures |= dict(marks.figures)
            details |= marks.details
    if algorithms and any(_is_measured(check.figure) for check in held):
        from calgui.core.validation.measured import measure_with, measuring

        measured = measure_with(measuring(wanted, held, frame), path, cache, context, job.part(0.7, 0.9))
        figures |= measured.figures
        said += measured.said
        notes += measured.notes
    extensions = frozenset(hdu.name.upper() for hdu in hdus if hdu.name)
    warnings = tuple(clean(text, 160) for hdu in hdus for text in hdu.warnings)
    shape = () if frame is None else tuple(frame.shape)
    checked = check_header(header, path.name, "all", shape)
    return Found(
        path, wanted, reference, header, extensions, warnings, figures, checked, tuple(filter(None, notes)), used,
        comparison, shape, said, "" if frame is None or wanted in OF_FLAGS else _digest(frame), details,
    )  # fmt: skip


def _digest(frame: Frame) -> str:
    """What tells the pixels of a picture from those of any other: of some rows of it, whose noise never repeats."""
    rows = frame.data.reshape(-1, frame.shape[-1])
    some = np.ascontiguousarray(rows[:: max(1, rows.shape[0] // _ROWS)])
    if some.size < _FEWEST_VALUES or np.unique(some[: _FEWEST_VALUES // some.shape[1] + 1]).size < _FEWEST_VALUES // 4:
        return ""
    return hashlib.blake2b(repr(frame.shape).encode() + some.tobytes(), digest_size=16).hexdigest()


def _is_measured(figure: str) -> bool:
    """Whether a figure is measured by an algorithm, such as ``measure_psf.strehl``."""
    return "." in figure and not figure.startswith(("against.", FINGERPRINT))


def _does_not_fit(why: str) -> Said:
    text = f"It does not fit to the reference in use (1 contradiction, 0 allowed): {clean(why, 400)}"
    return Said("against", "Comparison", "doubtful", 1, "", 0, text, "the headers of both")


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
