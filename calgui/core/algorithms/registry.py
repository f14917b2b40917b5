"""The one registry of algorithms: a module that defines ``ALGORITHMS`` is registered by being there."""

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal, Protocol

from calgui.core.algorithms.inputkinds import InputKind
from calgui.core.algorithms.marks import Marks
from calgui.core.algorithms.options import OptionInfo, describe
from calgui.core.algorithms.spectrummarks import Spectra
from calgui.core.errors import UsageError
from calgui.core.frames.frame import Frame, FrameLike
from calgui.core.frames.writing import ExtraHdu
from calgui.core.jobs import Job

Verdict = Literal["good", "doubtful", "bad"]


@dataclass(frozen=True)
class Metric:
    """One number that an algorithm reports of its result.

    Attributes
    ----------
    value : float, int, str or None
        None where it does not apply.
    unit : str
        Empty where it has none; the metric's name carries the unit too.
    help : str
        One line: what it is and how it is judged.
    verdict : str or None
        Of this number by itself; None where only the whole is judged.
    """

    value: float | int | str | None
    unit: str = ""
    help: str = ""
    verdict: Verdict | None = None


@dataclass(frozen=True)
class Table:
    """A small table to show beside a result, such as one row for each input frame.

    Attributes
    ----------
    title : str
        What it lists.
    columns : tuple of str
        Names with units, as shown.
    rows : tuple of tuple
        One value for each column.
    flagged : tuple of int
        Indices of rows that stand out.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    flagged: tuple[int, ...] = ()


@dataclass(frozen=True)
class Curve:
    """A diagnostic to plot: one or more lines over a common kind of axis.

    Attributes
    ----------
    title, x_label, y_label : str
        As shown, with units.
    lines : mapping of str to (x, y) arrays
        By the name in the legend.
    style : str
        ``line`` or ``histogram`` (x holds the edges, one more than y).
    points : tuple of str
        Lines that are of single measurements, and are drawn as points.
    log_y : bool
        Whether values are drawn by their logarithm: they span decades.
    """

    title: str
    x_label: str
    y_label: str
    lines: Mapping[str, tuple[Any, Any]]
    style: Literal["line", "histogram"] = "line"
    points: tuple[str, ...] = ()
    log_y: bool = False


@dataclass(frozen=True)
class Stage:
    """One step of a chain, and the picture behind it.

    Attributes
    ----------
    name : str
        Short, as in options and reports.
    title : str
        As shown.
    done : bool
        Whether the step was done; else it was left out.
    keyword : str
        Of the product's header, which says COMPLETE or SKIPPED; empty for what stands before the first step.
    reference : str
        Type of the reference that the step uses; empty where it uses none.
    file : str
        Name of the reference that was used; empty where there is none.
    note : str
        Why it was left out, or what is to be known of it; sentences.
    doubtful : bool
        Whether that note counts against the product.
    seconds : float or None
        How long it took.
    frame : Frame or None
        The picture after the step; None where it was not kept.
    """

    name: str
    title: str
    done: bool
    keyword: str = ""
    reference: str = ""
    file: str = ""
    note: str = ""
    doubtful: bool = False
    seconds: float | None = None
    frame: Frame | None = None


@dataclass(frozen=True)
class Result:
    """What every algorithm gives back; never changed once made.

    Attributes
    ----------
    frame : Frame or None
        The product's image; None where it has none.
    metrics : mapping of str to Metric
        As promised in the command line's contract.
    verdict : str
        ``good``, ``doubtful`` or ``bad``.
    reasons : tuple of str
        Sentences behind the verdict; empty when there is nothing to say.
    curves, tables : tuple
        Diagnostics to show.
    keywords : mapping
        Keywords that the product's header needs, as ``(value, comment)``.
    planes : mapping of str to ndarray
        Further images of the product, by the name of their extension, such as the number of samples (``NSAMP``).
    stages : tuple of Stage
        Of a chain of steps, in their order; a reference that no step used is no part of the product's provenance.
    did_without : tuple of str
        Types of references that were at hand and were not used; they are no part of it either.
    extensions : tuple of ExtraHdu
        Tables, and headers without pixels, of the product. With them alone, and no frame, there is a product too.
    picture : Frame or None
        What a view shows where the product has no image, or another than people look at: the input.
    marks : Marks or None
        Places on the picture.
    spectra : Spectra or None
        Spectra with their lines and wavelengths, where those are what people look at.
    product : str
        REFTYPE of the product where the input asks for another than the usual one; see `Algorithm.product_of`.
    first : str
        What a view shows first: the ``picture``, or the ``plots`` where those tell more.
    """

    frame: Frame | None
    metrics: Mapping[str, Metric]
    verdict: Verdict = "good"
    reasons: tuple[str, ...] = ()
    curves: tuple[Curve, ...] = ()
    tables: tuple[Table, ...] = ()
    keywords: Mapping[str, tuple[Any, str]] = field(default_factory=dict)
    planes: Mapping[str, Any] = field(default_factory=dict)
    stages: tuple[Stage, ...] = ()
    did_without: tuple[str, ...] = ()
    extensions: tuple[ExtraHdu, ...] = ()
    picture: Frame | None = None
    marks: Marks | None = None
    spectra: Spectra | None = None
    product: str = ""
    first: Literal["picture", "plots"] = "picture"

    @property
    def has_product(self) -> bool:
        """Whether there is something to write."""
        return self.frame is not None or bool(self.extensions)

    @property
    def unused(self) -> frozenset[str]:
        """Types of references that were at hand, and that neither the algorithm nor a step of a chain used."""
        used = {stage.reference for stage in self.stages if stage.done}
        return frozenset((*self.did_without, *(stage.reference for stage in self.stages if stage.reference))) - used


class Check(Protocol):
    """How an algorithm looks at its inputs before pixels are read."""

    def __call__(self, frames: Sequence[FrameLike], config: Any = None) -> None:
        """Raise `InputError` where they are not fit; without a configuration the defaults count."""


class Wants(Protocol):
    """How an algorithm says which of its references it would use."""

    def __call__(self, frames: Sequence[FrameLike], config: Any) -> Sequence[str]:
        """Types in upper case, of those that it may use; headers and shapes alone are looked at."""


class Run(Protocol):
    """How an algorithm is called."""

    def __call__(
        self, frames: Sequence[FrameLike], references: Mapping[str, FrameLike], config: Any, job: Job
    ) -> Result:
        """Compute the result; ``references`` is keyed by reference type in upper case."""


class Measure(Protocol):
    """The slow part of an algorithm: what it measures on its inputs, before anything is fitted to that."""

    def __call__(self, frames: Sequence[FrameLike], references: Mapping[str, FrameLike], config: Any, job: Job) -> Any:
        """Measure; options named in `Algorithm.refits` have no say in it. What is given back holds no open file."""


class Unsolved(Protocol):
    """What there is to see where `Refit` refuses: something to mend the options by."""

    def __call__(self, measured: Any, config: Any) -> Result:
        """A result without a product."""


class Refit(Protocol):
    """The fast part: from what was measured to the result."""

    def __call__(self, measured: Any, config: Any, job: Job) -> Result:
        """Compute the result."""


class Glance(Protocol):
    """What `Refit` will say of one spectrum, sooner."""

    def __call__(self, measured: Any, config: Any, before: Spectra, spectrum: int) -> Spectra | None:
        """The spectra of the result before, with another fit of one; None where it takes all of them to tell."""


@dataclass(frozen=True)
class Algorithm:
    """One row of the registry.

    Attributes
    ----------
    name : str
        As in ``calgui run NAME``.
    title : str
        As in the window.
    summary : str
        One line.
    inputs : str
        What it takes, for people.
    takes : tuple of str
        What each input may be: ``image``, ``ramp``, ``cube``. Others are refused before `check` is asked.
    minimum_inputs : int
        Fewer are refused; counted after gathering.
    maximum_inputs : int or None
        None for any number.
    config : type
        Dataclass of its options (`calgui.core.algorithms.options`).
    run : callable
        See `Run`.
    references : tuple of str
        Reference types that it needs; those in `optional_references` it uses when given.
    optional_references : tuple of str
        See above.
    wants : callable or None
        See `Wants`: which of them these inputs and options ask for; None for all.
    tells_missing : bool
        Whether it tells itself why it did without one (`calgui.core.algorithms.given.References`); else the
        report does.
    product : str
        REFTYPE of the product, empty where it is an image like the input.
    also_makes : tuple of str
        REFTYPEs of products that it makes of other inputs, as of a fiber instead of a star.
    makes_file : bool
        Whether there is a product; else the result is figures alone, and there is nothing to write.
    image : str
        Extension of the product's image. Where it is not ``SCI`` the product is the data quality: its file begins with
        ``DQ``, and the image stands behind it as evidence.
    check : callable or None
        See `Check`: looks at the headers of the inputs before pixels are read; raises `InputError`.
    previewable : bool
        Whether running on a cut-out of the inputs gives a true preview of that part.
    preview_values : int or None
        Values of all inputs together that a preview may work on, of an algorithm that takes longer than others: the
        cut-out is made smaller where there are more. None where its side alone counts.
    measure, refit : callable or None
        See `Measure` and `Refit`: `run` is the one and then the other. Such an algorithm is previewed on the whole
        inputs: a changed option that `refits` names is answered by `refit` alone.
    refits : tuple of str
        Options that only `refit` looks at.
    unsolved : callable or None
        See `Unsolved`; None where there is nothing to see.
    glance : callable or None
        See `Glance`: the one spectrum that is looked at is answered before thousands of others are.
    gathers : str
        Reference type of which all files of a mode are the inputs: given one file and a cache, the others are gathered
        from it by the rules. Empty where inputs are only those that are given.
    splits : str
        Keyword by which inputs are told apart into products: one for each of its values. The option of that name in
        lower case says which one is made.
    source : str
        Paper, standard or other source of the method.
    """

    name: str
    title: str
    summary: str
    inputs: str
    config: type[Any]
    run: Run
    takes: tuple[InputKind, ...] = ("image",)
    minimum_inputs: int = 1
    maximum_inputs: int | None = None
    references: tuple[str, ...] = ()
    optional_references: tuple[str, ...] = ()
    wants: Wants | None = None
    tells_missing: bool = False
    product: str = ""
    also_makes: tuple[str, ...] = ()
    makes_file: bool = True
    image: str = "SCI"
    check: Check | None = None
    previewable: bool = True
    preview_values: int | None = None
    measure: Measure | None = None
    refit: Refit | None = None
    refits: tuple[str, ...] = ()
    unsolved: Unsolved | None = None
    glance: Glance | None = None
    gathers: str = ""
    splits: str = ""
    source: str = ""

    @property
    def options(self) -> tuple[OptionInfo, ...]:
        """Its options, in the order of the form."""
        return describe(self.config)

    def product_of(self, result: Result) -> str:
        """REFTYPE of what was made, empty for an image like the input."""
        return result.product or self.product


def in_two_steps(measure: Measure, refit: Refit, share: float = 0.9) -> Run:
    """The `Run` of an algorithm that measures and then fits.

    Parameters
    ----------
    measure, refit : callable
        See `Algorithm`.
    share : float
        Of the work that measuring is, for the progress.

    Returns
    -------
    callable
    """

    def run(frames: Sequence[FrameLike], references: Mapping[str, FrameLike], config: Any, job: Job) -> Result:
        return refit(measure(frames, references, config, job.part(0, share)), config, job.part(share, 1))

    return run


@cache
def registry() -> Mapping[str, Algorithm]:
    """All algorithms by name, found by looking at every module of `calgui.core.algorithms`.

    Returns
    -------
    mapping of str to Algorithm
        In the order of the modules' names.
    """
    package = importlib.import_module("calgui.core.algorithms")
    found: dict[str, Algorithm] = {}
    for info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        for algorithm in getattr(module, "ALGORITHMS", ()):
            found[algorithm.name] = algorithm
    return found


def algorithm(name: str) -> Algorithm:
    """One algorithm by name.

    Parameters
    ----------
    name : str
        As in ``calgui run NAME``.

    Returns
    -------
    Algorithm

    Raises
    ------
    UsageError
        When there is none of that name.
    """
    if name not in registry():
        raise UsageError(f"There is no algorithm {name!r}.", cure=f"The algorithms are: {', '.join(registry())}.")
    return registry()[name]
