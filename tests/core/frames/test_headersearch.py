"""The search finds every card that it should, in every HDU, and notices when a file changes."""

import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calgui.core.errors import Cancelled
from calgui.core.frames.conditions import split
from calgui.core.frames.headercompare import compare_headers, read_files
from calgui.core.frames.headerexport import lines_of, tab_separated, write_lines
from calgui.core.frames.headers import read_headers
from calgui.core.frames.headersearch import Found, HeaderMemory, search_headers
from calgui.core.jobs import Job, Progress
from calgui.core.simulate import DemoNight

MakeFile = Callable[..., Path]


@pytest.fixture
def files(image_file: MakeFile, tmp_path: Path) -> list[Path]:
    bad = tmp_path / "bad.fits"
    bad.write_text("no FITS at all")
    return [
        image_file("dark.fits", FILTER="OPAQUE", EXPTIME=30.0, OBSERVER="A. Nother"),
        image_file("flat.fits", FILTER=("Kbb", "broad K band"), EXPTIME=5.0, LAMP="halogen"),
        image_file("arc.fits", FILTER="Kn3", EXPTIME=120, LAMP="Ar,Kr"),
        bad,
    ]


def said(found: Found) -> list[tuple[str, int | None, str]]:
    return [(hit.path.stem, hit.hdu, hit.keyword) for hit in found.hits]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", []),
        ("nother", [("dark", 0, "OBSERVER")]),
        ("lamp", [("flat", 0, "LAMP"), ("arc", 0, "LAMP")]),
        ("broad", [("flat", 0, "FILTER")]),
        ("filter k", [("flat", 0, "FILTER"), ("arc", 0, "FILTER")]),
        ("filter=k*", [("flat", 0, "FILTER"), ("arc", 0, "FILTER")]),
        ("EXPTIME>=30", [("dark", 0, "EXPTIME"), ("arc", 0, "EXPTIME")]),
        ("EXPTIME=30", [("dark", 0, "EXPTIME")]),
        ("EXPTIME>6 FILTER=K*", [("arc", 0, "FILTER"), ("arc", 0, "EXPTIME")]),
        ("EXPTIME>6 lamp", [("arc", 0, "LAMP")]),
        ("LAMP=", [("dark", None, "LAMP")]),
        ("LAMP!=halogen", [("dark", None, "LAMP"), ("arc", 0, "LAMP")]),
        ("EXTNAME=ERR", [("dark", 2, "EXTNAME"), ("flat", 2, "EXTNAME"), ("arc", 2, "EXTNAME")]),
        ("obs*", [("dark", 0, "OBSERVER")]),
        ("*time >6", []),
        ("exp* *time", [("dark", 0, "EXPTIME"), ("flat", 0, "EXPTIME"), ("arc", 0, "EXPTIME")]),
        ("ob*r", [("dark", 0, "OBSERVER")]),
        ("bser*", []),
        ("l?mp ar*", [("arc", 0, "LAMP")]),
        ("*TIME>6", [("dark", 0, "EXPTIME"), ("arc", 0, "EXPTIME")]),
        ("EXP????>=120", [("arc", 0, "EXPTIME")]),
        ("*TIME>6 l*p", [("arc", 0, "LAMP")]),
        ("no such thing", []),
        ("NOSUCH>1", []),
    ],
)
def test_finds(text: str, wanted: list[tuple[str, int | None, str]], files: list[Path]) -> None:
    found = search_headers(files, text)
    assert sorted(said(found), key=str) == sorted(wanted, key=str)


def test_hits_carry_everything_and_unreadable_files_are_told(files: list[Path]) -> None:
    found = search_headers(files, "kbb")
    (hit,) = found.hits
    assert (hit.path, hit.hdu, hit.hdu_name, hit.keyword, hit.value, hit.comment) == (
        files[1],
        0,
        "PRIMARY",
        "FILTER",
        "Kbb",
        "broad K band",
    )
    assert found.files == 4
    assert [(path.name, "FITS" in why) for path, why in found.unread] == [("bad.fits", True)]
    assert search_headers(files, "bunit").hits[0].hdu_name == "SCI"


def test_too_many_hits_are_cut_and_told(files: list[Path]) -> None:
    found = search_headers(files, "e", most=5)
    assert len(found.hits) == 5
    assert found.more
    assert not search_headers(files, "kbb", most=1).more


def test_a_changed_file_is_read_anew_and_a_gone_one_told(image_file: MakeFile) -> None:
    path = image_file("a.fits", FILTER="K")
    memory = HeaderMemory()
    assert search_headers([path], "filter=K", None, memory).hits
    path.write_bytes(path.read_bytes().replace(b"FILTER  = 'K ", b"FILTER  = 'J "))
    os.utime(path, ns=(1, 1))
    assert not search_headers([path], "filter=K", None, memory).hits
    assert search_headers([path], "filter=J", None, memory).hits
    path.unlink()
    assert search_headers([path], "filter=J", None, memory).unread


def test_memory_keeps_to_its_limit(files: list[Path]) -> None:
    small = HeaderMemory(limit=3000)
    for _ in range(2):
        assert len(search_headers(files, "lamp", None, small).hits) == 2
    assert small.size <= 3000


def test_search_can_be_cancelled_and_says_how_far_it_is(files: list[Path]) -> None:
    seen: list[Progress] = []
    search_headers(files, "lamp", Job("s", seen.append))
    assert seen[0].fraction == 0
    assert seen[-1].fraction == 1
    job = Job("s")
    job.cancel()
    with pytest.raises(Cancelled):
        search_headers(files, "lamp", job)


@given(st.text("ekm.=<>'\"0 ", max_size=8))
@settings(max_examples=60, deadline=None)
def test_words_find_what_a_plain_look_finds(demo_night: DemoNight, text: str) -> None:
    paths = sorted((demo_night.folder / "raw").glob("*image*.fits"))[:3]
    words, conditions = split(text)
    if conditions or not words:
        return
    wanted = [
        (path, hdu.index, card.keyword)
        for path in paths
        for hdu in read_headers(path)
        for card in hdu.cards
        if all(word in f"{card.keyword}\t{_plain(card.value)}\t{card.comment}".casefold() for word in words)
    ]
    assert [(hit.path, hit.hdu, hit.keyword) for hit in search_headers(paths, text).hits] == wanted


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "T" if value else "F"
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def test_a_thousand_files_are_searched(demo_night: DemoNight, tmp_path: Path) -> None:
    source = next((demo_night.folder / "raw").glob("*image_0003.fits")).read_bytes()
    for number in range(1000):
        (tmp_path / f"{number:04d}.fits").write_bytes(source[: 2880 * 5])
    paths = sorted(tmp_path.iterdir())
    memory = HeaderMemory()
    search_headers(paths, "no such thing", None, memory)
    found = search_headers(paths, "EXPTIME>0 airmass", None, memory)
    assert len(found.hits) == 1000


_IMAGES = st.one_of(
    st.text(st.characters(min_codepoint=0, max_codepoint=255), max_size=80),
    st.builds(
        "{:8.8}= {}".format, st.sampled_from(["EXPTIME", "A B", "naxis9", "KEY", "HIERARCH"]), st.text(max_size=70)
    ),
)


@given(st.lists(_IMAGES, max_size=12), st.sampled_from(["key", "EXPTIME>1", "KEY=", "a'b", "KEY!=3 x", "\ud800"]))
@settings(max_examples=80, deadline=None)
def test_any_cards_are_searched_compared_and_written(images: list[str], text: str) -> None:
    start = ["SIMPLE  =                    T", "BITPIX  =                    8", "NAXIS   =                    0"]
    cards = [image.encode("latin-1", "replace")[:80].ljust(80) for image in [*start, *images]]
    # an END among the random cards would end the header before its time, which is fine as well
    raw = b"".join(cards) + b"END".ljust(80)
    with TemporaryDirectory() as folder:
        paths = [Path(folder) / "a.fits", Path(folder) / "b.fits"]
        paths[0].write_bytes(raw.ljust(-(-len(raw) // 2880) * 2880))
        paths[1].write_bytes((b"".join(cards[:3]) + b"END".ljust(80)).ljust(2880))
        found = search_headers(paths, text)
        assert found.files == 2
        table = compare_headers(read_files(paths))
        lines = lines_of(table)
        assert len({len(line) for line in lines}) == 1
        assert len(tab_separated(lines).split("\n")) == len(lines) + 1
        assert write_lines(lines, Path(folder) / "x.ecsv").stat().st_size > 0
