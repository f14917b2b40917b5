"""``crds certify`` of references, in a process of its own that knows the cache's observatory and asks no server."""

import os
import re
import runpy
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from calgui.core.children import python
from calgui.core.jobs import Job
from calgui.core.printable import printable

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache

_TIMEOUT, _PER_FILE = 120.0, 30.0
_TOGETHER = 200
_MOST, _LONGEST, _MOST_LINES = 50, 400, 20
_LINE = re.compile(r"CRDS\s*-\s*(ERROR|WARNING)\s*-\s*(.*)")
_BEGINS = re.compile(r"^CRDS\s*-\s*INFO\s*-\s*Certifying '.*' \((\d{1,6})/\d{1,6}\) as ")
#: how crds begins where a date of a header is none
_NO_DATE = "Error mapping reference names and values"
#: nothing goes to the network, nothing into the cache
_OFFLINE = {
    "CRDS_SERVER_URL": "https://crds-serverless-mode.stsci.edu",
    "CRDS_MODE": "local",
    "CRDS_READONLY_CACHE": "1",
    # a cache may bring pickles, which can be programs
    "CRDS_USE_PICKLED_CONTEXTS": "0",
}


@dataclass(frozen=True)
class Certified:
    """What crds says.

    Attributes
    ----------
    errors, warnings : tuple of str
        Sentences, without control characters.
    problem : str
        Why it could not be asked; empty where it was.
    """

    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    problem: str = ""


def certify(
    cache: "Cache",
    paths: Sequence[Path],
    context: str | None = None,
    job: Job | None = None,
    *,
    root: Path | None = None,
    constraints: bool = True,
) -> tuple[Certified, ...]:
    """Ask ``crds certify`` about files, all in one process as crds takes seconds to start.

    Parameters
    ----------
    cache : Cache
        Whose observatory is taught, with the constraints beside it.
    paths : sequence of pathlib.Path
        References.
    context : str, optional
        With which they are compared; the cache's operational one by default.
    job : Job, optional
        Cancel.
    root : pathlib.Path, optional
        Another folder with ``mappings/<observatory>``, in which crds looks instead of in the cache.
    constraints : bool
        Whether the constraints beside the observatory count, which crds itself does not have.

    Returns
    -------
    tuple of Certified
        In the order of the paths.
    """
    if root is None and not cache.layout.folder:
        text = "crds certify was not asked: the cache has no folder mappings/<observatory>."
        return (Certified(problem=text),) * len(paths)
    made: list[Certified] = []
    for start in range(0, len(paths), _TOGETHER):
        part = paths[start : start + _TOGETHER]
        made += _certify(cache, part, context or cache.default_context, job, root or cache.path, constraints)
    return tuple(made)


def _certify(
    cache: "Cache", paths: Sequence[Path], context: str | None, job: Job | None, root: Path, constraints: bool
) -> list[Certified]:
    environment = {
        **os.environ,
        **_OFFLINE,
        "CRDS_PATH": str(root),
        "CRDS_OBSERVATORY": cache.observatory.name,
    }
    # crds takes each name once, and in the order of the alphabet; its lines are told apart by their number in that
    names = sorted({str(path.absolute()) for path in paths})
    command = python(
        "calgui.core.rules.certify", str(root), context or "", "constraints" if constraints else "", *names
    )
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
    )
    end = time.monotonic() + _TIMEOUT + _PER_FILE * len(paths)
    try:
        while True:
            try:
                output, _ = process.communicate(timeout=0.1)
                break
            except subprocess.TimeoutExpired:
                if job is not None:
                    job.check()
                if time.monotonic() > end:
                    return [Certified(problem="crds certify gave no answer in time.")] * len(paths)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    files = [Path(name).name for name in names]
    said = dict(zip(names, read_output(output.decode("utf-8", "replace"), len(names), files), strict=True))
    return [said[str(path.absolute())] for path in paths]


def read_output(text: str, count: int, names: Sequence[str] = ()) -> list[Certified]:
    """What crds's tool printed, told apart by file.

    Parameters
    ----------
    text : str
        All of it.
    count : int
        How many files it was asked about.
    names : sequence of str
        Their names: what is told of several at once, after all of them, is of those that it names.

    Returns
    -------
    list of Certified
        In their order; those that it never came to say so.
    """
    messages: list[tuple[int, str, list[str]]] = []
    place, reached = 0, 0
    for line in text.splitlines():
        begins = _BEGINS.search(line)
        if begins and 1 <= int(begins[1]) <= count:
            place = int(begins[1]) - 1
            reached = max(reached, place + 1)
        match = _LINE.search(line)
        if match:
            messages.append((place, match[1], [match[2]]))
        elif messages and not line.startswith("CRDS") and _goes_on(messages[-1][2]):
            messages[-1][2].append(line)
    found: list[dict[str, list[str]]] = [{"ERROR": [], "WARNING": []} for _ in range(count)]
    for where, how, lines in messages:
        said = " ".join(lines)
        told = [index for index, name in enumerate(names) if len(lines) > 1 and f"'{name}'" in said] or [where]
        for index in told:
            if len(found[index][how]) < _MOST:
                found[index][how].append(_clean(said))
    last = next((_clean(line) for line in reversed(text.splitlines()) if line.strip()), "nothing.")
    return [
        Certified(tuple(dict.fromkeys(one["ERROR"])), tuple(dict.fromkeys(one["WARNING"])))
        if index < reached or one["ERROR"]
        else Certified(problem=f"crds certify did not come to this file; its last words: {last}")
        for index, one in enumerate(found)
    ]


def _goes_on(lines: Sequence[str]) -> bool:
    """Whether a message goes on in the next line: a long list of values, or a text below a rule of dashes."""
    return len(lines) < _MOST_LINES and (lines[-1].rstrip().endswith(",") or not lines[0].strip("- "))


def _clean(text: str) -> str:
    """One sentence without control characters, and without what is known of the file."""
    said = " ".join(printable(text).rpartition(" :: ")[2].split()).strip("-").strip()[:_LONGEST].rstrip(".")
    if said.startswith(_NO_DATE):
        said = f"The header's date (USEAFTER) or another value that rules choose by cannot be understood: {said}"
    return f"{said}."


def main() -> None:
    """The process: the observatory is taught, then crds's tool runs as it is."""
    folder, context, constraints, *paths = sys.argv[1:]
    from calgui.core.rules.cache import Cache
    from calgui.core.rules.observatories.setup import crds_module
    from calgui.core.rules.tools import teach_tools

    cache = Cache.open(folder)
    teach_tools(cache, constraints_too=bool(constraints))
    if not hasattr(crds_module(f"{cache.observatory.name}.locate"), "get_file_properties"):
        # crds's own for this observatory could not be brought in: each file would be refused for that
        sys.exit(f"crds needs packages for references of {cache.observatory.name} that are not installed")
    sys.argv = ["certify", *(["--comparison-context", context] if context else []), *paths]
    runpy.run_module("crds.certify", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
