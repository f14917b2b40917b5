"""Session files: what is written is read, and what is no session is refused in words."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calgui.core.errors import InputError, UsageError
from calgui.core.sessions import Saved, is_session, read_session, write_session

paths = st.lists(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20).map(
        lambda text: Path("/") / text
    ),
    max_size=4,
    unique=True,
).map(tuple)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
sessions = st.builds(
    Saved,
    paths,
    st.none() | st.text(max_size=10),
    paths,
    paths,
    st.text(max_size=10),
    st.dictionaries(st.text(max_size=8), values, max_size=3),
)


@settings(max_examples=60, deadline=None)
@given(saved=sessions)
def test_what_is_written_is_read(saved: Saved, tmp_path: Path) -> None:
    path = write_session(saved, tmp_path / "night.calgui", overwrite=True)
    assert read_session(path) == saved


def test_names_that_are_no_text_come_back(tmp_path: Path) -> None:
    odd = tmp_path / b"caf\xe9".decode("utf-8", "surrogateescape")
    path = write_session(Saved(files=(odd,)), tmp_path / "night.calgui")
    assert read_session(path).files == (odd,)


GOOD = {"format": "calgui-session", "version": 1, "caches": ["/cache"], "files": [], "selection": [], "views": {}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "JSON"),
        ("[1, 2", "JSON"),
        ("[" * 100_000, "JSON"),
        ('{"format": NaN}', "JSON"),
        ("null", "no session"),
        ("{}", "no session"),
        (json.dumps({**GOOD, "format": "other"}), "no session"),
        (json.dumps({**GOOD, "version": 2}), "version 2"),
        (json.dumps({**GOOD, "version": True}), "version"),
        (json.dumps({**GOOD, "version": "1"}), "version"),
        (json.dumps({**GOOD, "caches": ["relative"]}), "absolute"),
        (json.dumps({**GOOD, "files": ["/a\0b"]}), "absolute"),
        (json.dumps({**GOOD, "files": ["/" + "a" * 5000]}), "absolute"),
        (json.dumps({**GOOD, "files": "/a"}), "no list"),
        (json.dumps({**GOOD, "files": ["/a"] * 20_001}), "no list"),
        (json.dumps({**GOOD, "views": []}), "views"),
        (json.dumps({**GOOD, "context": 3}), "context"),
        (" " * 4_000_001, "too large"),
    ],
)
def test_what_is_no_session_is_refused_and_named(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.calgui"
    path.write_text(text)
    with pytest.raises(InputError, match=said) as caught:
        read_session(path)
    assert caught.value.path == path
    assert caught.value.cure


@settings(max_examples=150, deadline=None)
@given(place=st.integers(0, 10_000), what=st.binary(max_size=6))
def test_damage_is_refused_or_read_never_more(place: int, what: bytes, tmp_path: Path) -> None:
    path = tmp_path / "night.calgui"
    write_session(Saved((Path("/c"),), "a.pmap", (Path("/f"),), (), "rules", {"x": [1]}), path, overwrite=True)
    raw = path.read_bytes()
    place %= len(raw)
    path.write_bytes(raw[:place] + what + raw[place + len(what) :])
    try:
        read = read_session(path)
    except InputError:
        return
    assert all(isinstance(each, Path) and each.is_absolute() for each in (*read.caches, *read.files))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_session(tmp_path / "nowhere.calgui")


def test_an_older_one_is_kept_unless_told(tmp_path: Path) -> None:
    path = write_session(Saved(place="rules"), tmp_path / "night.calgui")
    with pytest.raises(InputError, match="exists"):
        write_session(Saved(), path)
    assert read_session(path).place == "rules"


def test_a_view_that_keeps_no_json_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        write_session(Saved(views={"x": object()}), tmp_path / "night.calgui")
    assert list(tmp_path.iterdir()) == []


def test_it_says_in_words_what_was_open() -> None:
    assert Saved((Path("/n/demo/cache"),), None, (Path("/n/raw"),)).sentence == "the cache demo and raw"
    assert Saved((), None, tuple(Path(f"/{n}") for n in range(1200))).sentence == "1,200 files or folders"
    assert Saved().empty


def test_what_no_disk_can_name_is_no_session(tmp_path: Path) -> None:
    for name in ("a" * 300, "a\0b", "nowhere"):
        assert not is_session(tmp_path / f"{name}.calgui")
