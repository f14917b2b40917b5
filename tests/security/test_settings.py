"""A file of settings from somebody else: Qt would make objects of Python of what it holds, and run them."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings

from calgui.views import settings

#: the word that Qt looks for, as it may be written
WAYS = {
    "plain": b"@Variant(",
    "quoted": b'"@Variant("',
    "in pieces": b'@Var""iant(',
    "in pieces with space": b'"@Var" \tiant(',
    "letter by number": rb"@V\x61riant(",
    "at by number": rb"\100Variant(",
    "over two lines": b"@Var\\\niant(",
    "in a list": b"one, @Variant(",
    "behind a backslash": rb'\\, "@"Variant(',
    "a date": b"@DateTime(",
}


class _Runs:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> object:
        return os.mkdir, (str(self.path),)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    before = settings._override
    settings.keep_in(tmp_path)
    yield tmp_path
    settings.keep_in(before)


def hostile(folder: Path, raw: bool) -> bytes:
    """A value that makes a folder ``ran`` when Qt reads it; with bytes as they are, or as escapes."""
    path = folder / "made.ini"
    made = QSettings(str(path), QSettings.Format.IniFormat)
    made.setValue("key", _Runs(folder / "ran"))
    made.sync()
    value = path.read_bytes().partition(b"key=")[2].strip()
    path.unlink()
    if not raw:
        return value
    rest = re.sub(rb"\\x([0-9a-f]+)|\\0", lambda found: chr(int(found[1] or b"0", 16)).encode(), value[9:-1])
    return value[:9] + b'"' + rest + b'")'


def read_by_qt(path: Path) -> None:
    store = QSettings(str(path), QSettings.Format.IniFormat)
    for key in store.allKeys():
        store.value(key)


@pytest.mark.parametrize("raw", [False, True])
def test_qt_alone_would_run_it(tmp_path: Path, raw: bool) -> None:
    path = tmp_path / "other.ini"
    path.write_bytes(b"[General]\nkey=" + hostile(tmp_path, raw) + b"\n")
    read_by_qt(path)
    assert (tmp_path / "ran").is_dir()


@pytest.mark.parametrize("raw", [False, True])
@pytest.mark.parametrize("way", WAYS)
def test_nothing_of_it_is_run(folder: Path, way: str, raw: bool) -> None:
    value = WAYS[way] + hostile(folder, raw)[9:]
    path = settings.settings_path()
    path.write_bytes(b"[General]\nkey=" + value + b"\n")
    assert settings.remembered("key", "as always") == "as always"
    assert not (folder / "ran").exists()
    assert path.with_name("window.ini.refused").read_bytes().endswith(value + b"\n")
    settings.remember("key", "mine")
    assert settings.remembered("key", "as always") == "mine"


def test_what_is_no_file_or_too_large_is_not_waited_for(folder: Path) -> None:
    path = settings.settings_path()
    os.mkfifo(path)
    assert settings.remembered("key", 1) == 1
    with path.open("wb") as file:
        file.truncate(1 << 40)
    assert settings.remembered("key", 1) == 1
    path.write_text("[General]\nkey=" + "[" * 200_000)
    assert settings.remembered("key", 1) == 1
    settings.remember("key", 2)
    assert settings.remembered("key", 1) == 2


def test_all_that_we_remember_is_ours(folder: Path) -> None:
    values = ["@Variant(", "a@b.fits", 'é\n\t\\ "q" ; = , \'', {"w ä": [1.5, None, "\\x40"]}, '\\"@DateTime(', "\\"]
    for number, value in enumerate(values):
        settings.remember(f"group ä/{number}", value)
    assert [settings.remembered(f"group ä/{number}") for number in range(len(values))] == values
    assert [path.name for path in folder.iterdir()] == ["window.ini"]
