"""Figures of science: what the algorithms of a calibration measure on a file, as figures for checks."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from calgui.core.algorithms.inputkinds import kind_of
from calgui.core.algorithms.metadata.entries import clean
from calgui.core.algorithms.registry import Metric, Result, algorithm, registry
from calgui.core.catalogue import calibration_of
from calgui.core.errors import AlgorithmError, CalguiError, Cancelled, InputError
from calgui.core.frames.frame import FrameLike
from calgui.core.frames.headers import read_headers, union
from calgui.core.jobs import Job
from calgui.core.runs.comparing.selected import compare_with_selected
from calgui.core.runs.comparing.values import comparer_of
from calgui.core.runs.run import run_files
from calgui.core.validation.checks import Check
from calgui.core.validation.judging import Said

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache

#: algorithm -> what it makes, which is compared with the reference in use
_PRODUCTS: Mapping[str, str] = {"wavelength-solution": "WAVECAL", "distortion-solution": "DISTORTION"}


@dataclass(frozen=True)
class Measured:
    """What algorithms say of a file.

    Attributes
    ----------
    figures : mapping of str to Metric
        By ``ALGORITHM.NAME``, with ``_`` for each ``-``.
    said : tuple of Said
        One for each algorithm: whether it could measure, and does not call the outcome bad.
    notes : tuple of str
        What else they say, which is no part of the verdict.
    """

    figures: Mapping[str, Metric] = field(default_factory=dict)
    said: tuple[Said, ...] = ()
    notes: tuple[str, ...] = ()


def measuring(kind: str, checks: Sequence[Check], frame: FrameLike | None = None) -> tuple[str, ...]:
    """Algorithms that some checks ask for.

    Parameters
    ----------
    kind : str
        Reference type, upper case.
    checks : sequence of Check
        Those that hold for the file. A figure such as ``measure_psf.strehl`` asks for ``measure-psf``.
    frame : FrameLike, optional
        The file's image, where it has one.

    Returns
    -------
    tuple of str
        Of the calibration that the type belongs to, as far as they take a single file, and such an image.
    """
    shape = None if frame is None else kind_of(frame)
    row = calibration_of(kind)
    asked = {check.figure.partition(".")[0] for check in checks if "." in check.figure}
    return tuple(
        name
        for name in (row.algorithms if row is not None else ())
        if name.replace("-", "_") in asked
        and name in registry()
        and algorithm(name).minimum_inputs == 1
        and (shape is None or shape in algorithm(name).takes)
    )


def measure_with(names: Sequence[str], path: Path, cache: "Cache | None", context: str | None, job: Job) -> Measured:
    """Run algorithms on a file, and write nothing.

    Parameters
    ----------
    names : sequence of str
        Algorithms, with their default options.
    path : pathlib.Path
        The file.
    cache : Cache or None
        Whose rules select the references that they use.
    context : str or None
        Its operational context if None.
    job : Job
        Progress and cancel.

    Returns
    -------
    Measured
        That one refuses the file, or could not give an answer, is bad: its calibration cannot be made of it. What lies
        elsewhere, such as in the cache, is a note.
    """
    figures: dict[str, Metric] = {}
    said: list[Said] = []
    notes: list[str] = []
    for place, name in enumerate(names):
        title, short = algorithm(name).title, name.replace("-", "_")
        try:
            report = run_files(name, [path], cache=cache, context=context, job=job.part(place / len(names), 1))
        except Cancelled:
            raise
        except (AlgorithmError, InputError) as error:
            text = f"{title} cannot use it (1 failure, 0 allowed): {clean(error.message, 300)}"
            said.append(Said(short, title, "bad", 1, "", 0, f"{text} {clean(error.cure, 200)}".strip(), "the picture"))
            continue
        except CalguiError as error:
            notes.append(f"{name} did not run: {clean(f'{error.message} {error.cure}'.strip(), 400)}")
            continue
        result = report.result
        figures |= {f"{short}.{key.lower()}": metric for key, metric in result.metrics.items()}
        figures |= _scatter_error(short, figures)
        if cache is not None and name in _PRODUCTS:
            figures |= _beside(name, short, report.result, path, cache, context, job)
        if result.verdict != "bad":
            said.append(Said(short, title, "good"))
            notes += [f"{name}: {clean(text, 300)}" for text in result.reasons]
            continue
        told = [clean(text, 300) for text in result.reasons] or ["it gives no reason."]
        notes += [f"{name}: {text}" for text in told[1:]]
        text = f"{title} calls it bad, with {len(told)} of its reasons where 0 belong: {told[0]}"
        said.append(Said(short, title, "bad", len(told), "", 0, text, f"the plots of {name} on the bench"))
    return Measured(figures, tuple(said), tuple(notes))


def _scatter_error(short: str, figures: Mapping[str, Metric]) -> dict[str, Metric]:
    """One sigma of the scatter about a solution: of few lines, or pinholes, it is not well known."""
    asked = [
        f"{short}.{key}"
        for key in ("rms_pixel", "order", "n_lines" if short == "wavelength_solution" else "n_pinholes")
    ]
    values = [figures[name].value if name in figures else None for name in asked]
    if not all(isinstance(value, int | float) for value in values):
        return {}
    rms, order, count = (float(value) for value in values if isinstance(value, int | float))
    # of both axes, with a polynomial of x and y for each, are the pinholes
    free = count - order - 1 if short == "wavelength_solution" else 2 * count - (order + 1) * (order + 2)
    error = rms / math.sqrt(2 * max(free, 1.0))
    return {f"{short}.rms_error_pixel": Metric(error, "pixel", "One sigma of the scatter, by the number of residuals.")}


def _beside(
    name: str, short: str, result: Result, path: Path, cache: "Cache", context: str | None, job: Job
) -> dict[str, Metric]:
    """What an algorithm finds on an exposure, beside its reference in use."""
    product = _PRODUCTS[name]
    how = comparer_of(product)
    new = how.compared(result) if how is not None else None
    if new is None:
        return {}
    try:
        found = compare_with_selected(new, union(read_headers(path)), cache, context, job, product=product)
    except CalguiError:
        return {}
    return {f"{short}.against_{key}": metric for key, metric in found.metrics.items()}
