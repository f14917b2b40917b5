"""The pictures behind the reasons of the file that is looked at, made off the main thread."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from calgui.core.errors import CalguiError
from calgui.core.frames.fits import read_frame
from calgui.core.frames.frame import Frame
from calgui.core.jobs import Job
from calgui.core.runs.comparing.values import Comparison
from calgui.core.runs.references import extension_of
from calgui.core.validation import Check, Said, Validation
from calgui.core.validation.against import compare_with_used
from calgui.core.validation.pictures import Illustration, Pictures

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache


@dataclass(frozen=True, eq=False)
class Looked:
    """A file that is looked at.

    Attributes
    ----------
    frame : Frame or None
        Its image.
    comparison : Comparison or None
        With the reference in use, the picture of the difference with it.
    shown : mapping of str to Illustration
        Name of a check to its picture.
    made : mapping of (Said, Check or None) to Illustration
        The same by what they are of: they need not be made again.
    """

    frame: Frame | None
    comparison: Comparison | None
    shown: Mapping[str, Illustration] = field(default_factory=dict)
    made: Mapping[tuple[Said, Check | None], Illustration] = field(default_factory=dict, repr=False)


def key_of(said: Said) -> str:
    """What tells a line of a validation from the others: several may be of one check.

    Parameters
    ----------
    said : Said

    Returns
    -------
    str
    """
    return f"{said.check} {said.text}" if said.check == "certify" else said.check


def look(
    validation: Validation,
    before: Looked | None,
    cache: "Cache | None",
    context: str | None,
    job: Job,
    wanted: Said | None = None,
) -> Looked:
    """Make the pictures of all checks that are not good.

    Parameters
    ----------
    validation : Validation
    before : Looked or None
        Of the same file as it was found, whose pixels need not be read again.
    cache : Cache or None
        Whose reference in use it is compared with.
    context : str or None
    job : Job
        Cancel.
    wanted : Said, optional
        Another check whose picture is asked for.

    Returns
    -------
    Looked
    """
    found = validation.found
    assert found is not None
    frame, comparison = (before.frame, before.comparison) if before is not None else (None, found.comparison)
    if before is None:
        try:
            frame = read_frame(found.path, extension_of(found.type, found.path), job=job.part(0, 0.5))
        except CalguiError:
            frame = None  # the reasons say so
        if comparison is not None and cache is not None:
            made = compare_with_used(
                found.type, found.path, frame, found.header, cache, context, job.part(0.5, 0.9),
                is_reference=found.is_reference,
            )  # fmt: skip
            comparison = made.comparison or comparison
    pictures = Pictures(found, frame, comparison, job)
    lines = [said for said in validation.said if said.verdict in ("bad", "doubtful")]
    if wanted is not None:
        lines.append(wanted)
    listed = validation.listed
    known = before.made if before is not None else {}
    shown, made_of = {}, {}
    for said in lines:
        check = listed.named(said.check) if listed is not None else None
        one = known.get((said, check)) or pictures.of(said, check)
        shown[key_of(said)] = made_of[said, check] = one
    return Looked(frame, comparison, shown, made_of)
