"""Asking where a file is to be saved."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QMessageBox

from calgui.views.widgets.saving import TABLES, ask_where

pytestmark = pytest.mark.usefixtures("qapp")


def answer(monkeypatch: pytest.MonkeyPatch, path: Path | str, kind: str = "") -> list[tuple[object, ...]]:
    asked: list[tuple[object, ...]] = []

    def dialog(*words: object) -> tuple[str, str]:
        asked.append(words)
        return str(path), kind

    monkeypatch.setattr(QFileDialog, "getSaveFileName", dialog)
    return asked


@pytest.mark.parametrize(
    ("typed", "kind", "made"),
    [
        ("night.csv", "ECSV table (*.ecsv)", "night.csv"),
        ("NIGHT.CSV", "ECSV table (*.ecsv)", "NIGHT.CSV"),
        ("night", "ECSV table (*.ecsv)", "night.ecsv"),
        ("night", "CSV for spreadsheets (*.csv)", "night.csv"),
        ("night", "", "night.ecsv"),
        ("K.band", "CSV for spreadsheets (*.csv)", "K.band.csv"),
    ],
)
def test_the_ending_follows_the_kind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: str, kind: str, made: str
) -> None:
    asked = answer(monkeypatch, tmp_path / typed, kind)
    assert ask_where(None, "Save", "table.ecsv", TABLES) == tmp_path / made
    assert asked == [(None, "Save", "table.ecsv", "ECSV table (*.ecsv);;CSV for spreadsheets (*.csv)")]


def test_a_kind_may_have_several_endings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = {".fits .fits.gz": "FITS files"}
    for typed, made in (("a", "a.fits"), ("a.fits.gz", "a.fits.gz"), ("a.fits", "a.fits")):
        asked = answer(monkeypatch, tmp_path / typed)
        assert ask_where(None, "Save", "a.fits", kinds) == tmp_path / made
        assert asked[0][3] == "FITS files (*.fits *.fits.gz)"


def test_nothing_is_replaced_that_the_dialog_did_not_ask_about(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "night.csv").touch()
    answer(monkeypatch, tmp_path / "night", "CSV for spreadsheets (*.csv)")
    pressed: list[str] = []

    def press(box: QMessageBox) -> None:
        button = next(one for one in box.buttons() if one.text().replace("&", "") == pressed[-1])
        assert "night.csv is there already" in box.text()
        assert box.defaultButton().text().replace("&", "") == "Cancel"
        button.click()

    monkeypatch.setattr(QMessageBox, "exec", press)
    pressed.append("Cancel")
    assert ask_where(None, "Save", "table.ecsv", TABLES) is None
    pressed.append("Replace")
    assert ask_where(None, "Save", "table.ecsv", TABLES) == tmp_path / "night.csv"


def test_the_folder_is_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, tmp_path / "here" / "a.ecsv")
    ask_where(None, "Save", "table.ecsv", TABLES, "tables/folder")
    asked = answer(monkeypatch, "")
    assert ask_where(None, "Save", "other.ecsv", TABLES, "tables/folder") is None
    assert asked[0][2] == str(tmp_path / "here" / "other.ecsv")
