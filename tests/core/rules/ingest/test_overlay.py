"""The new cache: complete, apart from the old one, whole or not at all."""

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from calgui.core.errors import Cancelled, InputError, UsageError
from calgui.core.jobs import Job
from calgui.core.rules.cache import Cache
from calgui.core.rules.ingest import copying, overlay, scratch
from calgui.core.rules.ingest.history import choose_context, context_before, ingests
from calgui.core.rules.ingest.overlay import write_overlay
from calgui.core.rules.ingest.patching import patch
from calgui.core.rules.ingest.proposing import propose
from calgui.core.rules.ingest.values import Proposal, Request
from calgui.core.rules.lint.run import lint
from calgui.core.rules.selection.select import best_references
from calgui.core.rules.values import Trust

Make = Callable[..., Path]


@pytest.fixture
def proposal(cache: Cache, reference: Make) -> Proposal:
    made = propose(cache, Request((reference(),)))
    assert made.ready
    return made


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_it_is_complete_and_selects_the_new_file(
    cache: Cache,
    proposal: Proposal,
    reference: Make,
    tmp_path: Path,
    observation: Callable[..., dict[str, str]],
    snapshot: Callable[[Path], Any],
) -> None:
    before = snapshot(cache.path)
    into = tmp_path / "overlay"
    written = write_overlay(cache, proposal, into)
    assert snapshot(cache.path) == before
    old, new = contents(cache.path), contents(into)
    assert written.copied == len(old)
    assert set(new) - set(old) == {*written.files, "config/tmt/ingests.json"}
    assert [name for name in old if old[name] != new[name]] == ["config/tmt/server_config"]
    assert new["references/tmt/iris/tmt_iris_flat_0004.fits"] == reference().read_bytes()
    opened = Cache.open(into)
    assert opened.default_context == opened.stated_context == "tmt_0003.pmap"
    config: Any = opened.server_config
    assert config["edit_context"] == "tmt_0003.pmap"
    assert set(config["mappings"]) == set(opened.mappings)
    told = {one.type: one for one in best_references(opened, "tmt_0003.pmap", observation())}
    assert (told["flat"].file, told["flat"].trust) == ("tmt_iris_flat_0004.fits", Trust.OK)
    report = lint(opened)
    assert report.healthy, report.findings
    assert {one.name for one in into.parent.iterdir()} >= {"overlay"}
    assert not [path for path in into.parent.iterdir() if path.name.startswith(".calgui")]


def test_writing_to_one_never_changes_the_other(
    cache: Cache, proposal: Proposal, tmp_path: Path, reference: Make
) -> None:
    into = write_overlay(cache, proposal, tmp_path / "overlay").folder
    before = contents(cache.path)
    for path in into.rglob("*"):
        if path.is_file():
            assert path.stat().st_nlink == 1
            assert not path.is_symlink()
            with path.open("r+b") as file:
                file.write(b"#")
    assert contents(cache.path) == before
    assert reference().read_bytes()[:1] == b"S"


def test_an_empty_folder_is_taken_and_nothing_else(cache: Cache, proposal: Proposal, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    full = tmp_path / "full"
    full.mkdir()
    (full / "note").write_text("mine")
    link = tmp_path / "link"
    link.symlink_to(empty)
    inside, beside = cache.path / "new", cache.path.parent
    for bad in (full, full / "note", link, inside, cache.path, beside, cache.path / "references" / "tmt" / "x"):
        with pytest.raises(UsageError):
            write_overlay(cache, proposal, bad)
    with pytest.raises(InputError, match="parent"):
        write_overlay(cache, proposal, tmp_path / "no" / "where")
    assert write_overlay(cache, proposal, empty).folder == empty
    assert (full / "note").read_text() == "mine"


def test_a_way_in_through_a_link_is_still_inside(cache: Cache, proposal: Proposal, tmp_path: Path) -> None:
    way = tmp_path / "way"
    way.symlink_to(cache.path)
    with pytest.raises(UsageError, match="inside"):
        write_overlay(cache, proposal, way / "new")


def test_a_full_disk_leaves_nothing(
    cache: Cache, proposal: Proposal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    into = tmp_path / "overlay"
    before = set(tmp_path.iterdir())
    real = os.statvfs(tmp_path)

    class Little:
        f_bavail, f_frsize = 10, real.f_frsize

    monkeypatch.setattr(os, "statvfs", lambda _: Little())
    monkeypatch.setattr(copying.Copier, "_clone", lambda *_: False)
    with pytest.raises(InputError, match="no room") as told:
        write_overlay(cache, proposal, into)
    assert "Make room" in told.value.cure
    monkeypatch.undo()
    for number in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
        monkeypatch.setattr(overlay, "write_new", _failing(number))
        with pytest.raises(InputError, match="no room" if number != errno.EIO else "cannot be written"):
            write_overlay(cache, proposal, into)
    assert set(tmp_path.iterdir()) == before


@pytest.mark.parametrize("call", ["fsync", "rename", "utime", "mkdir"])
def test_whatever_fails_when_it_fails_is_the_old_state_or_the_new_one(
    cache: Cache, proposal: Proposal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    real = getattr(os, call)
    told = []
    said: set[str] = set()
    for number in range(200):
        left = [number]

        def full(*given: Any, _left: list[int] = left, **named: Any) -> Any:
            _left[0] -= 1
            if _left[0] == -1:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return real(*given, **named)

        into = tmp_path / f"new{number}"
        before = {path.name for path in tmp_path.iterdir()}
        with monkeypatch.context() as patched:
            patched.setattr(os, call, full)
            try:
                write_overlay(cache, proposal, into)
            except InputError as error:
                said.add(error.message.partition(":")[0])
                assert {path.name for path in tmp_path.iterdir()} == before
                told.append(False)
            else:
                assert Cache.open(into).default_context == "tmt_0003.pmap"
                told.append(True)
        if left[0] >= 0:
            break
    # the last of all stores the name of what is there already
    assert told == sorted(told)
    assert told.count(False) >= 1
    assert told[-1]
    assert said == {"The disk has no room for the new cache"}


def test_file_systems_without_links_and_times(
    writer: Any, reference: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (writer.references / "again.fits").symlink_to("tmt_iris_flat_0001.fits")

    def unable(*_: Any, **__: Any) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    cache = Cache.open(writer.root)
    proposal = propose(cache, Request((reference(),)))
    for name in ("symlink", "utime"):
        monkeypatch.setattr(os, name, unable)
    folder = write_overlay(cache, proposal, tmp_path / "overlay").folder / "references" / "tmt" / "iris"
    assert not (folder / "again.fits").is_symlink()
    assert (folder / "again.fits").read_bytes() == (folder / "tmt_iris_flat_0001.fits").read_bytes()


def test_a_cancel_after_the_last_moment_is_too_late(cache: Cache, proposal: Proposal, tmp_path: Path) -> None:
    into = tmp_path / "overlay"
    job = Job(observer=lambda _progress: job.cancel() if into.exists() else None)
    assert write_overlay(cache, proposal, into, job).folder == into
    assert Cache.open(into).default_context == "tmt_0003.pmap"


def test_folders_that_cannot_be_read_are_named(
    cache: Cache, proposal: Proposal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = cache.layout.references[0] / "iris"
    real = os.scandir

    def refuse(path: Any) -> Any:
        if Path(path) == folder:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(InputError, match="Permission denied") as told:
        write_overlay(cache, proposal, tmp_path / "overlay")
    assert told.value.path == folder
    for bad in (tmp_path / ("x" * 300), tmp_path / "a\0b" / "new", Path("~nobody-of-this-name/new")):
        with pytest.raises(InputError):
            write_overlay(cache, proposal, bad)


def _failing(number: int) -> Callable[..., None]:
    def fail(path: Path, _data: bytes) -> None:
        raise OSError(number, os.strerror(number), str(path))

    return fail


def test_what_may_not_be_read_or_written(
    cache: Cache, proposal: Proposal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(InputError, match="may not write"):
        write_overlay(cache, proposal, tmp_path / "overlay")
    monkeypatch.undo()

    def refuse(_self: Any, old: Path, _new: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(old))

    monkeypatch.setattr(copying.Copier, "copy", refuse)
    with pytest.raises(InputError, match="Permission denied") as told:
        write_overlay(cache, proposal, tmp_path / "overlay")
    assert told.value.path is not None
    assert told.value.path.is_relative_to(cache.path)
    assert not (tmp_path / "overlay").exists()


def test_what_changed_since_is_noticed(cache: Cache, proposal: Proposal, tmp_path: Path, reference: Make) -> None:
    into = tmp_path / "overlay"
    path = cache.layout.mappings / "tmt_iris_flat_0001.rmap"
    text = path.read_text()
    path.write_text(text + "\n")
    with pytest.raises(InputError, match="changed since"):
        write_overlay(cache, proposal, into)
    path.write_text(text)
    (cache.layout.mappings / "tmt_0003.pmap").write_text("x")
    with pytest.raises(InputError, match="meanwhile"):
        write_overlay(cache, proposal, into)
    (cache.layout.mappings / "tmt_0003.pmap").unlink()
    os.utime(reference(), (1, 1))
    with pytest.raises(InputError, match="changed since"):
        write_overlay(cache, proposal, into)
    assert not into.exists()


def test_a_proposal_with_errors_is_not_written(cache: Cache, reference: Make, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="USEAFTER"):
        write_overlay(cache, propose(cache, Request((reference(USEAFTER=None),))), tmp_path / "overlay")
    assert not (tmp_path / "overlay").exists()


def test_cancelled_in_the_middle(cache: Cache, proposal: Proposal, tmp_path: Path) -> None:
    before = set(tmp_path.iterdir())
    job = Job(observer=lambda progress: job.cancel() if progress.text else None)
    with pytest.raises(Cancelled):
        write_overlay(cache, proposal, tmp_path / "overlay", job)
    assert set(tmp_path.iterdir()) == before


def test_somebody_else_comes_first(cache: Cache, proposal: Proposal, tmp_path: Path) -> None:
    into = tmp_path / "overlay"

    def come(_: Any) -> None:
        into.mkdir(exist_ok=True)
        (into / "theirs").write_text("x")

    with pytest.raises(UsageError, match="meanwhile"):
        write_overlay(cache, proposal, into, Job(observer=come))
    assert [path.name for path in into.iterdir()] == ["theirs"]
    assert not list(tmp_path.glob(".calgui*"))


def test_links_and_pipes_of_the_old_cache(writer: Any, reference: Make, tmp_path: Path) -> None:
    secret = tmp_path / "secret.fits"
    secret.write_bytes(b"secret")
    folder = writer.references
    (folder / "inside.fits").symlink_to(folder / "tmt_iris_flat_0001.fits")
    (folder / "outside.fits").symlink_to(secret)
    (folder / "nowhere.fits").symlink_to(folder / "gone.fits")
    os.mkfifo(folder / "pipe.fits")
    (writer.root / ".git").mkdir()
    (writer.root / ".git" / "hidden.fits").write_bytes(b"x")
    (folder / "hidden.fits").symlink_to(writer.root / ".git" / "hidden.fits")
    (writer.root / "pickles").mkdir()
    (writer.root / "pickles" / "bad.pkl").write_bytes(b"x")
    cache = Cache.open(writer.root)
    written = write_overlay(cache, propose(cache, Request((reference(),))), tmp_path / "overlay")
    new = written.folder / "references" / "tmt" / "iris"
    assert (new / "inside.fits").resolve() == new / "tmt_iris_flat_0001.fits"
    assert not {"outside.fits", "nowhere.fits", "pipe.fits", "hidden.fits"} & {path.name for path in new.iterdir()}
    assert not (written.folder / ".git").exists()
    assert not (written.folder / "pickles").exists()
    said = "\n".join(written.left_out)
    assert all(name in said for name in ("outside.fits", "nowhere.fits", "pipe.fits", ".git", "pickles"))


def test_the_way_back(
    cache: Cache, proposal: Proposal, tmp_path: Path, observation: Callable[..., dict[str, str]]
) -> None:
    into = write_overlay(cache, proposal, tmp_path / "overlay").folder
    opened = Cache.open(into)
    assert context_before(opened, "tmt_0003.pmap") == "tmt_0002.pmap"
    assert [row["context"] for row in ingests(opened)] == ["tmt_0003.pmap"]
    others = {name: data for name, data in contents(into).items() if not name.endswith("server_config")}
    choose_context(opened, "tmt_0002.pmap")
    opened.reload()
    assert opened.default_context == "tmt_0002.pmap"
    assert best_references(opened, "tmt_0002.pmap", observation(), ["flat"])[0].file is None
    assert {name: data for name, data in contents(into).items() if not name.endswith("server_config")} == others
    with pytest.raises(InputError, match="never written to"):
        choose_context(cache, "tmt_0001.pmap")
    with pytest.raises(UsageError):
        choose_context(opened, "tmt_0099.pmap")


def test_ingest_upon_ingest(cache: Cache, proposal: Proposal, reference: Make, tmp_path: Path) -> None:
    first = Cache.open(write_overlay(cache, proposal, tmp_path / "one").folder)
    again = propose(first, Request((reference("x.fits", FILTER="J"),), rename=True))
    assert again.new_context == "tmt_0004.pmap"
    assert again.rules[0].source.name == "tmt_iris_flat_0005.fits"
    second = Cache.open(write_overlay(first, again, tmp_path / "two").folder)
    assert [row["context"] for row in ingests(second)] == ["tmt_0003.pmap", "tmt_0004.pmap"]
    # from the context before the first: its names are taken, and are not used twice
    beside = propose(first, Request((reference("y.fits", FILTER="J"),), rename=True), "tmt_0002.pmap")
    assert [one.name for one in beside.mappings] == ["tmt_iris_flat_0003.rmap", "tmt_iris_0004.imap", "tmt_0004.pmap"]


def test_a_flat_cache_and_one_without_configuration(writer: Any, reference: Make, tmp_path: Path) -> None:
    for name in ("ref_cache_subdir_mode", "server_config"):
        (writer.config / name).unlink()
    flat = tmp_path / "flat"
    flat.mkdir()
    for path in (*writer.mappings.iterdir(), *writer.references.iterdir()):
        (flat / path.name).write_bytes(path.read_bytes())
    for root in (writer.root, flat):
        cache = Cache.open(root)
        written = write_overlay(cache, propose(cache, Request((reference(),))), tmp_path / f"new-{root.name}")
        opened = Cache.open(written.folder)
        assert opened.default_context == "tmt_0003.pmap"
        assert opened.trust("tmt_iris_flat_0004.fits") is Trust.OK


@pytest.mark.parametrize("ends", [b"\n", b"\r\n"])
def test_a_patch_brings_a_checkout_to_the_same_mappings(
    writer: Any, reference: Make, tmp_path: Path, ends: bytes
) -> None:
    rmap = writer.mappings / "tmt_iris_flat_0001.rmap"
    rmap.write_bytes(rmap.read_bytes().replace(b"\n", ends))
    cache = Cache.open(writer.root)
    proposal = propose(cache, Request((reference(),)))
    folder = tmp_path / "checkout"
    folder.mkdir()
    quiet = {"capture_output": True, "check": True, "cwd": folder}
    for name, data in contents(cache.path).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    text = patch(cache, proposal)
    (tmp_path / "it.patch").write_text(text)
    who = ["-c", "user.name=a", "-c", "user.email=a@b.invalid", "-c", "commit.gpgsign=false"]
    try:
        subprocess.run(["git", "init", "-q"], **quiet)  # type: ignore[call-overload]
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("git is not there")
    subprocess.run(["git", "add", "-A"], **quiet)  # type: ignore[call-overload]
    subprocess.run(["git", *who, "commit", "-qm", "cache"], **quiet)  # type: ignore[call-overload]
    subprocess.run(["git", *who, "am", "-q", str(tmp_path / "it.patch")], **quiet)  # type: ignore[call-overload]
    for one in proposal.mappings:
        assert (folder / "mappings" / "tmt" / one.name).read_text() == one.text
    said = subprocess.run(["git", "log", "-1", "--format=%B"], **quiet).stdout.decode()  # type: ignore[call-overload]
    assert said.startswith("tmt_0003.pmap: 1 new flat")
    assert "references/tmt/iris/tmt_iris_flat_0004.fits" in said


def test_leftovers_are_cleared_unless_somebody_lives_in_them(tmp_path: Path) -> None:
    dead = tmp_path / ".calgui-ingest-0123456789abcdef"
    dead.mkdir()
    (dead / "half").write_text("x")
    other = tmp_path / ".calgui-ingest-mine"
    other.mkdir()
    with scratch.scratch_folder(tmp_path) as alive:
        assert not dead.exists()
        script = (
            "from pathlib import Path\nfrom calgui.core.rules.ingest.scratch import clear_leftovers\n"
            f"print(len(clear_leftovers(Path({str(tmp_path)!r}))))"
        )
        told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        assert told.stdout.strip() == "0"
        assert alive.is_dir()
    assert [path.name for path in tmp_path.iterdir()] == [other.name]


def test_a_folder_that_another_took_for_a_leftover_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = scratch._lock
    seen = []

    def late(folder: Path) -> int | None:
        seen.append(folder)
        if len(seen) == 1:  # the other was here before its lock
            folder.rmdir()
        if len(seen) == 2:
            raise BlockingIOError(errno.EWOULDBLOCK, "taken")
        return real(folder)

    monkeypatch.setattr(scratch, "_lock", late)
    with scratch.scratch_folder(tmp_path) as folder:
        assert folder == seen[2]
        assert folder.is_dir()
