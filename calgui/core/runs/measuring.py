"""The slow part of an algorithm on files: measured once on the whole inputs, and fitted as often as one likes."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calgui.core.algorithms.options import parse
from calgui.core.algorithms.registry import Algorithm, Result
from calgui.core.algorithms.spectrummarks import Spectra
from calgui.core.frames.source import stamp
from calgui.core.jobs import Job
from calgui.core.runs.opening import open_references
from calgui.core.runs.references import UnusedReference, UsedReference
from calgui.core.runs.report import RunReport
from calgui.core.runs.run import check_inputs, naming, opened_inputs, values_of

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache


@dataclass(frozen=True)
class Measured:
    """What was measured, and what it holds for.

    Attributes
    ----------
    value : object
        From `Algorithm.measure`; holds no open file.
    paths : tuple of pathlib.Path
        The inputs.
    found : tuple of UsedReference
        References that were found or given.
    used : tuple of UsedReference
        Those of them that could be opened.
    unused : tuple of UnusedReference
        Optional ones that could not be used.
    context : str or None
        The context that selected them.
    key : tuple
        Of inputs, references and the options that count; see `holds_for`.
    """

    value: Any
    paths: tuple[Path, ...]
    found: tuple[UsedReference, ...]
    used: tuple[UsedReference, ...]
    unused: tuple[UnusedReference, ...]
    context: str | None
    key: tuple[Any, ...]

    def holds_for(self, how: Algorithm, paths: Sequence[Path], config: Any, used: Sequence[UsedReference]) -> bool:
        """Whether measuring again would give the same.

        Parameters
        ----------
        how : Algorithm
            The one that measured.
        paths : sequence of pathlib.Path
            Inputs; a file that was written since is another.
        config : object
            Configuration; options in `Algorithm.refits` do not count.
        used : sequence of UsedReference
            References.

        Returns
        -------
        bool
        """
        return self.key == _key(how, paths, config, used)


def _key(how: Algorithm, paths: Sequence[Path], config: Any, used: Sequence[UsedReference]) -> tuple[Any, ...]:
    options = tuple((name, value) for name, value in values_of(config).items() if name not in how.refits)
    files = tuple((path, stamp(path)) for path in paths)
    return how.name, options, files, tuple((item.type, item.path, stamp(item.path)) for item in used)


def measure_files(
    how: Algorithm,
    paths: tuple[Path, ...],
    options: Mapping[str, Any],
    given: Mapping[str, Path],
    cache: "Cache | None",
    context: str | None,
    job: Job,
) -> Measured:
    """Measure on whole files.

    Parameters
    ----------
    how : Algorithm
        With a slow part of its own (`Algorithm.measure`).
    paths : tuple of pathlib.Path
        Its inputs; read, never changed, and closed again.
    options : mapping
        Option to value, as text or in its type.
    given : mapping of str to pathlib.Path
        References chosen by hand, by type in upper case.
    cache : Cache or None
        Whose rules select the others.
    context : str or None
        Its operational context if None.
    job : Job
        Progress and cancel.

    Returns
    -------
    Measured

    Raises
    ------
    UsageError, InputError, AlgorithmError, Cancelled
        As of a run.
    """
    if how.measure is None:
        raise ValueError(f"{how.name} has no part that is measured once")
    config = parse(how.config, options)
    with ExitStack() as stack:
        ready = stack.enter_context(opened_inputs(how, paths, config, given, cache, context))
        check_inputs(how, ready, config)
        sources = open_references(how, ready.used, ready.missing, stack)
        used = tuple(item for item in ready.used if item.type in sources)
        # before the pixels are read: a file that is written meanwhile is measured again
        key = _key(how, paths, config, ready.used)
        with naming(paths):
            value = how.measure(ready.frames, sources, config, job)
    in_force = context or (cache.default_context if cache is not None else None)
    return Measured(value, paths, ready.used, used, ready.unused, in_force, key)


def refit(how: Algorithm, measured: Measured, options: Mapping[str, Any], job: Job) -> RunReport:
    """Fit to what was measured, as a run would.

    Parameters
    ----------
    how : Algorithm
        The one that measured.
    measured : Measured
        From `measure_files`, with the same options but those in `Algorithm.refits`.
    options : mapping
        Option to value.
    job : Job
        Progress and cancel.

    Returns
    -------
    RunReport
        Of the whole inputs; nothing is written.

    Raises
    ------
    UsageError, InputError, AlgorithmError, Cancelled
        Such as too few places for the order.
    """
    if how.refit is None:
        raise ValueError(f"{how.name} has no part that is fitted alone")
    config = parse(how.config, options)
    with naming(measured.paths):
        result = how.refit(measured.value, config, job)
    used = tuple(item for item in measured.used if item.type not in result.unused)
    return RunReport(
        how.name, values_of(config), measured.paths, used, measured.context, result, unused=measured.unused
    )


def unsolved(how: Algorithm, measured: Measured, options: Mapping[str, Any]) -> Result | None:
    """What there is to see of what was measured, where `refit` refused.

    Parameters
    ----------
    how : Algorithm
        The one that measured.
    measured : Measured
        From `measure_files`.
    options : mapping
        Option to value.

    Returns
    -------
    Result or None
        Without a product; None where there is nothing.
    """
    return None if how.unsolved is None else how.unsolved(measured.value, parse(how.config, options))


def glance(
    how: Algorithm, measured: Measured, options: Mapping[str, Any], before: Spectra, spectrum: int
) -> Spectra | None:
    """What one spectrum becomes, before all others are fitted.

    Parameters
    ----------
    how : Algorithm
        The one that measured.
    measured : Measured
        From `measure_files`.
    options : mapping
        Option to value.
    before : Spectra
        Of the result before.
    spectrum : int
        Which.

    Returns
    -------
    Spectra or None
        As before, but for that spectrum; None where only `refit` can tell.

    Raises
    ------
    UsageError, AlgorithmError
        As `refit` does.
    """
    return None if how.glance is None else how.glance(measured.value, parse(how.config, options), before, spectrum)


def still_holds(how: Algorithm, measured: Measured, paths: Sequence[Path], options: Mapping[str, Any]) -> bool:
    """Whether what was measured answers these options with `refit` alone; references are taken to be the same.

    Parameters
    ----------
    how : Algorithm
        The one that measured.
    measured : Measured
        From `measure_files`.
    paths : sequence of pathlib.Path
        Inputs.
    options : mapping
        Option to value.

    Returns
    -------
    bool

    Raises
    ------
    UsageError
        An option cannot have its value.
    """
    return measured.holds_for(how, paths, parse(how.config, options), measured.found)
