"""Cards are read as astropy reads them, and nothing raises."""

import warnings

import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st

from calgui.core.frames import cards as module
from calgui.core.frames.cards import CARD, Card, parse_cards


def astropys(text: str) -> list[tuple[str, object, str]]:
    """What astropy says of the same cards; blank ones and those it cannot read left out."""
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for card in fits.Header.fromstring(text).cards:
            if str(card.keyword) == "" and not card.value:
                continue
            value = card.value
            found.append(
                (card.keyword.strip(), None if isinstance(value, fits.card.Undefined) else value, card.comment)
            )
    return found


def same(ours: Card, theirs: tuple[str, object, str]) -> bool:
    return tuple(ours) == theirs and type(ours.value) is type(theirs[1])


keywords = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", min_size=1, max_size=8).filter(
    lambda key: key not in ("END", "COMMENT", "HISTORY", "CONTINUE", "HIERARCH")
)
printable = st.text([chr(code) for code in range(32, 127)], max_size=90)
values = st.one_of(
    st.booleans(),
    st.integers(-(10**19), 10**19),
    st.floats(allow_nan=False, allow_infinity=False),
    st.complex_numbers(max_magnitude=1e6, allow_nan=False),
    printable,
    printable.map(lambda text: text.replace("a", "'")),
    st.none(),
)
long_texts = st.text([chr(code) for code in range(32, 127)], min_size=60, max_size=400)
hierarch = st.lists(keywords, min_size=1, max_size=3).map(" ".join).map(lambda name: f"HIERARCH {name}")


@given(st.lists(st.tuples(st.one_of(keywords, hierarch), st.one_of(values, long_texts), printable), max_size=8))
@settings(max_examples=300, deadline=None)
def test_headers_written_by_astropy_read_the_same(rows: list[tuple[str, object, str]]) -> None:
    header = fits.Header()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for keyword, value, comment in rows:
            try:
                card = fits.Card(keyword, value, comment)
                text = card.image
            except ValueError:
                continue  # longer than a card, which astropy refuses to write
            header.append(card, end=True)
            assert len(text) % CARD == 0
        text = header.tostring(endcard=False, padding=False)
    assert _differences(text) == []


pieces = st.one_of(
    st.sampled_from(
        [
            "'",
            "''",
            "/",
            " / ",
            "= ",
            "=",
            " ",
            "  ",
            "T",
            "F",
            "1",
            "-",
            "+",
            ".",
            "E",
            "D",
            "e5",
            "(1, 2)",
            "&'",
            "HIERARCH ",
            "CONTINUE",
            "COMMENT ",
            "HISTORY ",
            "END",
            "A",
            "b",
            ": ",
            "AXIS.1: 2",
            "1.5D+03",
            "007",
            "\t",
        ]
    ),
    st.text([chr(code) for code in range(32, 127)], max_size=5),
)
images = st.one_of(
    st.lists(pieces, max_size=25).map("".join),
    st.tuples(keywords, st.lists(pieces, max_size=12).map("".join)).map(lambda pair: f"{pair[0]:8}= {pair[1]}"),
    st.tuples(keywords, st.lists(pieces, max_size=12).map("".join)).map(lambda pair: f"HIERARCH {pair[0]} = {pair[1]}"),
    st.lists(pieces, max_size=12).map("".join).map(lambda text: f"CONTINUE  '{text}'"),
).map(lambda text: text.ljust(CARD)[:CARD])


@given(st.lists(images, min_size=1, max_size=4))
@settings(max_examples=1500, deadline=None)
def test_odd_cards_read_the_same_wherever_astropy_can_read_them(texts: list[str]) -> None:
    assert _differences("".join(text for text in texts if text[:3] != "END")) == []


def _differences(text: str) -> list[object]:
    """Cards that we read otherwise than astropy; where it cannot read them, a problem that we do not tell."""
    ours, problems = parse_cards(text)
    try:
        theirs = astropys(text)
    except (fits.VerifyError, ValueError, IndexError, TypeError) as error:
        return [] if problems else [error]
    ours = [card for card in ours if card.keyword or card.value]
    if len(ours) != len(theirs):
        return [(ours, theirs)]
    return [(mine, other) for mine, other in zip(ours, theirs, strict=True) if not same(mine, other)]


@given(st.text(max_size=400))
@settings(max_examples=300, deadline=None)
def test_no_text_raises(text: str) -> None:
    cards, problems = parse_cards(text)
    # every card image that is not blank is a card, unless it goes on with the one before
    images = [text[start : start + CARD] for start in range(0, len(text), CARD)]
    assert len(cards) <= len([image for image in images if image.strip(" ")])
    assert bool(cards) == bool(text.strip(" "))
    assert all(isinstance(problem, str) and problem for problem in problems)


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("EXPTIME =                 1.5D2 / s", ("EXPTIME", 150.0, "s")),
        ("N       =                  007", ("N", 7, "")),
        ("FLAG    =                    T / yes / no", ("FLAG", True, "yes / no")),
        ("NAME    = 'O''Hara '           / with a quote", ("NAME", "O'Hara", "with a quote")),
        ("NOTHING =                      / undefined", ("NOTHING", None, "undefined")),
        ("HIERARCH ESO DET DIT = 2.5 / s", ("ESO DET DIT", 2.5, "s")),
        ("Z       = (1.0, -2.5)", ("Z", 1 - 2.5j, "")),
        ("COMMENT = not a value", ("COMMENT", "= not a value", "")),
    ],
)
def test_single_cards(image: str, expected: tuple[str, object, str]) -> None:
    cards, problems = parse_cards(image.ljust(CARD))
    assert [tuple(card) for card in cards] == [expected]
    assert not problems


def test_a_long_string_over_continue_cards() -> None:
    text = "".join(
        line.ljust(CARD)
        for line in ("LONG    = 'first &' / one", "CONTINUE  'second&' / two", "CONTINUE  ' third' / three", "A = 1")
    )
    cards, _ = parse_cards(text)
    assert tuple(cards[0]) == ("LONG", "first second third", "one two three")
    assert tuple(cards[1]) == ("A", 1, "")


def test_a_huge_odd_string_takes_no_time_at_all() -> None:
    lines = ["LONG    = 'it''s &'", *(["CONTINUE  ' ''             &'"] * 20_000)]
    cards, problems = parse_cards("".join(line.ljust(CARD) for line in lines))
    assert len(cards) == 1
    assert problems


def test_what_cannot_be_read_is_told_and_kept_as_text() -> None:
    cards, problems = parse_cards("BROKEN  = 12 34 56".ljust(CARD) + "no card at all".ljust(CARD))
    assert cards[0].value == "12 34 56"
    assert len(problems) == 2
    assert "BROKEN" in problems[0]


def test_remembered_cards_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MAX_REMEMBERED", 10)
    parse_cards("".join(f"K{number:<7}= {number}".ljust(CARD) for number in range(100)))
    assert len(module._remembered) <= 10
