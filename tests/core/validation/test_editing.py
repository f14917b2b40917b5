"""The user's thresholds changed by the program: one field, comments kept, nothing written that could not be read."""

from pathlib import Path

import pytest

from calgui.core.errors import InputError
from calgui.core.validation.checks import check_text, checks_for
from calgui.core.validation.editing import changed, read_changes, without, write_changes

PATH = Path("checks.toml")
MINE = """# mine
[dark.level] # why
bad_above = 0.5 # low

[all.nan]
bad_above = 0.3

[flat]
level = {bad_above = 4.0}
"""


def edited(text: str, kind: str, name: str, field: str, value: float | bool | None) -> str:
    check = check_text(text, PATH, kind).named(name)
    assert check is not None
    return changed(text, PATH, check, kind, field, value)


def test_a_new_file_is_begun_with_what_it_is() -> None:
    made = edited("", "DARK", "level", "bad_above", 0.5)
    assert made.startswith("# Your changes of the checks")
    assert made.endswith("[dark.level]\nbad_above = 0.5\n")
    listed = check_text(made, PATH, "dark")
    assert listed.named("level").bad_above == 0.5  # type: ignore[union-attr]
    assert dict(listed.changed) == {"level": {"bad_above"}}


def test_the_rest_of_a_file_stays_as_it_was_written() -> None:
    made = edited(MINE, "DARK", "level", "doubtful_above", 0.2)
    assert all(line in made.splitlines() for line in MINE.splitlines() if line)
    made = edited(MINE, "FLAT", "level", "doubtful_above", 2.0)
    assert "level = {bad_above = 4.0, doubtful_above = 2.0}" in made.replace(",doubtful", ", doubtful")
    assert made.startswith(MINE[: MINE.index("[flat]")])


def test_none_is_what_the_observatory_says() -> None:
    usual = checks_for("dark").named("level").bad_above  # type: ignore[union-attr]
    made = edited(MINE, "DARK", "level", "bad_above", None)
    assert "[dark.level]" not in made
    assert check_text(made, PATH, "dark").named("level").bad_above == usual  # type: ignore[union-attr]
    # what is said of all types is taken out where it is what counts
    made = edited(MINE, "DARK", "nan", "bad_above", None)
    assert "[all.nan]" not in made
    assert "# mine" in made


def test_a_check_is_left_out_and_reset() -> None:
    made = edited(MINE, "DARK", "level", "off", True)
    listed = check_text(made, PATH, "dark")
    assert [check.name for check in listed.off] == ["level"]
    assert "level" not in [check.name for check in listed.checks]
    made = without(made, PATH, "level", "dark")
    assert check_text(made, PATH, "dark").changed.keys() == {"nan"}
    assert check_text(made, PATH, "flat").named("level").bad_above == 4.0  # type: ignore[union-attr]


@pytest.mark.parametrize("text", ["[dark.level]\nbad_above = 'x'\n", "[dark", "[dark.level]\nsudo = 1\n"])
def test_what_cannot_be_understood_is_not_changed(text: str) -> None:
    check = checks_for("dark").named("level")
    assert check is not None
    with pytest.raises(InputError):
        changed(text, PATH, check, "dark", "bad_above", 1.0)


def test_a_contradiction_is_refused() -> None:
    with pytest.raises(InputError, match=r"dark\.level"):
        edited(MINE, "DARK", "level", "doubtful_above", 9.0)
    with pytest.raises(InputError):
        edited(MINE, "DARK", "level", "bad_above", float("nan"))


def test_writing_makes_the_folder_and_keeps_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real.toml", tmp_path / "conf" / "checks.toml"
    assert read_changes(link) == ""
    write_changes(link, MINE)
    assert read_changes(link) == MINE
    link.replace(real)
    link.symlink_to(real)
    write_changes(link, "# other\n")
    assert link.is_symlink()
    assert real.read_text() == "# other\n"
    link.unlink()
    link.write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="no text"):
        read_changes(link)
