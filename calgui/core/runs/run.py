"""One algorithm on files: references found, inputs checked, the product written with where everything came from."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calgui.core.algorithms.given import Missing
from calgui.core.algorithms.inputkinds import check_kinds
from calgui.core.algorithms.options import parse
from calgui.core.algorithms.registry import Algorithm, algorithm
from calgui.core.errors import AlgorithmError, InputError
from calgui.core.frames.fits import FitsFrame
from calgui.core.jobs import Job
from calgui.core.runs.gathering import Gathered, gather
from calgui.core.runs.headerframes import HeaderFrame, enter_input
from calgui.core.runs.opening import open_references
from calgui.core.runs.product import Provenance, check_target, summing, write_product
from calgui.core.runs.references import UnusedReference, UsedReference, find_references, of_product
from calgui.core.runs.report import RunReport

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache
    from calgui.core.runs.measuring import Measured

#: parts of the work, as fractions: gathering, computing with checksums beside it, writing
_GATHERED, _COMPUTED = 0.05, 0.9


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
    measured: "Measured | None" = None,
) -> RunReport:
    """Run an algorithm on files, and write its product.

    Parameters
    ----------
    name : str
        Name of the algorithm.
    inputs : sequence of path-like
        FITS files; read in bands, never changed. Where the algorithm gathers its inputs, one file and a cache stand
        for all references of its mode.
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
    measured : Measured, optional
        What was measured before (`calgui.core.runs.measuring`): taken where it still holds for these inputs,
        references and options.

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
    target = Path(out) if out is not None else None
    with ExitStack() as stack:
        opened = _opened_cache(cache, stack)
        gathered = None
        if how.gathers and len(paths) == 1 and opened is not None:
            gathered = gather(how.gathers, paths[0], opened, context, job.part(0, _GATHERED))
            paths = gathered.paths
            check_gathered(how, gathered, opened.path)
        given = {kind.upper(): Path(path) for kind, path in (references or {}).items()}
        ready = stack.enter_context(opened_inputs(how, paths, config, given, opened, context))
        used = ready.used
        if target is not None:
            check_target(target, paths, used, opened, overwrite)
        check_inputs(how, ready, config)
        sources = open_references(how, used, ready.missing, stack)
        sums = stack.enter_context(summing([*paths, *(item.path for item in used)])) if target is not None else None
        work = job.part(_GATHERED, _COMPUTED if target else 1)
        with naming(paths):
            if measured is not None and how.refit is not None and measured.holds_for(how, paths, config, used):
                result = how.refit(measured.value, config, work)
            else:
                result = how.run(ready.frames, sources, config, work)
        used = tuple(item for item in used if item.type in sources and item.type not in result.unused)
        origin = sums.of(paths, used, job) if sums is not None else Provenance()
        in_force = context or (opened.default_context if opened is not None else None)
        report = RunReport(
            name, values_of(config), paths, used, in_force, result, gathered=gathered, unused=ready.unused
        )
        if target is None:
            return report
        job.report(_COMPUTED, "Writing")
        written = write_product(report, ready.frames, target, origin, keywords, opened, overwrite=overwrite)
    job.report(1.0, "Written")
    return replace(report, outputs=(written,))


@dataclass(frozen=True)
class Ready:
    """Inputs that are open, and what is known of the references for them.

    Attributes
    ----------
    paths : tuple of pathlib.Path
        The inputs.
    frames : list of FitsFrame or HeaderFrame
        The same, opened.
    used : tuple of UsedReference
        Found or given.
    unused : tuple of UnusedReference
        Selected, and not to be used.
    missing : mapping of str to Missing
        Type to why there is none.
    """

    paths: tuple[Path, ...]
    frames: list[FitsFrame | HeaderFrame]
    used: tuple[UsedReference, ...]
    unused: tuple[UnusedReference, ...]
    missing: Mapping[str, Missing]


@contextmanager
def opened_inputs(
    how: Algorithm,
    paths: tuple[Path, ...],
    config: Any,
    given: Mapping[str, Path],
    cache: "Cache | None",
    context: str | None,
) -> Iterator[Ready]:
    """Open the inputs of an algorithm, and find the references for them.

    Parameters
    ----------
    how : Algorithm
        Any.
    paths : tuple of pathlib.Path
        Its inputs.
    config : object
        Its configuration.
    given : mapping of str to pathlib.Path
        References chosen by hand, by type in upper case.
    cache : Cache or None
        Whose rules select the others.
    context : str or None
        Its operational context if None.

    Yields
    ------
    Ready

    Raises
    ------
    UsageError, InputError
        As `find_references`, or too few inputs, or one that cannot be read.
    """
    check_count(how, len(paths))
    with ExitStack() as stack:
        frames: list[FitsFrame | HeaderFrame] = [enter_input(stack, how, path) for path in paths]
        asked = how.wants(frames, config) if how.wants is not None else None
        headers, asking = of_product(how, [frame.header for frame in frames], paths, config)
        found = find_references(how, headers, asking, given, cache, context, asked)
        yield Ready(paths, frames, found.used, found.unused, found.missing)


def check_inputs(how: Algorithm, ready: Ready, config: Any) -> None:
    """Look whether inputs are fit, before their pixels are read.

    Parameters
    ----------
    how : Algorithm
        Says what it takes.
    ready : Ready
        Its inputs.
    config : object
        Its configuration.

    Raises
    ------
    InputError, AlgorithmError
        Naming the files.
    """
    check_kinds(how, ready.frames)
    if how.check is not None:
        with naming(ready.paths):
            how.check(ready.frames, config)


@contextmanager
def naming(paths: Sequence[Path]) -> Iterator[None]:
    """Let what goes wrong with frames, of which an algorithm knows no single one to blame, name their files.

    Parameters
    ----------
    paths : sequence of pathlib.Path
        The inputs.

    Raises
    ------
    InputError, AlgorithmError
        The same, with the first file, and how many others there are.
    """
    try:
        yield
    except (InputError, AlgorithmError) as error:
        if error.path is None and paths:
            error.path = paths[0]
            others = len(paths) - 1
            if others:
                files = "1 other" if others == 1 else f"{others} others"
                error.message = f"{error.message.rstrip('.')} (this file and {files})."
        raise


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
        files = "file" if span == "1" else "files"
        raise InputError(f"{how.title} takes {span} {files}, {count} given.", cure=f"Give {how.inputs}.")


def check_gathered(how: Algorithm, gathered: Gathered, cache: Path) -> None:
    """Refuse too few gathered inputs, saying which could not be read.

    Parameters
    ----------
    how : Algorithm
        Says how many it takes.
    gathered : Gathered
        What there is.
    cache : pathlib.Path
        Where it was gathered from.

    Raises
    ------
    InputError
        Naming the files that were left out.
    """
    count, low = len(gathered.paths), how.minimum_inputs
    if count < low:
        kind, left_out = gathered.type, "".join(f" {one.text}" for one in gathered.left_out)
        raise InputError(
            f"{how.title} takes {low} or more files, and of this mode there {'is' if count == 1 else 'are'} {count} of "
            f"type {kind} to be read.{left_out}",
            path=cache,
            cure="Fetch the others, or give files yourself."
            if left_out
            else "Choose another mode, or give more files.",
        )


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


def _opened_cache(cache: "Cache | Path | str | None", stack: ExitStack) -> "Cache | None":
    if not isinstance(cache, Path | str):
        return cache
    from calgui.core.rules.cache import Cache

    opened = Cache.open(cache)
    stack.callback(opened.close)
    return opened
