"""Nothing of a cache, header, session, file of thresholds or current folder is ever run."""

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from calgui.cli.stock import crds
from calgui.core.children import python
from calgui.core.errors import CalguiError, InputError
from calgui.core.frames.headers import rule_header
from calgui.core.regions.ds9 import read_regions
from calgui.core.rules import certify
from calgui.core.rules.cache import Cache
from calgui.core.rules.ingest.proposing import propose
from calgui.core.rules.ingest.values import Request
from calgui.core.rules.lint.run import lint
from calgui.core.rules.selection.header import with_settings
from calgui.core.rules.selection.trace import explain
from calgui.core.rules.tree import tree
from calgui.core.sessions import read_session
from calgui.core.validation.checks import checks_for
from tests.core.rules.conftest import PARKEY, CacheWriter
from tests.security.corpus import card, primary

#: what would leave a mark if it were run, evaluated, formatted or imported
CODE = "__import__('pathlib').Path({mark!r}).touch()"


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    """The file that is there once any of the code below was run."""
    return tmp_path / "mark"


class Bomb:
    """Leaves its mark when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.mark),)


def everything(folder: Path, reference: Path) -> None:
    """Ask all that can be asked of a cache; only errors that are told are errors that may be."""
    opened = Cache.open(folder)
    header = with_settings(rule_header(reference), {"DETECTOR": "IRIS1"}, opened.observatory)
    asks: list[Callable[[], object]] = [
        opened.findings,
        lambda: tree(opened),
        lambda: lint(opened),
        lambda: explain(opened, "tmt_0001.pmap", "dark", header),
        lambda: propose(opened, Request((reference,))),
    ]
    for ask in asks:
        try:
            ask()
        except CalguiError:
            continue


WHERE: dict[str, tuple[str, dict[str, Any]]] = {
    "selector": ("{code}", {}),
    "call": ("Match({code})", {}),
    "key": ("Match({{({code},) : UseAfter({{}})}})", {}),
    "date": ("Match({{('IRIS1',) : UseAfter({{{code} : 'a.fits'}})}})", {}),
    "file": ("Match({{('IRIS1',) : UseAfter({{'2020-01-01 00:00:00' : {code}}})}})", {}),
    "format": ("Match({{(f'{{{code}}}',) : UseAfter({{}})}})", {}),
    "lambda": ("(lambda: {code})()", {}),
    "comprehension": ("Match({{x: {code} for x in ('a',)}})", {}),
    "walrus": ("Match((x := {code}))", {}),
    "attribute": ("Match({{('IRIS1',) : ().__class__.__base__.__subclasses__()}})", {}),
    "decorated": ("Match({{}})\n@(lambda f: {code})\ndef f(): pass", {}),
    "class": ("Match({{}})\nclass A(metaclass={code}): pass", {}),
    "string as key": ("Match({{({text!r},) : UseAfter({{'2020-01-01 00:00:00' : 'a.fits'}})}})", {}),
    "string as file": ("Match({{('IRIS1',) : UseAfter({{'2020-01-01 00:00:00' : {text!r}}})}})", {}),
    "string as date": ("Match({{('IRIS1',) : UseAfter({{{text!r} : 'a.fits'}})}})", {}),
    "relevance": ("", {"rmap_relevance": "{text}"}),
    "omit": ("", {"rmap_omit": "{text}"}),
    "relevance of a parameter": ("", {"parkey_relevance": {"meta.instrument.detector": "{text}"}}),
    "hooks": ("", {"hooks": {"precondition_header": "{text}"}}),
    "classes": ("", {"classes": ("Match", "{text}")}),
    "substitutions": ("", {"substitutions": {"META.INSTRUMENT.DETECTOR": {"{text}": "x"}}}),
    "parkey": ("", {"parkey": (("{text}",), PARKEY[1])}),
    "observatory": ("", {"observatory": "{text}"}),
    "instrument": ("", {"instrument": "{text}"}),
    "filekind": ("", {"filekind": "{text}"}),
    "derived_from": ("", {"derived_from": "{text}"}),
}


def _filled(value: Any, text: str) -> Any:
    if isinstance(value, str):
        return value.replace("{text}", text)
    if isinstance(value, dict):
        return {_filled(key, text): _filled(item, text) for key, item in value.items()}
    return tuple(_filled(item, text) for item in value)


@pytest.mark.parametrize("where", WHERE)
def test_nothing_of_a_mapping_is_run(where: str, tmp_path: Path, mark: Path) -> None:
    selector, header = WHERE[where]
    code = CODE.format(mark=str(mark))
    writer = CacheWriter(tmp_path / "cache").healthy()
    more = {key: _filled(value, code) for key, value in header.items()}
    text = [selector.format(code=code, text=code)] if selector else []
    writer.rmap("tmt_iris_dark_0001.rmap", *text, **more)
    new = tmp_path / "tmt_iris_dark_0002.fits"
    new.write_bytes(
        primary(
            card("INSTRUME", "IRIS"),
            card("REFTYPE", "DARK"),
            card("DETECTOR", "IRIS1"),
            card("USEAFTER", "2026-01-01T00:00:00"),
            card("DATE-OBS", "2026-01-01"),
            card("TIME-OBS", "00:00:00"),
        )
    )
    everything(writer.root, new)
    assert not mark.exists()


@pytest.mark.parametrize("cure", ["os.mkdir", "subprocess.check_call"])
def test_the_codes_above_would_leave_their_mark(cure: str, mark: Path) -> None:
    """Or the tests could not fail."""
    if cure == "os.mkdir":
        pickle.loads(pickle.dumps(Bomb(mark)))
    else:
        eval(CODE.format(mark=str(mark)))
    assert mark.exists()


PLANTED = {
    "pickles/tmt/tmt_0001.pmap.pkl": "pickle",
    "pickles/tmt/tmt_0001.pmap.pickle": "pickle",
    "mappings/tmt/tmt_0001.pmap.pkl": "pickle",
    "config/tmt/server_config": "code",
    "config/tmt/crds.cfg": "code",
    "config/tmt/ref_cache_subdir_mode": "code",
    "config/tmt/ingests.json": "code",
    "crds.ini": "code",
    "crds.cfg": "code",
    "mappings/tmt/sitecustomize.py": "code",
    "mappings/tmt/__init__.py": "code",
    "mappings/tmt/locate.py": "code",
    "mappings/tmt/precondition.py": "code",
    ".git/hooks/post-checkout": "shell",
    ".git/hooks/pre-commit": "shell",
    ".envrc": "shell",
}


def test_what_is_planted_in_a_cache_is_left_alone(tmp_path: Path, mark: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = CacheWriter(tmp_path / "cache").healthy()
    for name, kind in PLANTED.items():
        path = writer.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        raw = {
            "pickle": pickle.dumps(Bomb(mark)),
            "code": CODE.format(mark=str(mark)).encode(),
            "shell": f"#!/bin/sh\ntouch {mark}\n".encode(),
        }[kind]
        path.write_bytes(raw)
        path.chmod(0o755)
    monkeypatch.chdir(writer.mappings)
    monkeypatch.setenv("CRDS_USE_PICKLED_CONTEXTS", "1")
    monkeypatch.setenv("CRDS_PATH", str(writer.root))
    everything(writer.root, writer.references / "tmt_iris_dark_0001.fits")
    assert not mark.exists()


def test_tools_of_crds_are_not_let_to_unpickle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither by `validate`, which asks certify, nor by `calgui crds`, whatever the environment says."""
    seen: list[dict[str, str]] = []

    class Process:
        def __init__(self, _command: list[str], env: dict[str, str], **_more: Any) -> None:
            seen.append(env)

        def communicate(self, **_more: Any) -> tuple[bytes, bytes]:
            return b"", b""

        def poll(self) -> int:
            return 0

        wait = poll

    monkeypatch.setattr(subprocess, "Popen", Process)
    monkeypatch.setenv("CRDS_USE_PICKLED_CONTEXTS", "1")
    writer = CacheWriter(tmp_path / "cache").healthy()
    certify.certify(Cache.open(writer.root), [writer.references / "tmt_iris_dark_0001.fits"])
    with pytest.raises(SystemExit):
        crds.main(["--cache", str(writer.root), "list"], standalone_mode=False)
    assert [env["CRDS_USE_PICKLED_CONTEXTS"] for env in seen] == ["0", "0"]


@pytest.mark.parametrize("how", ["child", "program"])
def test_modules_of_the_current_folder_are_not_imported(how: str, tmp_path: Path, mark: Path) -> None:
    for name in ("json", "numpy", "crds", "astropy", "click", "hashlib", "calgui", "sitecustomize", "usercustomize"):
        (tmp_path / f"{name}.py").write_text(f"open({str(mark)!r}, 'w')\nraise SystemExit(9)\n")
    if how == "child":
        command = python("calgui.core.printable")
    else:
        # `python -m calgui` finds calgui in the current folder: what is asked for is told by the package's own name
        (tmp_path / "calgui.py").unlink()
        command = [sys.executable, "-m", "calgui", "--version"]
    root = str(Path(__file__).resolve().parents[2])
    for name in ("sitecustomize", "usercustomize"):
        (tmp_path / f"{name}.py").unlink()  # Python's own affair, long before the program
    done = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": root}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert not mark.exists()


def test_the_folder_of_a_child_would_be_imported_from(tmp_path: Path, mark: Path) -> None:
    """Or the test above could not fail."""
    (tmp_path / "json.py").write_text(f"open({str(mark)!r}, 'w')\n")
    subprocess.run([sys.executable, "-m", "json"], cwd=tmp_path, check=True)
    assert mark.exists()


READERS: dict[str, Callable[[Path], object]] = {
    "session": read_session,
    "checks": lambda path: checks_for("dark", path),
    "regions": read_regions,
    "fits": rule_header,
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("what", ["pickle", "code", "yaml", "shell"])
def test_files_that_are_programs_are_refused(what: str, reader: str, tmp_path: Path, mark: Path) -> None:
    raw = {
        "pickle": pickle.dumps(Bomb(mark)),
        "code": CODE.format(mark=str(mark)).encode(),
        "yaml": f"!!python/object/apply:os.mkdir ['{mark}']\n".encode(),
        "shell": f"#!/bin/sh\nmkdir {mark}\n".encode(),
    }[what]
    path = tmp_path / "file.calgui"
    path.write_bytes(raw)
    path.chmod(0o755)
    if reader == "regions":  # DS9's format passes over much
        with suppress(InputError):
            assert not read_regions(path).regions
    else:
        with pytest.raises(InputError):
            READERS[reader](path)
    assert not mark.exists()


def test_a_session_holds_names_and_nothing_else(tmp_path: Path, mark: Path) -> None:
    for bad in ("javascript:alert(1)", "http://example.org/", "file:///etc/passwd", "relative/a.fits", "$(touch x)"):
        path = tmp_path / "a.calgui"
        path.write_text(json.dumps({"format": "calgui-session", "version": 1, "files": [bad]}))
        with pytest.raises(InputError, match="absolute"):
            read_session(path)
    program = tmp_path / "program.sh"
    program.write_text(f"#!/bin/sh\ntouch {mark}\n")
    program.chmod(0o755)
    path.write_text(json.dumps({"format": "calgui-session", "version": 1, "files": [str(program)]}))
    assert read_session(path).files == (program,)
    with pytest.raises(InputError):
        rule_header(program)
    assert not mark.exists()
