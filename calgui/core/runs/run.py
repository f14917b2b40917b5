"""One algorithm on files: references found, inputs checked, the product written with where everything came from."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calgui import __version__
from calgui.core.algorithms.options import parse
from calgui.core.algorithms.registry import Algorithm, Metric, Result, Verdict, algorithm
from calgui.core.errors import InputError
from calgui.core.frames.fits import open_frame
from calgui.core.frames.frame import Frame, FrameLike
from calgui.core.frames.headers import Header
from calgui.core.frames.writing import ExtraHdu, write_frame
from calgui.core.jobs import Job
from calgui.core.runs.references import UsedReference, find_references

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache

#: parts of the work, as fractions: checksums, computing, writing
_SUMS, _COMPUTED = 0.1, 0.9


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
    """

    algorithm: str
    options: Mapping[str, Any]
    inputs: tuple[Path, ...]
    references: tuple[UsedReference, ...]
    context: str | None
    result: Result
    outputs: tuple[Path, ...] = ()

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
        """Sentences behind the verdict."""
        return self.result.reasons


@dataclass(frozen=True)
class Provenance:
    """Where a product comes from.

    Attributes
    ----------
    inputs : mapping of pathlib.Path to str
        File to its sha1.
    references : mapping of pathlib.Path to str
        The same for references.
    """

    inputs: Mapping[Path, str] = field(default_factory=dict)
    references: Mapping[Path, str] = field(default_factory=dict)


def run_files(
    name: str,
    inputs: Sequence[Path | str],
    options: Mapping[str, Any] | None = None,
    references: Mapping[str, Path | str] | None = None,
    cache: "Cache | Path | str | None" = None,
    context: str | None = None,
    out: Path | str | None = None,
    job: Job | None = None,
    *,
    keywords: Mapping[str, Any] | None = None,
    overwrite: bool = False,
) -> RunReport:
    """Run an algorithm on files, and write its product.

    Parameters
    ----------
    name : str
        Name of the algorithm.
    inputs : sequence of path-like
        FITS files; read in bands, never changed.
    options : mapping, optional
        Option to value, as text or in its type.
    references : mapping, optional
        Reference type to file; these are not asked of the rules.
    cache : Cache or path-like, optional
        Whose rules select the references that are not given.
    context : str, optional
        A context of the cache; its operational one by default.
    out : path-like, optional
        The new file; without it nothing is written.
    job : Job, optional
        Progress and cancel.
    keywords : mapping, optional
        For the header of the product, such as AUTHOR, DESCRIP, PEDIGREE, USEAFTER; a value or ``(value, comment)``.
    overwrite : bool
        Whether an older file may be replaced; never one of the inputs or references.

    Returns
    -------
    RunReport

    Raises
    ------
    UsageError, InputError, AlgorithmError, Cancelled
        Nothing is written then.
    """
    job = job or Job(f"Run {name}")
    how = algorithm(name)
    config = parse(how.config, options or {})
    paths = tuple(Path(path) for path in inputs)
    check_count(how, len(paths))
    target = Path(out) if out is not None else None
    with ExitStack() as stack:
        opened = _opened_cache(cache, stack)
        frames = [stack.enter_context(open_frame(path)) for path in paths]
        given = {kind.upper(): Path(path) for kind, path in (references or {}).items()}
        used = find_references(how, [frame.header for frame in frames], paths, given, opened, context)
        if target is not None:
            check_target(target, paths, used, opened, overwrite)
        if how.check is not None:
            how.check(frames, config)
        sources = {item.type: stack.enter_context(open_frame(item.path)) for item in used}
        origin = provenance(paths, used, job.part(0, _SUMS)) if target is not None else Provenance()
        result = how.run(frames, sources, config, job.part(_SUMS if target else 0, _COMPUTED if target else 1))
        in_force = context or (opened.default_context if opened is not None else None)
        report = RunReport(name, values_of(config), paths, used, in_force, result)
        if target is None:
            return report
        job.report(_COMPUTED, "Writing")
        written = write_product(report, frames, target, origin, keywords, opened, overwrite=overwrite)
    job.report(1.0, "Written")
    return RunReport(**{**vars(report), "outputs": (written,)})


def check_count(how: Algorithm, count: int) -> None:
    """Refuse too few or too many inputs.

    Parameters
    ----------
    how : Algorithm
        Says how many it takes.
    count : int
        How many there are.

    Raises
    ------
    InputError
        Saying how many are needed.
    """
    low, high = how.minimum_inputs, how.maximum_inputs
    if count < low or (high is not None and count > high):
        span = f"{low}" if high == low else f"{low} or more" if high is None else f"{low} to {high}"
        raise InputError(f"{how.title} takes {span} files, {count} given.", cure=f"Give {how.inputs}.")


def values_of(config: Any) -> dict[str, Any]:
    """Options of a configuration as plain values.

    Parameters
    ----------
    config : object
        An instance of an algorithm's configuration class.

    Returns
    -------
    dict
        Option to value.
    """
    return {key: getattr(value, "value", value) for key, value in vars(config).items()}


def provenance(inputs: Sequence[Path], used: Sequence[UsedReference], job: Job) -> Provenance:
    """Checksums of everything that goes into a product.

    Parameters
    ----------
    inputs : sequence of pathlib.Path
        Input files.
    used : sequence of UsedReference
        References.
    job : Job
        Progress and cancel.

    Returns
    -------
    Provenance
    """
    paths = [*inputs, *(item.path for item in used)]
    sums = {path: _sha1(path, job) for path in job.track(paths, len(paths), "Checksums")}
    return Provenance({path: sums[path] for path in inputs}, {item.path: sums[item.path] for item in used})


def write_product(
    report: RunReport,
    frames: Sequence[FrameLike],
    path: Path,
    origin: Provenance,
    keywords: Mapping[str, Any] | None = None,
    cache: "Cache | None" = None,
    *,
    overwrite: bool = False,
) -> Path:
    """Write the product of a run with its provenance.

    Parameters
    ----------
    report : RunReport
        With the result.
    frames : sequence of FrameLike
        The inputs.
    path : pathlib.Path
        The new file.
    origin : Provenance
        Checksums.
    keywords : mapping, optional
        They override what is derived.
    cache : Cache, optional
        Its observatory knows the keyword in which a used reference is named.
    overwrite : bool
        Whether an older file may be replaced.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    InputError
        When there is nothing to write, or it cannot be written.
    """
    result = report.result
    if result.frame is None:
        raise InputError(f"{report.algorithm} makes no file.", path=path, cure="Run it without an output.")
    header = Header(result.frame.header)
    header.comments = {**getattr(frames[0].header, "comments", {}), **header.comments}
    for source in (described(report, frames, cache), result.keywords, keywords or {}):
        for keyword, value in source.items():
            header[keyword.upper()] = value
    before = str(result.frame.header.get("HISTORY") or "")
    header["HISTORY"] = "\n".join(filter(None, [before, *history(report, origin)]))
    frame = Frame(result.frame.data, result.frame.err, result.frame.dq, header, path)
    planes = [ExtraHdu(name, plane) for name, plane in result.planes.items()]
    return write_frame(frame, path, planes, overwrite=overwrite)


def history(report: RunReport, origin: Provenance) -> list[str]:
    """HISTORY of a product: software, options, inputs and references with size and sha1.

    Parameters
    ----------
    report : RunReport
        What was done.
    origin : Provenance
        Checksums.

    Returns
    -------
    list of str
        Lines of up to 72 characters.
    """
    lines = [f"calgui {__version__}: {report.algorithm}, verdict {report.verdict}"]
    lines += [f"option {name} = {value}" for name, value in report.options.items() if value is not None]
    for what, sums in (("input", origin.inputs), ("reference", origin.references)):
        for path, sha1 in sums.items():
            lines += [f"{what} {path.name}", f"  {path.stat().st_size} bytes, sha1 {sha1}"]
    lines += report.reasons
    return [piece for line in lines for piece in _wrapped(line)]


def described(report: RunReport, frames: Sequence[FrameLike], cache: "Cache | None") -> dict[str, tuple[Any, str]]:
    """Keywords that say what a product is, and what it was made with.

    Parameters
    ----------
    report : RunReport
        What was done.
    frames : sequence of FrameLike
        The inputs.
    cache : Cache or None
        Its observatory knows the keyword in which a used reference is named.

    Returns
    -------
    dict
        Keyword to value and comment.
    """
    how = algorithm(report.algorithm)
    made: dict[str, tuple[Any, str]] = {
        "CAL_VER": (f"calgui {__version__}", "software that made this file"),
        "CALALGO": (how.name, "algorithm"),
        "CALVERD": (report.verdict, "verdict: good, doubtful or bad"),
        "NINPUTS": (len(report.inputs), "number of input files"),
    }
    if how.product:
        made |= _reference_cards(how, frames)
    selected = False
    for item in report.references:
        observed = cache.observatory.reference_keyword(item.type.lower()) if cache is not None else None
        selected |= item.selected
        prefix = "crds://" if item.selected else ""
        made[observed or f"R_{item.type}"[:8]] = (f"{prefix}{item.path.name}", f"{item.type} used")
    if selected and report.context:
        made["CRDS_CTX"] = (report.context, "CRDS context that selected it")
    return made


def _reference_cards(how: Algorithm, frames: Sequence[FrameLike]) -> dict[str, tuple[Any, str]]:
    """What CRDS needs to know of a new reference file."""
    starts = sorted(filter(None, (_moment(frame.header) for frame in frames)))
    times = {frame.header.get("EXPTIME") for frame in frames}
    of = f" of {next(iter(times)):g} s" if len(times) == 1 and isinstance(next(iter(times)), int | float) else ""
    simulated = all(str(frame.header.get("PEDIGREE", "")).upper().startswith("SIMULATION") for frame in frames)
    made: dict[str, tuple[Any, str]] = {
        "REFTYPE": (how.product, "kind of reference file"),
        "PEDIGREE": ("SIMULATION" if simulated else "GROUND", "where the data come from"),
        "AUTHOR": (f"calgui {__version__}", "who made this file"),
        "DESCRIP": (f"{how.title} of {len(frames)} frames{of}", "what this file is"),
    }
    if starts:
        made["USEAFTER"] = (starts[0], "use for observations from this time on (UTC)")
    return made


def _moment(header: Mapping[str, Any]) -> str:
    """Start of an exposure, padded as CRDS compares dates: as texts."""
    date, time = str(header.get("DATE-OBS") or "").strip(), str(header.get("TIME-OBS") or "").strip()
    date, _, own_time = date.partition("T")
    return f"{date}T{(time or own_time or '00:00:00').split('.')[0]}" if date else ""


def _opened_cache(cache: "Cache | Path | str | None", stack: ExitStack) -> "Cache | None":
    if not isinstance(cache, Path | str):
        return cache
    from calgui.core.rules.cache import Cache

    opened = Cache.open(cache)
    stack.callback(opened.close)
    return opened


def check_target(
    target: Path, inputs: Sequence[Path], used: Sequence[UsedReference], cache: "Cache | None", overwrite: bool
) -> None:
    """Refuse, before anything is computed, an output that could not or must not be written.

    Parameters
    ----------
    target : pathlib.Path
        The new file.
    inputs : sequence of pathlib.Path
        Never to be replaced.
    used : sequence of UsedReference
        Never to be replaced.
    cache : Cache or None
        Never written to.
    overwrite : bool
        Whether an older file may be replaced.

    Raises
    ------
    InputError
        Saying why.
    """
    place = target.resolve()
    if any(place == path.resolve() for path in (*inputs, *(item.path for item in used))):
        raise InputError("The output is one of the inputs.", path=target, cure="Choose another name.")
    if cache is not None and place.is_relative_to(cache.path.resolve()):
        raise InputError(
            "The output lies inside the cache, which is never changed.", path=target, cure="Choose another folder."
        )
    if target.exists() and not overwrite:
        raise InputError(
            "The file exists already.", path=target, cure="Choose another name, or ask for it to be replaced."
        )
    if not target.parent.is_dir():
        raise InputError("The folder of the output does not exist.", path=target.parent, cure="Make it first.")


def _sha1(path: Path, job: Job) -> str:
    digest = hashlib.sha1(usedforsecurity=False)
    with path.open("rb") as file:
        while piece := file.read(4 << 20):
            job.check()
            digest.update(piece)
    return digest.hexdigest()


def _wrapped(line: str, width: int = 72) -> list[str]:
    """A line in pieces that fit a card; every word stays whole where it can."""
    import textwrap

    return textwrap.wrap(line, width, subsequent_indent="    ", break_on_hyphens=False) or [""]


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
        "metrics": {name: _number(metric.value) for name, metric in report.metrics.items()},
        "verdict": report.verdict,
        "reasons": list(report.reasons),
        "tables": [
            {"title": table.title, "columns": list(table.columns), "rows": [list(row) for row in table.rows],
             "flagged": list(table.flagged)}
            for table in report.result.tables
        ],
        "outputs": [str(path) for path in report.outputs],
    }  # fmt: skip


def _number(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
