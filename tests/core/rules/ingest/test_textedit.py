"""Mapping texts changed in few places: crds reads what it would have written, and all other lines stay."""

import difflib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calgui.core.errors import InputError
from calgui.core.rules.files.loading import load_crds
from calgui.core.rules.files.mapping_file import checksum, parse
from calgui.core.rules.ingest import textedit
from calgui.core.rules.observatories.observatory import Observatory

NAME = "tmt_iris_flat_0001.rmap"
PARKEY = (("META.INSTRUMENT.DETECTOR", "META.INSTRUMENT.FILTER"), ("META.OBSERVATION.DATE", "META.OBSERVATION.TIME"))
CLASSES = ("Match", "UseAfter")
WORDS = st.sampled_from(["IRIS1", "IRIS2", "K", "H|J", "*", "N/A", "K'x", 'a"b', "Br-γ", "#", "x\\y"])
DATES = st.integers(2000, 2030).map(lambda year: f"{year}-01-01 00:00:00")


def header(**more: Any) -> dict[str, Any]:
    return {
        "classes": CLASSES,
        "derived_from": "",
        "filekind": "FLAT",
        "instrument": "IRIS",
        "mapping": "REFERENCE",
        "name": NAME,
        "observatory": "TMT",
        "parkey": PARKEY,
        "sha1sum": "",
    } | more


def written(rules: dict[tuple[str, str], dict[str, str]]) -> str:
    """As crds writes a mapping."""
    head = "".join(f"    {key!r} : {value!r},\n" for key, value in sorted(header().items()))
    body = "".join(
        f"    {key!r} : UseAfter({{\n"
        + "".join(f"        {date!r} : {file!r},\n" for date, file in sorted(entries.items()))
        + "    }),\n"
        for key, entries in sorted(rules.items())
    )
    return f"header = {{\n{head}}}\n\nselector = Match({{\n{body}}})\n"


def held(text: str) -> dict[tuple[str, ...], dict[str, str]]:
    return {
        entry.key: {one.key[0]: one.value for one in entry.value.entries}  # type: ignore[union-attr]
        for entry in parse(text, NAME).choices.entries
    }


RULES = st.dictionaries(
    st.tuples(WORDS, WORDS),
    st.dictionaries(DATES, st.integers(1, 30).map(lambda n: f"f{n}.fits"), min_size=1, max_size=3),
    max_size=5,
)


@settings(max_examples=150)
@given(RULES, WORDS, WORDS, DATES)
def test_an_inserted_file_is_where_it_was_put_and_can_be_taken_out(
    rules: dict[tuple[str, str], dict[str, str]], one: str, two: str, date: str
) -> None:
    text = written(rules)
    new = textedit.insert(text, [(one, two), date], CLASSES, "new.fits")
    wanted = {key: dict(entries) for key, entries in rules.items()}
    known = date in wanted.get((one, two), {})
    wanted.setdefault((one, two), {})[date] = "new.fits"
    assert held(new) == wanted
    # as crds sorts and lays it out, to the letter
    assert new == written(wanted)
    back, count = textedit.delete(new, "new.fits")
    assert count == 1
    if not known:
        assert back == text


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(["A", "B", "C"]), DATES), min_size=1, max_size=4), st.data())
def test_any_layout_keeps_its_lines(pairs: list[tuple[str, str]], data: st.DataObject) -> None:
    """Comments, odd spaces, single lines, missing commas, unsorted: only lines that must change do."""
    rules: dict[str, dict[str, str]] = {}
    for key, date in pairs:
        rules.setdefault(key, {})[date] = f"{key}{date[:4]}.fits"
    lines = [
        "header = {",
        *(f"    {key!r}:{value!r}," for key, value in header().items()),
        "}  # end",
        "selector=Match({",
    ]
    keys = list(rules)
    for key in keys:
        gap = data.draw(st.sampled_from(["  ", "    ", "\t"]))
        if data.draw(st.booleans()):
            lines.append(f"{gap}# about {key}, (with 'quotes' and , commas }})")
        comma = "" if key == keys[-1] and data.draw(st.booleans()) else ","
        if data.draw(st.booleans()):
            inside = ", ".join(f"{date!r}: {file!r}" for date, file in rules[key].items())
            lines.append(f"{gap}({key!r}, 'K') : UseAfter({{{inside}}}){comma}  # tail")
        else:
            lines.append(f"{gap}({key!r},  'K') : UseAfter({{")
            lines += [f"{gap}   {date!r} :  {file!r},  # {file}" for date, file in rules[key].items()]
            lines.append(f"{gap}}}){comma}")
    lines.append("})")
    text = "\n".join(lines) + data.draw(st.sampled_from(["", "\n"]))
    key = data.draw(st.sampled_from(["A", "AA", "B", "Z"]))
    date = data.draw(DATES)
    new = textedit.insert(text, [(key, "K"), date], CLASSES, "new.fits")
    wanted = {(name, "K"): dict(entries) for name, entries in rules.items()}
    wanted.setdefault((key, "K"), {})[date] = "new.fits"
    assert held(new) == wanted
    changed = [line for line in difflib.ndiff(text.splitlines(), new.splitlines()) if line.startswith("- ")]
    assert len(changed) <= 1  # the line of the entry itself, or one that lacked its comma
    back, _ = textedit.delete(new, "new.fits")
    wanted[key, "K"].pop(date)
    assert held(back) == {name: entries for name, entries in wanted.items() if entries}


def test_comments_stay_with_their_rules() -> None:
    text = "header={'name':'x'}\nselector=Match({\n"
    text += "    # about A\n    'A' : 'a.fits',  # tail of A\n    # about C\n    'C' : 'c.fits',\n})\n"
    new = textedit.insert(text, ["B"], ("Match",), "b.fits")
    assert new.splitlines()[2:7] == [
        "    # about A",
        "    'A' : 'a.fits',  # tail of A",
        "    'B' : 'b.fits',",
        "    # about C",
        "    'C' : 'c.fits',",
    ]


def test_header_entries_are_set_or_added_where_crds_sorts_them() -> None:
    text = "header = {\n    'a' : 1,\n    'name' : 'old',\n}\nselector = {\n}\n"
    new = textedit.set_header(textedit.set_header(text, "name", "new"), "derived_from", 'it\'s "old"')
    assert parse(new, "x.pmap").header == {"a": 1, "derived_from": 'it\'s "old"', "name": "new"}
    assert new.splitlines()[2] == "    'derived_from' : 'it\\'s \"old\"',"
    signed = textedit.signed(new)
    assert parse(signed, "x.pmap").stated_sha1 == checksum(signed)


def test_a_table_names_another_file_or_a_new_one() -> None:
    text = "header = {'name' : 'x'}\nselector = {\n    'DARK' : 'N/A',  # none yet\n    'MASK' : 'm.rmap'\n}"
    new = textedit.set_entry(textedit.set_entry(text, "DARK", "d.rmap"), "SKY", "s.rmap")
    assert [(entry.key[0], entry.value) for entry in parse(new, "x.imap").choices.entries] == [
        ("DARK", "d.rmap"),
        ("MASK", "m.rmap"),
        ("SKY", "s.rmap"),
    ]
    assert "# none yet" in new


def test_rules_that_hold_nothing_go_with_their_file() -> None:
    text = written({("A", "K"): {"2020-01-01 00:00:00": "a.fits"}, ("B", "K"): {"2020-01-01 00:00:00": "b.fits"}})
    new, count = textedit.delete(text, "a.fits")
    assert (count, held(new)) == (1, {("B", "K"): {"2020-01-01 00:00:00": "b.fits"}})
    empty, _ = textedit.delete(new, "b.fits")
    made = load_crds(parse(textedit.signed(empty), NAME), Path(NAME), Observatory("tmt"), dict)
    assert not made.reference_names()
    assert textedit.delete(text, "nowhere.fits") == (text, 0)


@pytest.mark.parametrize("value", ["'x.fits'", "('x.fits', 'y.fits')"])
def test_what_does_not_fit_is_refused(value: str) -> None:
    text = f"header={{'name':'x'}}\nselector=Match({{\n    'A' : {value},\n}})\n"
    with pytest.raises(InputError, match="Line 3"):
        textedit.insert(text, ["A", "2020-01-01 00:00:00"], CLASSES, "new.fits")
