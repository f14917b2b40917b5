"""``crds certify`` of one reference, in a process of its own that knows the cache's observatory and asks no server."""

import os
import re
import runpy
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from calgui.core.jobs import Job

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache

_TIMEOUT = 120.0
_MOST = 50
_LINE = re.compile(r"CRDS\s*-\s*(ERROR|WARNING)\s*-\s*(.*)")
#: nothing goes to the network, nothing into the cache
_OFFLINE = {
    "CRDS_SERVER_URL": "https://crds-serverless-mode.stsci.edu",
    "CRDS_MODE": "local",
    "CRDS_READONLY_CACHE": "1",
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


def certify(cache: "Cache", path: Path, context: str | None = None, job: Job | None = None) -> Certified:
    """Ask ``crds certify`` about a file.

    Parameters
    ----------
    cache : Cache
        Whose observatory is taught, with the constraints beside it.
    path : pathlib.Path
        The reference.
    context : str, optional
        With which it is compared; the cache's operational one by default.
    job : Job, optional
        Cancel.

    Returns
    -------
    Certified
    """
    if not cache.layout.folder:
        return Certified(problem="crds certify was not asked: the cache has no folder mappings/<observatory>.")
    environment = {
        **os.environ,
        **_OFFLINE,
        "CRDS_PATH": str(cache.path),
        "CRDS_OBSERVATORY": cache.observatory.name,
    }
    command = [sys.executable, "-m", "calgui.core.rules.certify", str(cache.path), context or "", str(path.resolve())]
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
    )
    end = time.monotonic() + _TIMEOUT
    try:
        while True:
            try:
                output, _ = process.communicate(timeout=0.1)
                break
            except subprocess.TimeoutExpired:
                if job is not None:
                    job.check()
                if time.monotonic() > end:
                    return Certified(problem=f"crds certify gave no answer within {_TIMEOUT:g} s.")
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    return _read(output.decode("utf-8", "replace"), process.returncode)


def _read(text: str, code: int) -> Certified:
    found: dict[str, list[str]] = {"ERROR": [], "WARNING": []}
    for line in text.splitlines():
        match = _LINE.search(line)
        if match and len(found[match[1]]) < _MOST:
            said = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in match[2])
            found[match[1]].append(said.strip()[:400])
    if code and not found["ERROR"]:
        last = next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "nothing")
        said = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in last)
        return Certified(problem=f"crds certify ended with code {code}: {said[:300]}")
    return Certified(tuple(dict.fromkeys(found["ERROR"])), tuple(dict.fromkeys(found["WARNING"])))


def main() -> None:
    """The process: the observatory is taught, then crds's tool runs as it is."""
    folder, context, path = sys.argv[1:4]
    from calgui.core.rules.cache import Cache
    from calgui.core.rules.tools import teach_tools

    teach_tools(Cache.open(folder))
    sys.argv = ["certify", *(["--comparison-context", context] if context else []), path]
    runpy.run_module("crds.certify", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
