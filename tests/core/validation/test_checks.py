"""Checks as data: the defaults are whole; a user's file changes them; a hostile one is refused, and says where."""

import os
from pathlib import Path

import pytest

from calgui.core.errors import InputError
from calgui.core.resources import resources
from calgui.core.validation.checks import LARGEST, checks_for, known_types


def changes(folder: Path, text: str | bytes) -> Path:
    path = folder / "checks.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_each_type_has_checks_of_its_own_and_each_has_its_words() -> None:
    files = {path.stem for path in (resources() / "checks").glob("*.toml")}
    assert files == {"all", *(kind.lower() for kind in known_types())}
    for kind in known_types():
        listed = checks_for(kind)
        assert len(listed.checks) > 10
        assert listed.source == ""
        for check in listed.checks:
            assert check.title, check.name
            assert check.cure, f"{kind}.{check.name} says nothing of what to do"
            assert check.look, f"{kind}.{check.name} says nothing of what to look at"
            assert check.cure.endswith(".")
            limits = (check.doubtful_below, check.bad_below, check.doubtful_above, check.bad_above)
            assert any(limit is not None for limit in limits) or check.keyword or check.extension


def test_changes_replace_fields_add_checks_and_switch_off(tmp_path: Path) -> None:
    path = changes(
        tmp_path,
        "[dark.level]\nbad_above = 0.5\n[dark.uneven]\noff = true\n[all.author]\nverdict = 'bad'\n"
        "[dark.mine]\nkeyword = 'OBSERVER'\nneed = true\n[flat.level]\nbad_above = 9\n",
    )
    before, after = ({check.name: check for check in checks_for("DARK", file).checks} for file in (None, path))
    assert after["level"].bad_above == 0.5
    assert after["level"].title == before["level"].title
    assert "uneven" in before
    assert "uneven" not in after
    assert after["author"].verdict == "bad"
    assert after["mine"].keyword == "OBSERVER"
    assert {check.name: check for check in checks_for("flat", path).checks}["level"].bad_above == 9


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("[dark.level]\nbad_above = 'high'\n", "finite number"),
        ("[dark.level]\nbad_above = true\n", "finite number"),
        ("[dark.level]\nbad_above = nan\n", "finite number"),
        ("[dark.level]\nbad_above = inf\n", "finite number"),
        (f"[dark.level]\nbad_above = 1{'0' * 400}\n", "finite number"),
        ("[dark.level]\nbad_above = 0.1\n", "exchange"),
        ("[dark.level]\ndoubtful_below = 5\n", "No number is above"),
        ("[dark.level]\nthreshold = 1\n", "no field 'threshold'"),
        ("[darc.level]\nbad_above = 1\n", "no such type"),
        ("['../../etc'.x]\nbad_above = 1\n", "no such type"),
        ("[dark]\nlevel = 3\n", "Write a table"),
        ("dark = 3\n", "Write a table"),
        ("[dark.'../x']\nkeyword = 'A'\n", "small letters"),
        ("[dark.new]\nbad_above = 1\n", "what is looked at"),
        ("[dark.new]\nkeyword = 'A'\nfigure = 'level'\n", "what is looked at"),
        ("[dark.new]\nkeyword = 'lower case'\n", "is none"),
        ("[dark.new]\nfigure = '__import__(\"os\")'\n", "is none"),
        ("[dark.new]\nkeyword = 'A'\nverdict = 'good'\n", "one of doubtful, bad"),
        ("[dark.new]\nkeyword = 'A'\nneed = 1\n", "true or false"),
        ("[dark.new]\nkeyword = 'A'\nallowed = 'x'\n", "list"),
        ('[dark.new]\nkeyword = "A"\ntitle = "red \\u001b[31m"\n', "printable"),
        (f"[dark.new]\nkeyword = 'A'\ntitle = '{'x' * 500}'\n", "printable"),
        ("[flat.level]\nbad_above = 'high'\n", "finite number"),
        ("".join(f"[dark.c{n}]\nkeyword = 'A'\n" for n in range(500)), "more than"),
        ("[dark.level\n", "Correct it"),
        (b"\xff\xfe\x00", "Correct it"),
        ("x = " + "[" * 5000 + "]" * 5000, "Correct it"),
        ("#" * (LARGEST + 1), "Name another"),
    ],
)
def test_a_file_that_is_no_list_of_checks_is_refused(tmp_path: Path, text: str | bytes, word: str) -> None:
    path = changes(tmp_path, text)
    with pytest.raises(InputError) as told:
        checks_for("dark", path)
    said = str(told.value)
    assert word in said
    assert str(path) in said
    assert said.isprintable()
    assert len(said) < 1200


def test_what_is_no_file_is_refused_without_waiting(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, tmp_path, tmp_path / "none", Path("/dev/zero")):
        with pytest.raises(InputError):
            checks_for("dark", path)
