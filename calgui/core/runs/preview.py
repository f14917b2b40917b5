"""A quick look at what an algorithm will give: the same algorithm on a part of the inputs."""

import math
from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calgui.core.algorithms.geometry import Region, cut_out, place_in, region_of, same_part
from calgui.core.algorithms.given import Missing, References
from calgui.core.algorithms.inputkinds import InputKind, check_kinds, kind_of
from calgui.core.algorithms.options import parse
from calgui.core.algorithms.ramps.parts import cut_ramp
from calgui.core.algorithms.registry import Algorithm, Result, algorithm
from calgui.core.errors import CalguiError, InputError
from calgui.core.frames.frame import Frame, FrameLike, size_text
from calgui.core.frames.spectra import open_input
from calgui.core.frames.statistics import Box
from calgui.core.jobs import Job
from calgui.core.runs.headerframes import enter_input
from calgui.core.runs.opening import unreadable
from calgui.core.runs.references import (
    FoundReferences,
    UnusedReference,
    UsedReference,
    find_references,
    of_product,
    open_reference,
)
from calgui.core.runs.run import check_count

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache

#: values of a cube that a preview works on
_CUBE_VALUES = 150_000


@dataclass(frozen=True)
class InputFacts:
    """What a list of inputs says of one file.

    Attributes
    ----------
    path : pathlib.Path
        The file.
    detector, exposure, size, date : str
        For people; empty where the header does not say.
    error : CalguiError or None
        Why it cannot be used.
    """

    path: Path
    detector: str = ""
    exposure: str = ""
    size: str = ""
    date: str = ""
    error: CalguiError | None = None


@dataclass(frozen=True)
class Examined:
    """Whether an algorithm can be run, and with which references.

    Attributes
    ----------
    inputs : tuple of InputFacts
        One for each file.
    references : tuple of UsedReference
        Found or given.
    problem : CalguiError or None
        The first reason why it cannot be run; its ``path`` is the file to blame, where there is one.
    shape : tuple of int
        Of the first input; empty where none can be read.
    kind : str or None
        What the first input is: ``image``, ``ramp``, ``cube``.
    missing : mapping of str to Missing
        Type to why there is no reference, of an algorithm that tells what it did without.
    unused : tuple of UnusedReference
        Optional references that are selected and cannot be used.
    """

    inputs: tuple[InputFacts, ...]
    references: tuple[UsedReference, ...] = ()
    problem: CalguiError | None = None
    shape: tuple[int, ...] = ()
    kind: InputKind | None = None
    missing: Mapping[str, Missing] = field(default_factory=dict)
    unused: tuple[UnusedReference, ...] = ()


@dataclass(frozen=True)
class Cut:
    """The same part of all inputs and references, in memory.

    Attributes
    ----------
    box : Box
        Which part.
    whole : tuple of int
        (ny, nx) of the inputs.
    frames : tuple of Frame
        Of the inputs.
    references : References
        By type.
    """

    box: Box
    whole: tuple[int, int]
    frames: tuple[Frame, ...]
    references: References

    @property
    def text(self) -> str:
        """Which part it is, for people."""
        box = self.box
        wide, high = box.x_stop - box.x_start, box.y_stop - box.y_start
        if (high, wide) == self.whole:
            return f"whole frame {wide} × {high}"
        return f"cut-out {wide} × {high} from x {box.x_start}, y {box.y_start}"


def examine(
    name: str,
    inputs: Sequence[Path],
    options: Mapping[str, Any],
    given: Mapping[str, Path],
    cache: "Cache | None",
    context: str | None,
    job: Job,
) -> Examined:
    """Look at the headers of the inputs, and find the references; no pixel is read.

    Parameters
    ----------
    name : str
        Of the algorithm.
    inputs : sequence of pathlib.Path
        FITS files.
    options : mapping
        Option to value.
    given : mapping of str to pathlib.Path
        References chosen by hand, by type.
    cache : Cache or None
        Whose rules select the others.
    context : str or None
        Its operational context if None.
    job : Job
        Progress and cancel.

    Returns
    -------
    Examined
        What is wrong is a value here, not an exception.
    """
    how = algorithm(name)
    with ExitStack() as stack:
        facts: list[InputFacts] = []
        frames: list[FrameLike] = []
        problem: CalguiError | None = None
        for path in job.track(inputs, len(inputs), "Looking at the inputs"):
            try:
                frame = enter_input(stack, how, path)
            except InputError as error:
                facts.append(InputFacts(path, error=error))
                problem = problem or error
                continue
            frames.append(frame)
            facts.append(_facts(path, frame))
        shape = frames[0].shape if frames else ()
        if problem is not None:
            return Examined(tuple(facts), (), problem, shape)
        found = FoundReferences()
        headers = [frame.header for frame in frames]
        try:
            check_count(how, len(inputs))
            check_kinds(how, frames)
            config = parse(how.config, options)
            if how.check is not None:
                how.check(frames, config)
            asked = how.wants(frames, config) if how.wants is not None else None
            chosen, asking = of_product(how, headers, inputs, config)
            found = find_references(how, chosen, asking, given, cache, context, asked)
        except CalguiError as error:
            problem = error
        kind = kind_of(frames[0]) if frames else None
        return Examined(tuple(facts), found.used, problem, shape, kind, found.missing, found.unused)


def _facts(path: Path, frame: FrameLike) -> InputFacts:
    header = frame.header
    seconds = next((header[key] for key in ("EFFINTTM", "EXPTIME", "EFFEXPTM") if _is_number(header.get(key))), None)
    date = str(header.get("DATE-OBS") or "").strip()
    time = str(header.get("TIME-OBS") or "").strip().split(".")[0]
    return InputFacts(
        path,
        str(header.get("DETECTOR") or header.get("INSTRUME") or "").strip(),
        f"{seconds:g} s" if seconds is not None else "",
        size_text(frame.shape) if frame.shape != (0,) else "header alone",
        date if "T" in date or not time else f"{date} {time}",
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def fitting_side(side: int, examined: Examined, values: int | None = None) -> int:
    """Side of a cut-out that is computed at once.

    Parameters
    ----------
    side : int
        The one that was asked for, pixels.
    examined : Examined
        What the inputs are.
    values : int, optional
        Of all images together, at most (`Algorithm.preview_values`).

    Returns
    -------
    int
        Less for a cube, whose spaxels have hundreds of values each, and where many images would be over ``values``.
    """
    if examined.kind == "cube" and len(examined.shape) > 2:
        return min(side, max(8, math.isqrt(_CUBE_VALUES // max(examined.shape[-3], 1))))
    return side if values is None else min(side, max(64, math.isqrt(values // max(len(examined.inputs), 1))))


def centred_box(shape: tuple[int, int], side: int, x: float | None = None, y: float | None = None) -> Box:
    """A square part of an image, moved inside where it would lie over the edge.

    Parameters
    ----------
    shape : tuple of int
        (ny, nx) of the image.
    side : int
        Pixels; the whole length of an axis that is shorter.
    x, y : float, optional
        Its centre; else that of the image.

    Returns
    -------
    Box
    """

    def span(length: int, centre: float | None) -> tuple[int, int]:
        size = min(side, length)
        middle = (length - 1) / 2 if centre is None else centre
        first = min(max(round(middle - (size - 1) / 2), 0), length - size)
        return first, first + size

    return Box(*span(shape[1], x), *span(shape[0], y))


def cut_inputs(
    inputs: Sequence[Path],
    references: Sequence[UsedReference],
    box: Box,
    job: Job,
    missing: Mapping[str, Missing] | None = None,
    why_not: Collection[str] = (),
) -> Cut:
    """Read the same part of all inputs and references.

    Parameters
    ----------
    inputs : sequence of pathlib.Path
        Of one size, or of parts of one detector: those that do not show the part are left out. A cube of another size
        is read whole.
    references : sequence of UsedReference
        Those of the inputs' part of the detector, or of more of it, are cut too; others are read whole.
    box : Box
        Which part; cut off at the edge of an image.
    job : Job
        Progress and cancel.
    missing : mapping of str to Missing, optional
        Type to why there is no reference.
    why_not : collection of str
        Types of which one that the rules select, and which cannot be read, is told of and does not end the preview.

    Returns
    -------
    Cut

    Raises
    ------
    InputError
        A file cannot be read.
    """
    frames = []
    whole = (0, 0)
    first: Region | None = None
    total = len(inputs) + len(references)
    for number, path in enumerate(inputs):
        job.report(number / total, "Reading the cut-out")
        with open_input(path) as source:
            size = (source.shape[-2], source.shape[-1])
            whole = whole if number else size
            first = first or region_of(source)
            if size != whole and kind_of(source) == "cube":
                # the sky of a cube may be one spaxel, or another field
                frames.append(cut_out(source, slice(0, size[0]), slice(0, size[1])))
                continue
            part = same_part(box.slices, first, source)
            if part is None:
                continue
            cut = cut_ramp if kind_of(source) == "ramp" else cut_out
            frames.append(cut(source, *part))
    sources: dict[str, Frame] = {}
    why = dict(missing or {})
    for item in references:
        job.check()
        try:
            sources[item.type] = _cut_reference(item, frames[0] if frames else None)
        except InputError as error:
            if not item.selected or item.type not in why_not:
                raise
            why[item.type] = unreadable(item, error)
    by_hand = frozenset(item.type for item in references if not item.selected)
    return Cut(box, whole, tuple(frames), References(sources, why, by_hand))


def _cut_reference(item: UsedReference, image: Frame | None) -> Frame:
    with open_reference(item) as source:
        if len(source.shape) < 2:  # a spectrum
            line = source.rows(0, source.shape[0])
            return Frame(line.data, line.err, line.dq, source.header, source.path)
        place = place_in(image, source) if image is not None else None
        high, wide = source.shape[-2:]
        rows, columns = slice(0, high), slice(0, wide)
        if image is not None and place is not None:
            (ny, nx), (y, x) = image.shape[-2:], place
            rows, columns = slice(y, y + ny), slice(x, x + nx)
        return cut_out(source, rows, columns)


def preview(name: str, cut: Cut, options: Mapping[str, Any], job: Job) -> Result:
    """Run an algorithm on a part of its inputs.

    Parameters
    ----------
    name : str
        Of the algorithm.
    cut : Cut
        From `cut_inputs`.
    options : mapping
        Option to value.
    job : Job
        Progress and cancel.

    Returns
    -------
    Result
        Of this part alone.

    Raises
    ------
    InputError, UsageError, AlgorithmError, Cancelled
    """
    how: Algorithm = algorithm(name)
    return how.run(cut.frames, cut.references, parse(how.config, options), job)
