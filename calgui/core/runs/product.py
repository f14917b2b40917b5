"""The product of a run as a file: its header says what it is, and where everything in it came from."""

import hashlib
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from calgui import __version__
from calgui.core.algorithms.registry import Algorithm, algorithm
from calgui.core.catalogue import PIPELINE_TYPES
from calgui.core.errors import InputError
from calgui.core.frames.frame import KEPT_PLANES, Frame, FrameLike
from calgui.core.frames.headers import Header
from calgui.core.frames.source import stamp
from calgui.core.frames.writing import ExtraHdu, write_extensions, write_frame
from calgui.core.jobs import Job
from calgui.core.runs.references import UsedReference
from calgui.core.runs.report import RunReport

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache


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


class Sums:
    """Checksums of files that are made beside other work.

    Parameters
    ----------
    paths : sequence of pathlib.Path
        Files.
    pool : concurrent.futures.Executor
        Whose thread makes them.
    """

    def __init__(self, paths: Sequence[Path], pool: Executor) -> None:
        self._job = Job("Checksums")
        self._made = {path: pool.submit(_sha1, path, self._job) for path in paths}

    def of(self, inputs: Sequence[Path], used: Sequence[UsedReference], job: Job) -> Provenance:
        """Wait for those of a product.

        Parameters
        ----------
        inputs, used
            As for `provenance`; all of them were named before.
        job : Job
            Cancel.

        Returns
        -------
        Provenance
        """

        def wait(path: Path) -> str:
            while True:
                job.check()
                try:
                    return self._made[path].result(timeout=0.05)
                except TimeoutError:
                    continue

        return Provenance({path: wait(path) for path in inputs}, {item.path: wait(item.path) for item in used})

    def stop(self) -> None:
        """Nobody waits any more."""
        self._job.cancel()


@contextmanager
def summing(paths: Sequence[Path]) -> Iterator[Sums]:
    """Make checksums in a thread of their own, while what they are of is worked on.

    Parameters
    ----------
    paths : sequence of pathlib.Path
        Files that may go into a product.

    Yields
    ------
    Sums
    """
    with ThreadPoolExecutor(1, thread_name_prefix="calgui-sums") as pool:
        sums = Sums(paths, pool)
        try:
            yield sums
        finally:
            sums.stop()


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
        They override what is derived; HISTORY goes before what is written there.
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
    if not result.has_product:
        raise InputError(f"{report.algorithm} makes no file.", path=path, cure="Run it without an output.")
    header = Header(result.frame.header if result.frame is not None else frames[0].header)
    header.comments = {**getattr(frames[0].header, "comments", {}), **header.comments}
    given = {keyword.upper(): value for keyword, value in (keywords or {}).items()}
    told = given.pop("HISTORY", "")
    for source in (described(report, frames, cache), result.keywords, given):
        for keyword, value in source.items():
            header[keyword.upper()] = value
    before = str(result.frame.header.get("HISTORY") or "") if result.frame is not None else ""
    header["HISTORY"] = "\n".join(filter(None, [told, before, *history(report, origin)]))
    if result.frame is None:
        return write_extensions(header, path, result.extensions, overwrite=overwrite)
    frame = Frame(result.frame.data, result.frame.err, result.frame.dq, header, path)
    planes = [ExtraHdu(name, plane) for name, plane in {**_kept(report, frames), **result.planes}.items()]
    planes += result.extensions
    how = algorithm(report.algorithm)
    # what is promised of every image product: SCI, ERR, DQ
    complete = how.image == "SCI" and how.product not in PIPELINE_TYPES
    return write_frame(frame, path, planes, overwrite=overwrite, image=how.image, complete=complete)


def _kept(report: RunReport, frames: Sequence[FrameLike]) -> dict[str, npt.NDArray[np.int16]]:
    """What stays with an image, whatever is done to it: the map of the subarrays that were read beside it."""
    result = report.result
    if algorithm(report.algorithm).product or result.frame is None or result.frame.shape[-2:] != frames[0].shape[-2:]:
        return {}
    found = {name: frames[0].plane(name) for name in KEPT_PLANES}
    return {name: np.nan_to_num(plane).astype(np.int16) for name, plane in found.items() if plane is not None}


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
        made |= _reference_cards(how, how.product_of(report.result), frames)
    selected = False
    for item in report.references:
        observed = cache.observatory.reference_keyword(item.type.lower()) if cache is not None else None
        selected |= item.selected
        prefix = "crds://" if item.selected else ""
        made[observed or f"R_{item.type}"[:8]] = (f"{prefix}{item.path.name}", f"{item.type} used")
    if selected and report.context:
        made["CRDS_CTX"] = (report.context, "CRDS context that selected it")
    return made


def _reference_cards(how: Algorithm, product: str, frames: Sequence[FrameLike]) -> dict[str, tuple[Any, str]]:
    """What CRDS needs to know of a new reference file."""
    starts = sorted(filter(None, (_moment(frame.header) for frame in frames)))
    times = {frame.header.get("EXPTIME") for frame in frames}
    of = f" of {next(iter(times)):g} s" if len(times) == 1 and isinstance(next(iter(times)), int | float) else ""
    simulated = all(str(frame.header.get("PEDIGREE", "")).upper().startswith("SIMULATION") for frame in frames)
    # "Make a flat" makes a "Flat of 3 frames"
    title = how.title.removeprefix("Make a ")
    made: dict[str, tuple[Any, str]] = {
        "REFTYPE": (product, "kind of reference file"),
        "PEDIGREE": ("SIMULATION" if simulated else "GROUND", "where the data come from"),
        "AUTHOR": (f"calgui {__version__}", "who made this file"),
        "DESCRIP": (f"{title[:1].upper()}{title[1:]} of {_many(len(frames))}{of}", "what this file is"),
    }
    if starts:
        made["USEAFTER"] = (starts[0], "use for observations from this time on (UTC)")
    return made


def _many(count: int) -> str:
    return "1 frame" if count == 1 else f"{count} frames"


def _moment(header: Mapping[str, Any]) -> str:
    """Start of an exposure, padded as CRDS compares dates: as texts."""
    date, time = str(header.get("DATE-OBS") or "").strip(), str(header.get("TIME-OBS") or "").strip()
    date, _, own_time = date.partition("T")
    return f"{date}T{(time or own_time or '00:00:00').split('.')[0]}" if date else ""


#: sums of files that were made before, by file and its stamp: references serve many exposures of a night
_made: dict[tuple[Path, object], str] = {}
_MOST_KEPT = 1000


def _sha1(path: Path, job: Job) -> str:
    known = path.resolve(), stamp(path)
    before = _made.get(known)  # in one look: others may clear it
    if before is not None:
        return before
    digest = hashlib.sha1(usedforsecurity=False)
    with path.open("rb") as file:
        while piece := file.read(4 << 20):
            job.check()
            digest.update(piece)
    if len(_made) >= _MOST_KEPT:
        _made.clear()
    # one that was changed meanwhile is another file
    if stamp(path) == known[1]:
        _made[known] = digest.hexdigest()
    return digest.hexdigest()


def _wrapped(line: str, width: int = 72) -> list[str]:
    """A line in pieces that fit a card; every word stays whole where it can."""
    return textwrap.wrap(line, width, subsequent_indent="    ", break_on_hyphens=False) or [""]
