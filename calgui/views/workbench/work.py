"""What a page of the bench has done off the main thread: looking at its inputs with a preview, and whole runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from calgui.core.algorithms.badpixels.edits import Edits, with_edits
from calgui.core.algorithms.registry import Algorithm, Result
from calgui.core.algorithms.spectrummarks import Spectra
from calgui.core.errors import CalguiError, Cancelled
from calgui.core.frames.headers import rule_header
from calgui.core.jobs import Job
from calgui.core.runs.comparing import Comparison, compare_with_selected, comparer_of
from calgui.core.runs.flagged import KINDS_OF_MASKS, Flagged, flagged_pixels
from calgui.core.runs.measuring import Measured, glance, measure_files, refit, still_holds, unsolved
from calgui.core.runs.preview import Cut, Examined, centred_box, cut_inputs, examine, fitting_side, preview
from calgui.core.runs.report import RunReport
from calgui.core.runs.run import run_files
from calgui.core.runs.splitting import own_input

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache


@dataclass(frozen=True)
class Asked:
    """What the page says at one moment; a snapshot for work in another thread.

    Attributes
    ----------
    how : Algorithm
        The algorithm.
    paths : tuple of pathlib.Path
        Its inputs.
    options : mapping
        Option to value.
    given : mapping of str to pathlib.Path
        References chosen by hand, by type.
    cache : Cache or None
        Whose rules select the others.
    context : str or None
        In that cache.
    """

    how: Algorithm
    paths: tuple[Path, ...]
    options: Mapping[str, Any]
    given: Mapping[str, Path]
    cache: "Cache | None"
    context: str | None


@dataclass(frozen=True)
class Looked:
    """What a look at the inputs found.

    Attributes
    ----------
    examined : Examined
        What their headers say.
    cut : Cut or None
        The part that the preview is of.
    key : object
        What the cut-out was read from: the same key, the same cut-out.
    result : Result or None
        The preview.
    hot : Flagged
        Hot and warm pixels of the preview, or bad pixels of a map.
    error : CalguiError or None
        Why there is none.
    """

    examined: Examined
    cut: Cut | None = None
    key: Any = None
    result: Result | None = None
    hot: Flagged = field(default_factory=Flagged)
    error: CalguiError | None = None


@dataclass(frozen=True)
class Fitted:
    """What a look at the whole inputs of an algorithm that measures once has found.

    Attributes
    ----------
    asked : Asked
        What the page said.
    examined : Examined
        What the headers of the inputs say.
    measured : Measured or None
        What was measured: kept for the next look.
    report : RunReport or None
        Of the whole inputs, as of a run.
    hot : Flagged
        As of a run.
    error : CalguiError or None
        Why there is none.
    unsolved : Result or None
        What there is to see then.
    """

    asked: Asked
    examined: Examined
    measured: Measured | None = None
    report: RunReport | None = None
    hot: Flagged = field(default_factory=Flagged)
    error: CalguiError | None = None
    unsolved: Result | None = None


@dataclass(frozen=True)
class Made:
    """What a run of the whole frames gave.

    Attributes
    ----------
    report : RunReport
        Of the run.
    hot : Flagged
        Hot and warm pixels of the product, or bad pixels of a map.
    comparison : Comparison or None
        With the reference in use, where there is a cache.
    measured : Measured or None
        What was measured on the way, by an algorithm that keeps it.
    """

    report: RunReport
    hot: Flagged
    comparison: Comparison | None
    measured: Measured | None = None


def look(asked: Asked, side: int, centre: tuple[float | None, float | None], known: Looked | None, job: Job) -> Looked:
    """Look at the inputs, and preview what becomes of a part of them.

    Parameters
    ----------
    asked : Asked
        What the page says.
    side : int
        Of the cut-out, pixels.
    centre : tuple
        (x, y) of the cut-out; None for the middle.
    known : Looked or None
        The look before, whose cut-out is taken again where it is of the same files and part.
    job : Job
        Progress and cancel.

    Returns
    -------
    Looked

    Raises
    ------
    Cancelled
        When asked to stop.
    """
    how = asked.how
    examined = examine(how.name, asked.paths, asked.options, asked.given, asked.cache, asked.context, job.part(0, 0.2))
    if examined.problem is not None or not how.previewable or len(examined.shape) < 2:
        return Looked(examined)
    side = fitting_side(side, examined, how.preview_values)
    box = centred_box((examined.shape[-2], examined.shape[-1]), side, *centre)
    try:
        used, missing = examined.references, examined.missing
        key = (asked.paths, tuple(item.path for item in used), tuple(missing.items()), box, _stamps(asked.paths))
        if known is not None and known.cut is not None and known.key == key:
            cut = known.cut
        else:
            why_not = how.optional_references if how.tells_missing else ()
            cut = cut_inputs(asked.paths, used, box, job.part(0.2, 0.6), missing, why_not)
        result = preview(how.name, cut, asked.options, job.part(0.6, 1))
        return Looked(examined, cut, key, result, _hot(how, result))
    except Cancelled:
        raise
    except CalguiError as error:
        return Looked(examined, error=error)


def fitted_at_once(asked: Asked, known: Fitted | None) -> bool:
    """Whether only the fast part of an algorithm has to be done for what the page says now.

    Parameters
    ----------
    asked : Asked
        What the page says.
    known : Fitted or None
        The look before.

    Returns
    -------
    bool
        Inputs and references are looked at as files: their sizes and times alone.
    """
    if known is None or known.measured is None:
        return False
    before = known.asked
    if (before.given, before.cache, before.context) != (asked.given, asked.cache, asked.context):
        return False
    try:
        return still_holds(asked.how, known.measured, asked.paths, asked.options)
    except CalguiError:
        return False


def glance_at(asked: Asked, known: Fitted, spectrum: int) -> Spectra | None:
    """Fit the one spectrum that is looked at, before all others are.

    Parameters
    ----------
    asked : Asked
        What the page says.
    known : Fitted
        The look before.
    spectrum : int
        Which.

    Returns
    -------
    Spectra or None
        None where only a look at all of them can tell.
    """
    before = known.report.result.spectra if known.report is not None else None
    if before is None or known.measured is None or not fitted_at_once(asked, known):
        return None
    try:
        return glance(asked.how, known.measured, asked.options, before, spectrum)
    except CalguiError:
        # the look at all of them says so
        return None


def look_whole(asked: Asked, known: Fitted | None, job: Job) -> Fitted:
    """Measure on the whole inputs, or take what was measured before, and fit.

    Parameters
    ----------
    asked : Asked
        What the page says, of an algorithm with `Algorithm.measure`.
    known : Fitted or None
        The look before.
    job : Job
        Progress and cancel.

    Returns
    -------
    Fitted

    Raises
    ------
    Cancelled
        When asked to stop.
    """
    how = asked.how
    if known is not None and fitted_at_once(asked, known):
        examined, measured = known.examined, known.measured
    else:
        part = job.part(0, 0.05)
        examined = examine(how.name, asked.paths, asked.options, asked.given, asked.cache, asked.context, part)
        measured = None
        if examined.problem is not None:
            return Fitted(asked, examined)
    try:
        if measured is None:
            files = asked.paths, asked.options, asked.given, asked.cache, asked.context
            measured = measure_files(how, *files, job.part(0.05, 0.95))
        report = refit(how, measured, asked.options, job.part(0.95, 1))
        return Fitted(asked, examined, measured, report, _hot(how, report.result))
    except Cancelled:
        raise
    except CalguiError as error:
        seen = None if measured is None else unsolved(how, measured, asked.options)
        return Fitted(asked, examined, measured, error=error, unsolved=seen)


def make(asked: Asked, job: Job, known: Measured | None = None) -> Made:
    """Run the algorithm on the whole frames, and compare a new reference with the one in use.

    Parameters
    ----------
    asked : Asked
        What the page says.
    job : Job
        Progress and cancel.
    known : Measured, optional
        What was measured before; taken where it still holds.

    Returns
    -------
    Made

    Raises
    ------
    CalguiError
        As `run_files`; nothing is written in any case.
    """
    how, cache, context = asked.how, asked.cache, asked.context
    if how.measure is not None and (known is None or not still_holds(how, known, asked.paths, asked.options)):
        known = measure_files(how, asked.paths, asked.options, asked.given, cache, context, job.part(0, 0.8))
    first = 0.8 if known is not None else 0.0
    report = run_files(
        how.name, asked.paths, asked.options, asked.given, cache, context, job=job.part(first, 0.9), measured=known
    )
    product = how.product_of(report.result)
    comparison, comparer = None, comparer_of(product)
    compared = comparer.compared(report.result) if comparer is not None else None
    if comparer is not None and cache is not None and compared is not None:
        job.report(0.9, f"Comparing with the {comparer.word} in use")
        comparison = compare_with_selected(
            compared, rule_header(own_input(report)), cache, context, job.part(0.9, 1), product=product
        )
    return Made(report, _hot(how, report.result), comparison, known)


def painted(asked: Asked, report: RunReport, edits: Edits, compared: bool, job: Job) -> Made:
    """Put what was done by hand into the product of a run.

    Parameters
    ----------
    asked : Asked
        What the run was of.
    report : RunReport
        Of the run, without anything by hand.
    edits : Edits
        All that was done.
    compared : bool
        Whether it was compared with the reference in use, and is again.
    job : Job
        Progress and cancel.

    Returns
    -------
    Made
    """
    result = with_edits(report.result, edits)
    job.check()
    comparison = None
    if compared and asked.cache is not None and result.frame is not None:
        header, product = rule_header(own_input(report)), asked.how.product
        comparison = compare_with_selected(result.frame, header, asked.cache, asked.context, job, product=product)
    return Made(replace(report, result=result), _hot(asked.how, result), comparison)


def _hot(how: Algorithm, result: Result) -> Flagged:
    """The pixels to list: of a dark the brightest hot ones, of a map some of every kind."""
    if result.frame is None:
        return Flagged()
    if how.product == "MASK":
        return flagged_pixels(result.frame, KINDS_OF_MASKS, by_kind=True)
    return flagged_pixels(result.frame)


def _stamps(paths: tuple[Path, ...]) -> tuple[tuple[int, int], ...]:
    """Size and time of files: a cut-out of a file that has changed is read again."""
    found = [path.stat() for path in paths]
    return tuple((info.st_size, info.st_mtime_ns) for info in found)


def noted(result: Result, notes: tuple[str, ...]) -> Result:
    """A result whose reasons are followed by what it had to do without.

    Parameters
    ----------
    result : Result
        Any.
    notes : tuple of str
        Sentences.

    Returns
    -------
    Result
    """
    return replace(result, reasons=(*result.reasons, *notes)) if notes else result


def layers(result: Result) -> dict[str, Any]:
    """Planes of a result that are images of its pixels: what was taken out, the glow, the response, ...

    Parameters
    ----------
    result : Result
        Any.

    Returns
    -------
    dict of str to ndarray
        By the name of their extension.
    """
    shape = result.frame.shape if result.frame is not None else ()
    planes = {name: plane for name, plane in result.planes.items() if isinstance(plane, np.ndarray)}
    return {name: plane for name, plane in planes.items() if plane.shape == shape and plane.dtype.kind in "fiub"}
