"""The filter finds what its words and conditions say, and nothing else."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calgui.views.observations.columns import BUILT_IN
from calgui.views.observations.filtering import parse
from calgui.views.observations.rows import Row


def found(text: str, rows: list[Row]) -> list[str]:
    query = parse(text)
    return [row.entry.path.stem for row in rows if query.matches(row, BUILT_IN)]


@pytest.fixture
def rows(make_row: Callable[..., Row]) -> list[Row]:
    return [
        make_row("dark.fits", EXP_TYPE="IRIS_DARK", FILTER="OPAQUE", EXPTIME=30.0),
        make_row("flat.fits", EXP_TYPE="IRIS_FLAT", FILTER="Kbb", EXPTIME=5.0, OBSERVER="A. Nother"),
        make_row("bad.fits", "The header has no END card. Copy it again."),
        make_row("arc.fits", EXP_TYPE="IRIS_ARC", FILTER="Kn3", EXPTIME=120),
    ]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ["dark", "flat", "bad", "arc"]),
        ("DARK", ["dark"]),
        ("iris_ kn3", ["arc"]),
        ("filter=k*", ["flat", "arc"]),
        ("FILTER!=OPAQUE", ["flat", "bad", "arc"]),
        ("EXPTIME>=30", ["dark", "arc"]),
        ("exptime=30", ["dark"]),
        ("EXPTIME<6 flat", ["flat"]),
        ("FILTER=", ["bad"]),
        ("iris_*", ["dark", "flat", "arc"]),
        ("*.fits", ["dark", "flat", "bad", "arc"]),
        ("iris", ["dark", "flat", "arc"]),
        ("ir?s", []),
        ("EXP*>=30", ["dark", "arc"]),
        ("*=kn3", ["arc"]),
        ("unreadable", ["bad"]),
        ("END card", ["bad"]),
        ('OBSERVER="a. nother"', ["flat"]),
        ("type=iris_arc", ["arc"]),
        ("file=*a*r*", ["dark", "arc"]),
        ("LAMP>1", []),
    ],
)
def test_filter_finds(text: str, names: list[str], rows: list[Row]) -> None:
    assert found(text, rows) == names


def test_a_word_does_not_find_across_two_columns(make_row: Callable[..., Row]) -> None:
    assert found('"OPAQUE 30"', [make_row("a.fits", FILTER="OPAQUE", EXPTIME=30)]) == []


@given(st.text(max_size=40))
def test_any_text_is_a_filter(text: str) -> None:
    query = parse(text)
    assert bool(query) or not text.strip() or set(text) <= set("\"' \t\r\n") or not text.split()
