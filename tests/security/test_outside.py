"""Nothing outside of the folders that one opened is read, and nothing outside of those that one named is written."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from calgui.core.errors import CalguiError, InputError
from calgui.core.help import Documentation
from calgui.core.rules.cache import Cache
from calgui.core.rules.ingest.overlay import write_overlay
from calgui.core.rules.ingest.patching import patch
from calgui.core.rules.ingest.proposing import propose
from calgui.core.rules.ingest.values import Request
from calgui.core.rules.lint.run import lint
from calgui.core.rules.tree import tree
from calgui.core.sessions import Saved, write_session
from tests.core.rules.conftest import CacheWriter, fits_bytes, mapping_text, snapshot
from tests.security.corpus import card, primary

_opened: list[str] | None = None


def _listen(event: str, arguments: tuple[Any, ...]) -> None:
    if _opened is None or event not in ("open", "os.scandir", "os.listdir"):
        return
    if isinstance(arguments[0], str | bytes | os.PathLike):
        _opened.append(os.path.realpath(os.fsdecode(arguments[0])))


sys.addaudithook(_listen)


@contextmanager
def opening() -> Iterator[list[str]]:
    """All files and folders that Python opens meanwhile, links followed."""
    global _opened
    _opened = []
    try:
        yield _opened
    finally:
        _opened = None


@pytest.fixture
def writer(tmp_path: Path) -> CacheWriter:
    """A cache that is well-formed."""
    return CacheWriter(tmp_path / "cache").healthy()


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A folder that is nobody's business, with files that a cache would like to have."""
    folder = tmp_path / "secret"
    folder.mkdir()
    healthy = CacheWriter(folder / "cache").healthy()
    for path in (*healthy.mappings.iterdir(), *healthy.references.iterdir()):
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "passwd").write_text("root:x:0:0")
    return folder


@pytest.fixture
def reference(tmp_path: Path) -> Path:
    """A new dark."""
    folder = tmp_path / "new"
    folder.mkdir()
    path = folder / "tmt_iris_dark_0002.fits"
    said = {"INSTRUME": "IRIS", "REFTYPE": "DARK", "DETECTOR": "IRIS1", "USEAFTER": "2026-01-01T00:00:00"}
    path.write_bytes(primary(*(card(key, value) for key, value in said.items())))
    return path


def look_everywhere(root: Path, reference: Path) -> None:
    """Ask a cache all that reads its files; what it lacks may be told."""
    with suppress(CalguiError):
        opened = Cache.open(root)
        for name in (*opened.mappings, *opened.contexts):
            with suppress(CalguiError):
                opened.load(name)
        opened.findings()
        tree(opened)
        lint(opened)
        proposal = propose(opened, Request((reference,)))
        patch(opened, proposal)
        write_overlay(opened, proposal, root.parent / "overlay")


Trap = Callable[[CacheWriter, Path], object]


def _away(path: Path, target: Path | str) -> None:
    if path.is_dir() and not path.is_symlink():
        path.rename(path.with_name(f"{path.name}-old"))
    else:
        path.unlink(missing_ok=True)
    path.symlink_to(target)


def _reference(name: str) -> Trap:
    return lambda writer, secret: writer.rmap(
        "tmt_iris_dark_0001.rmap",
        f"Match({{('IRIS1',) : UseAfter({{'2020-01-01 00:00:00' : {name.format(secret=secret)!r}}})}})",
    )


#: what is done to a cache so that it leads to the secret folder
TRAPS: dict[str, Trap] = {
    "imap by a path": lambda w, s: w.pmap("tmt_0001.pmap", {"IRIS": f"{s}/tmt_iris_0001.imap"}),
    "imap by ..": lambda w, s: w.pmap("tmt_0001.pmap", {"IRIS": "../../../secret/tmt_iris_0001.imap"}),
    "rmap by a path": lambda w, s: w.imap("tmt_iris_0001.imap", {"DARK": f"{s}/tmt_iris_dark_0001.rmap"}),
    "rmap by ..": lambda w, s: w.imap("tmt_iris_0001.imap", {"DARK": "../../../secret/tmt_iris_dark_0001.rmap"}),
    "rmap by an address": lambda w, s: w.imap("tmt_iris_0001.imap", {"DARK": f"file://{s}/tmt_iris_dark_0001.rmap"}),
    "reference by a path": _reference("{secret}/tmt_iris_dark_0001.fits"),
    "reference by ..": _reference("../../../../secret/tmt_iris_dark_0001.fits"),
    "reference by NUL": _reference("tmt_iris_dark_0001.fits\0/../../secret/passwd"),
    "derived from": lambda w, s: w.rmap("tmt_iris_dark_0001.rmap", derived_from=f"{s}/tmt_iris_dark_0001.rmap"),
    "context of the server": lambda w, s: (w.config / "server_config").write_text(
        repr({"operational_context": f"{s}/tmt_0001.pmap", "mappings": [f"{s}/tmt_iris_0001.imap"]})
    ),
    "pmap is a link": lambda w, s: _away(w.mappings / "tmt_0001.pmap", s / "tmt_0001.pmap"),
    "imap is a link": lambda w, s: _away(w.mappings / "tmt_iris_0001.imap", s / "tmt_iris_0001.imap"),
    "rmap is a link": lambda w, s: _away(
        w.mappings / "tmt_iris_dark_0001.rmap", "../../../secret/tmt_iris_dark_0001.rmap"
    ),
    "reference is a link": lambda w, s: _away(w.references / "tmt_iris_dark_0001.fits", s / "tmt_iris_dark_0001.fits"),
    "references are a link": lambda w, s: _away(w.references, s),
    "all references are a link": lambda w, s: _away(w.references.parent, s),
    "mappings are a link": lambda w, s: _away(w.mappings, s),
    "config is a link": lambda w, s: _away(w.config, s),
    "server_config is a link": lambda w, s: _away(w.config / "server_config", s / "passwd"),
    "ingests.json is a link": lambda w, s: _away(w.config / "ingests.json", s / "passwd"),
}  # fmt: skip


@pytest.mark.parametrize("trap", TRAPS)
def test_no_cache_leads_out_of_itself(trap: str, writer: CacheWriter, secret: Path, reference: Path) -> None:
    TRAPS[trap](writer, secret)
    secrets, cache = snapshot(secret), snapshot(writer.root)
    with opening() as opened:
        look_everywhere(writer.root, reference)
    assert [path for path in opened if path.startswith(str(secret))] == []
    assert snapshot(secret) == secrets
    assert snapshot(writer.root) == cache
    overlay = writer.root.parent / "overlay"
    copied = {path.read_bytes() for path in overlay.rglob("*") if path.is_file()} if overlay.exists() else set()
    assert b"root:x:0:0" not in copied


def test_what_is_opened_is_heard_of(secret: Path) -> None:
    """Or the test above could not fail."""
    with opening() as opened:
        (secret / "passwd").read_text()
    assert opened == [str(secret / "passwd")]


def test_an_overlay_shares_no_byte_that_could_be_written(writer: CacheWriter, reference: Path, tmp_path: Path) -> None:
    """Hard links of the cache's own making too: writing to the one never changes the other."""
    os.link(writer.references / "tmt_iris_dark_0001.fits", writer.references / "twin.fits")
    opened = Cache.open(writer.root)
    before = snapshot(writer.root)
    written = write_overlay(opened, propose(opened, Request((reference,))), tmp_path / "overlay")
    for path in written.folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            path.chmod(0o644)
            path.write_bytes(b"other")
    assert snapshot(writer.root) == before
    assert reference.read_bytes() != b"other"


@pytest.mark.parametrize("into", ["cache/mappings/tmt", "cache/new", "link", "cache"])
def test_an_overlay_is_not_written_into_a_cache_or_through_a_link(
    into: str, writer: CacheWriter, reference: Path, secret: Path, tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to(secret)
    opened = Cache.open(writer.root)
    secrets, cache = snapshot(secret), snapshot(writer.root)
    with pytest.raises(CalguiError):
        write_overlay(opened, propose(opened, Request((reference,))), tmp_path / into)
    assert (snapshot(secret), snapshot(writer.root)) == (secrets, cache)


def test_patches_name_files_below_their_folder_alone(writer: CacheWriter, reference: Path) -> None:
    opened = Cache.open(writer.root)
    lines = patch(opened, propose(opened, Request((reference,)))).splitlines()
    named = [line.split("\t")[0].split()[-1] for line in lines if line.startswith(("+++ ", "--- ", "diff --git"))]
    assert named
    for name in named:
        below = name.removeprefix("a/").removeprefix("b/")
        assert name == "/dev/null" or not (below.startswith("/") or ".." in below.split("/"))


@pytest.mark.parametrize("there", ["file", "nothing", "loop"])
def test_a_link_that_waits_where_one_writes_is_not_written_through(there: str, tmp_path: Path, secret: Path) -> None:
    """Somebody else's folder may hold one of the name that one is about to give."""
    target = {"file": secret / "passwd", "nothing": secret / "planted", "loop": tmp_path / "a.calgui"}[there]
    (tmp_path / "a.calgui").symlink_to(target)
    before = snapshot(secret)
    with suppress(InputError):
        write_session(Saved(), tmp_path / "a.calgui")
    write_session(Saved(), tmp_path / "a.calgui", overwrite=True)
    assert not (tmp_path / "a.calgui").is_symlink()
    assert snapshot(secret) == before


def test_pages_of_the_help_show_what_is_below_them_alone(tmp_path: Path, secret: Path, qtbot: Any) -> None:
    from PySide6.QtCore import QUrl
    from PySide6.QtGui import QTextDocument

    from calgui.views.help.page_view import PageView
    from calgui.views.session import Session

    docs = tmp_path / "docs"
    docs.mkdir()
    links = (f"{secret}/a.png", "../secret/a.png", f"file://{secret}/a.png", "//host/share/a.png", "http://x.org/a.png")
    (docs / "README.md").write_text("# Help\n\n" + "\n\n".join(f"![x]({link})" for link in links))
    session = Session()
    page = Documentation(docs).page("README")
    assert page is not None
    view = PageView(session.tasks, docs)
    qtbot.addWidget(view)
    view.show_page(page)
    for link in links:
        assert view._path(link) is None
        loaded = view.loadResource(QTextDocument.ResourceType.ImageResource.value, QUrl(link))
        assert (loaded.width(), loaded.height()) == (1, 1)
    assert view.loadResource(QTextDocument.ResourceType.StyleSheetResource.value, QUrl(links[0])) is None
    session.close()


def test_secrets_are_well_formed(secret: Path) -> None:
    """A cache that led to them would find what it looks for."""
    assert (secret / "tmt_iris_dark_0001.fits").read_bytes() == fits_bytes()
    assert mapping_text({}, "x")
    assert Cache.open(secret / "cache").load("tmt_0001.pmap")
