"""What is remembered of checked references: whatever happens to its file."""

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calgui.core.rules.deepcheck.truststore import SCHEMA, Badge, TrustStore
from calgui.core.rules.values import Trust


def badge(path: Path, **changes: object) -> Badge:
    told = {
        "name": path.name,
        "path": path,
        "size": 2880,
        "mtime_ns": 1_700_000_000_000_000_123,
        "trust": Trust.OK,
        "reason": "",
        "sha1": "a" * 40,
        "checked": datetime(2026, 3, 11, 10, 0, tzinfo=UTC),
        "real_size": None,
    }
    return Badge(**{**told, **changes})


def test_what_is_put_is_found_by_another_process(tmp_path: Path) -> None:
    path = tmp_path / "trust.sqlite"
    one, two = badge(tmp_path / "é \udcff.fits"), badge(tmp_path / "b.fits", trust=Trust.LFS_POINTER, real_size=10**12)
    store = TrustStore(path)
    store.put([one, two])
    other = TrustStore(path)
    assert other.find([one.path, two.path, tmp_path / "never"]) == {one.path: one, two.path: two}
    assert not other.notes
    store.put([badge(one.path, trust=Trust.CORRUPT, reason="cut short")])
    assert other.find([one.path])[one.path].trust is Trust.CORRUPT
    for opened in (store, other):
        opened.close()


def damage(path: Path) -> None:
    path.write_bytes(b"this is no database" * 500)


def newer(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA + 7}")


def other_columns(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE badges (something)")
        connection.execute(f"PRAGMA user_version = {SCHEMA}")


@pytest.mark.parametrize("spoil", [damage, newer, other_columns])
def test_a_file_that_cannot_be_used_is_set_aside(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    path = tmp_path / "trust.sqlite"
    spoil(path)
    store = TrustStore(path)
    assert "set aside" in store.notes[0]
    store.put([badge(tmp_path / "a.fits")])
    assert store.find([tmp_path / "a.fits"])
    store.close()
    assert path.with_name("trust.sqlite.old").exists()
    again = TrustStore(path)
    assert not again.notes
    assert again.find([tmp_path / "a.fits"])
    again.close()


def test_where_none_can_be_written_it_is_kept_in_memory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = TrustStore(tmp_path / "file" / "trust.sqlite")
    assert "not remembered" in store.notes[0]
    store.put([badge(tmp_path / "a.fits")])
    assert store.find([tmp_path / "a.fits"])
    store.close()


def test_nonsense_in_a_row_counts_as_unchecked(tmp_path: Path) -> None:
    path = tmp_path / "trust.sqlite"
    store = TrustStore(path)
    store.put([badge(tmp_path / "a.fits")])
    store.close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE badges SET trust = 'wonderful'")
    again = TrustStore(path)
    assert again.find([tmp_path / "a.fits"]) == {}
    again.close()


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=40),
            st.integers(0, 2**62),
            st.sampled_from(sorted(Trust)),
            st.text(max_size=60),
        ),
        max_size=20,
    )
)
@settings(max_examples=40, deadline=None)
def test_there_and_back(rows) -> None:
    store = TrustStore(Path("/nowhere/at/all/trust.sqlite"))
    put = {
        Path("/x") / name: badge(Path("/x") / name, size=size, mtime_ns=size, trust=trust, reason=reason)
        for name, size, trust, reason in rows
        if name not in (".", "..")
    }
    store.put(put.values())
    assert store.find(list(put)) == put
    store.close()
