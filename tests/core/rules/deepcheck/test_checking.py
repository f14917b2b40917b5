"""Checking references whole: what is found, what is remembered, and what a crash or a cancel leaves."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from astropy.io import fits

from calgui.core.errors import Cancelled
from calgui.core.jobs import Job
from calgui.core.rules.cache import Cache
from calgui.core.rules.deepcheck import checking
from calgui.core.rules.deepcheck.checking import badges, check_references
from calgui.core.rules.deepcheck.truststore import TrustStore
from calgui.core.rules.values import Trust
from calgui.core.simulate import DemoNight


@pytest.fixture
def folder(demo_night: DemoNight, tmp_path: Path) -> Path:
    copy = tmp_path / "cache"
    shutil.copytree(demo_night.cache, copy)
    return copy


@pytest.fixture
def store(tmp_path: Path):
    opened = TrustStore(tmp_path / "trust.sqlite")
    yield opened
    opened.close()


def file_of(folder: Path, name: str) -> Path:
    return next(folder.rglob(name))


def test_everything_that_the_context_reaches_is_checked(folder: Path, store: TrustStore) -> None:
    cache = Cache.open(folder)
    found = check_references(cache, store=store)
    assert {one.name for one in found} == set(cache.load(cache.default_context).reference_names())
    for one in found:
        assert one.trust is Trust.OK
        assert one.opens
        assert one.sha1 == hashlib.sha1(one.path.read_bytes(), usedforsecurity=False).hexdigest()
        assert one.size == one.path.stat().st_size
        assert cache.trust(one.name) is Trust.OK


def test_what_is_wrong_is_told(folder: Path, store: TrustStore) -> None:
    short, sums, pointer, gone = (
        file_of(folder, f"tmt_iris_{name}_0001.fits") for name in ("mask", "fiber", "sky", "pinhole")
    )
    short.write_bytes(short.read_bytes()[:4000])
    with fits.open(sums, mode="update", checksum=False) as hdus:
        hdus[1].header["CHECKSUM"] = "0" * 16
        hdus[1].header["DATASUM"] = "1"
    pointer.write_text(f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 134220000\n")
    gone.unlink()
    cache = Cache.open(folder)
    found = {one.name: one for one in check_references(cache, store=store)}
    assert found[short.name].trust is Trust.CORRUPT
    assert found[short.name].opens is False
    assert found[sums.name].trust is Trust.CHECKSUM_MISMATCH
    assert found[pointer.name].trust is Trust.LFS_POINTER
    assert found[pointer.name].real_size == 134220000
    assert gone.name not in found
    assert cache.trust(gone.name) is Trust.MISSING


def test_what_did_not_change_is_not_read_again(folder: Path, store: TrustStore, monkeypatch) -> None:
    first = check_references(Cache.open(folder), store=store)
    changed, touched = file_of(folder, "tmt_iris_mask_0001.fits"), file_of(folder, "tmt_iris_sky_0001.fits")
    changed.write_bytes(changed.read_bytes() + b"\0" * 2880)
    os.utime(touched, ns=(1, 1))
    read: list[str] = []
    real = checking._check
    monkeypatch.setattr(checking, "_check", lambda cache, name, job: (read.append(name), real(cache, name, job))[1])
    cache = Cache.open(folder)
    again = check_references(cache, store=store)
    assert sorted(read) == sorted({changed.name, touched.name})
    assert len(again) == len(first)
    read.clear()
    check_references(cache, store=store, names=["tmt_iris_sky_0001.fits"], again=True)
    assert read == ["tmt_iris_sky_0001.fits"]


def test_a_badge_is_void_once_the_file_is_another(folder: Path, store: TrustStore) -> None:
    cache = Cache.open(folder)
    check_references(cache, store=store)
    path = file_of(folder, "tmt_iris_mask_0001.fits")
    assert badges(cache, [path.name], store)[path.name] is not None
    os.utime(path, ns=(5, 5))
    assert badges(cache, [path.name], store)[path.name] is None
    path.unlink()
    assert badges(cache, [path.name], store)[path.name] is None


def test_a_cancel_keeps_what_was_found(folder: Path, store: TrustStore, monkeypatch: pytest.MonkeyPatch) -> None:
    cache, job, checked = Cache.open(folder), Job(), []
    real = checking._check

    def check(cache: Cache, name: str, step: Job):
        checked.append(name)
        if len(checked) == 8:
            job.cancel()
        return real(cache, name, step)

    monkeypatch.setattr(checking, "_check", check)
    with pytest.raises(Cancelled):
        check_references(cache, job=job, store=store)
    names = cache.load(cache.default_context).reference_names()
    assert {name for name, one in badges(cache, names, store).items() if one is not None} == set(checked[:7])


def test_a_crash_half_way_keeps_what_was_committed(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "trust.sqlite"
    code = f"""
import sys, time
from pathlib import Path
from calgui.core.rules.cache import Cache
from calgui.core.rules.deepcheck import checking
from calgui.core.rules.deepcheck.truststore import TrustStore
checking.BATCH_FILES = 1
real = checking._check
def slow(cache, name, job):
    time.sleep(0.05)
    return real(cache, name, job)
checking._check = slow
store = TrustStore(Path({str(path)!r}))
def told(some):
    print(len(some), flush=True)
checking.check_references(Cache.open(Path({str(folder)!r})), store=store, on_batch=told)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(5):
            assert process.stdout.readline().strip() == "1"
        process.send_signal(signal.SIGKILL)
        process.wait()
    cache, store = Cache.open(folder), TrustStore(path)
    names = cache.load(cache.default_context).reference_names()
    kept = [name for name, one in badges(cache, names, store).items() if one is not None]
    assert 5 <= len(kept) < len(names)
    assert not store.notes
    started = time.monotonic()
    assert len(check_references(cache, store=store)) == len(names)
    assert time.monotonic() - started < 60
    store.close()
