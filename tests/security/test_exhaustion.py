"""Small files that promise much cost neither memory nor time: each is read in a process with little of both."""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from calgui.core.sessions import FORMAT
from tests.security.corpus import GREEDY, primary

resource = pytest.importorskip("resource")

#: bytes of memory, address space and all, beyond what the program takes to start; seconds of a processor for each
ROOM, SECONDS = 700_000_000, 20

_CHILD = """
import json, resource, sys, time
from pathlib import Path
from calgui.core.errors import CalguiError
from calgui.core.frames.headers import read_headers, rule_header
from calgui.core.frames.fits import read_frame
from calgui.core.frames.columns import column_names, read_columns
from calgui.core.regions.ds9 import read_regions
from calgui.core.rules.cache import Cache
from calgui.core.rules.files.configuration import read_server_config
from calgui.core.rules.lint.run import lint
from calgui.core.rules.tree import tree
from calgui.core.sessions import read_session
from calgui.core.validation.checks import checks_for
from calgui.core.validation.validate import validate_file
import astropy.io.fits, regions, crds.core.rmap

def columns(path):
    for hdu in read_headers(path):
        if hdu.kind == "table":
            read_columns(path, hdu, column_names(hdu)[:1])

def cache(path):
    opened = Cache.open(path)
    opened.findings(), tree(opened), lint(opened)

def pixels(path):
    frame = read_frame(path)

HOW = {
    "fits": [read_headers, rule_header, pixels, columns, lambda path: validate_file(path, "dark")],
    "cache": [cache],
    "session": [read_session],
    "checks": [lambda path: checks_for("dark", path)],
    "regions": [read_regions],
}
taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (taken + int(sys.argv[1]),) * 2)
for line in sys.stdin:
    kind, path = json.loads(line)
    said, started = [], time.process_time()
    for how in HOW[kind]:
        try:
            how(Path(path))
            said.append("ok")
        except CalguiError:
            said.append("told")
        except BaseException as error:
            said.append(f"{type(error).__name__}: {error}"[:200])
    print(json.dumps([path, said, time.process_time() - started]), flush=True)
"""

#: texts of a mapping, which a cache with one of them is to survive
MAPPINGS = {
    "deep": b"header = {}\nselector = " + b"(" * 4_000_000,
    "wide": b"header = {}\nselector = {" + b"'a':'b'," * 1_000_000 + b"}",
    "long": b"header = {'a' : '" + b"x" * 15_000_000 + b"'}\nselector = {}",
    "sum": b"header = {'a' : " + b"1+" * 2_000_000 + b"1}\nselector = {}",
    "power": b"header = {'a' : 9**9**9**9}\nselector = {'b' : 'a' * 10**12}",
    "digits": b"header = {'a' : " + b"9" * 10_000_000 + b"}\nselector = {}",
}


def _files(root: Path) -> dict[str, tuple[str, Path]]:
    """Name of each case to how it is read and where it is."""
    from tests.core.rules.conftest import CacheWriter

    found: dict[str, tuple[str, Path]] = {}
    for name, make in GREEDY.items():
        make(root / name)
        found[name] = ("fits", root / name)
    for name, text in MAPPINGS.items():
        writer = CacheWriter(root / f"cache-{name}").healthy()
        writer.text("tmt_iris_dark_0001.rmap", text)
        found[f"mapping {name}"] = ("cache", writer.root)
    writer = CacheWriter(root / "cache-config").healthy()
    (writer.config / "server_config").write_bytes(b"[" * 900_000)
    found["server_config"] = ("cache", writer.root)
    session = {"format": FORMAT, "version": 1}
    for name, raw in {
        "session deep": b"[" * 3_900_000,
        "session long": b'"' + b"x" * 40_000_000,
        "session digits": json.dumps(session).encode()[:-1] + b', "context": ' + b"9" * 3_000_000 + b"}",
        "session paths": json.dumps(session | {"files": ["/a"] * 300_000}).encode(),
        "checks deep": b"a = " + b"[" * 100_000,
        "checks dotted": b"a" + b".a" * 100_000 + b" = 1",
        "checks tables": b"[dark." + b".".join([b"a"] * 50_000) + b"]\n",
        "checks long": b"x" * 40_000_000,
        "regions long": b"circle(1,1,1)\n" * 800_000,
        "regions deep": b"circle(" * 20_000,
    }.items():
        path = root / name.replace(" ", "-")
        path.write_bytes(raw)
        found[name] = (name.split()[0], path)
    for kind in ("session", "checks", "regions", "fits"):
        for what, place in {"zeros": "/dev/zero", "pipe": str(root / "pipe")}.items():
            path = root / f"{kind}-{what}"
            path.symlink_to(place)
            found[f"{kind} {what}"] = (kind, path)
    os.mkfifo(root / "pipe")
    return found


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[list[str], float]]:
    """What became of each case, all read by one process."""
    files = _files(tmp_path_factory.mktemp("greedy"))
    asked = "".join(json.dumps([kind, str(path)]) + "\n" for kind, path in files.values())
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, str(ROOM)], input=asked, capture_output=True, text=True, check=False, timeout=600
    )
    told: dict[str, Any] = {}
    for line in done.stdout.splitlines():
        path, said, seconds = json.loads(line)
        told[path] = (said, seconds)
    return {name: told.get(str(path), ([f"it died: {done.stderr[-500:]}"], 0.0)) for name, (_, path) in files.items()}


NAMES = [
    *GREEDY,
    *(f"mapping {name}" for name in MAPPINGS),
    "server_config",
    *("session deep", "session long", "session digits", "session paths"),
    *("checks deep", "checks dotted", "checks tables", "checks long", "regions long", "regions deep"),
    *(f"{kind} {what}" for kind in ("session", "checks", "regions", "fits") for what in ("zeros", "pipe")),
]


@pytest.mark.parametrize("name", NAMES)
def test_what_promises_much_is_read_or_refused(name: str, answers: dict[str, tuple[list[str], float]]) -> None:
    said, seconds = answers[name]
    assert set(said) <= {"ok", "told"}
    assert seconds < SECONDS


def test_every_case_is_stated(tmp_path: Path, answers: dict[str, tuple[list[str], float]]) -> None:
    assert sorted(NAMES) == sorted(answers)


def test_headers_beyond_a_bound_are_not_read(tmp_path: Path) -> None:
    """Thirty times eight megabytes, of which the first few are believed, and the rest is told of."""
    from calgui.core.frames.headers import read_headers

    GREEDY["headers.fits.gz"](tmp_path / "a.fits.gz")
    with gzip.open(tmp_path / "a.fits.gz") as file:
        assert file.read(8) == primary()[:8]
    hdus = read_headers(tmp_path / "a.fits.gz")
    assert len(hdus) < 8
    assert "Only the first" in hdus[-1].warnings[-1]
