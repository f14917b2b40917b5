"""The documentation is whole: a page for each calibration, sections, links and pictures; and it is found by words."""

import re
from pathlib import Path

import pytest

from calgui.core.catalogue import CATALOGUE, GROUPS, Calibration
from calgui.core.help import (
    CONTENTS,
    Documentation,
    Page,
    anchor_of,
    documentation,
    page_of_calibration,
    page_of_group_member,
    plain,
    resolve,
)

PAGES = documentation().pages
_SECTIONS = ("What it is", "How it is judged", "What good and bad look like", "Sources")


# -- the pages that there are ------------------------------------------------------------------------------------------


def test_each_calibration_has_a_page_and_each_page_a_calibration() -> None:
    pages = {name for name in PAGES if name.startswith("calibrations/")}
    assert pages == {page_of_calibration(row.key) for row in CATALOGUE}


def test_each_algorithm_of_a_group_has_a_page_with_its_sections() -> None:
    pages = {name for name in PAGES if name.startswith("algorithms/")}
    members = {page_of_group_member(name) for row in GROUPS for name in row.algorithms}
    # what is too long for the page of a calibration has a page beside it, to which that one leads
    linked = {link.target for row in CATALOGUE for link in PAGES[page_of_calibration(row.key)].links}
    assert members <= pages <= members | linked
    for name in pages:
        headings = [heading.text for heading in PAGES[name].headings]
        assert [text for text in headings if text in _SECTIONS] == list(_SECTIONS)


@pytest.mark.parametrize("row", CATALOGUE, ids=lambda row: row.key)
def test_the_page_of_a_calibration_has_its_sections_facts_and_a_picture(row: Calibration) -> None:
    page = PAGES[page_of_calibration(row.key)]
    assert page.title == row.title
    sections = re.split(r"^## +", page.text, flags=re.MULTILINE)
    texts = {part.partition("\n")[0]: part.partition("\n")[2].strip() for part in sections[1:]}
    assert [title for title in texts if title in _SECTIONS] == list(_SECTIONS)
    assert all(len(texts[title]) > 40 for title in _SECTIONS)
    kind = f"{row.kind} (spectrograph only)" if row.spectrograph_only else row.kind
    types = ", ".join(f"`{name}`" for name in row.reference_types) or "no file: keywords of each exposure"
    facts = f"| {kind} | {row.source} | {row.serves} | {'yes' if row.real_time else 'no'} | {types} |"
    assert facts in texts["What it is"]
    shown = Page(page.name, "", texts["What good and bad look like"], page.path).links
    assert any(link.kind == "picture" for link in shown)


@pytest.mark.parametrize("name", sorted(PAGES))
def test_every_link_and_picture_of_a_page_is_there(name: str) -> None:
    folder = documentation().folder
    for link in PAGES[name].links:
        assert link.text, f"{link.target} has no words"
        if link.kind == "page":
            assert link.target in PAGES, link.target
            anchors = {heading.anchor for heading in PAGES[link.target].headings}
            assert not link.anchor or link.anchor in anchors, f"{link.target}#{link.anchor}"
        else:
            # nothing leads out of the documentation, so that it reads the same in the wheel and in a checkout
            assert link.kind == "picture", link.target
            assert (folder / link.target).is_file(), link.target


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_has_one_title(name: str) -> None:
    assert [heading.level for heading in PAGES[name].headings].count(1) == 1


def test_every_page_stands_in_the_contents_and_every_picture_on_a_page() -> None:
    listed = [page.name for chapter in documentation().chapters for page in chapter.pages]
    assert sorted(listed) == sorted(name for name in PAGES if name != CONTENTS)
    shown = {link.target for page in PAGES.values() for link in page.links if link.kind == "picture"}
    folder = documentation().folder
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*.png")}
    assert there == shown


def test_the_pictures_are_modest() -> None:
    sizes = [path.stat().st_size for path in documentation().folder.rglob("*.png")]
    assert sum(sizes) < 6e6
    assert max(sizes) < 6e5


def test_the_contents_name_pages_by_their_titles() -> None:
    for link in PAGES[CONTENTS].links:
        assert link.text == PAGES[link.target].title


# -- reading pages -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "kind", "leads"),
    [
        ("two.md", "page", "views/two"),
        ("../one.md#The-part", "page", "one"),
        ("#here", "page", "views/this"),
        ("../pictures/a.png", "picture", "pictures/a.png"),
        ("https://example.org/a.md", "external", "https://example.org/a.md"),
        ("mailto:a@example.org", "external", "mailto:a@example.org"),
        ("../../LICENSE", "file", "../LICENSE"),
        ("../../../etc/x.png", "picture", "../../etc/x.png"),
    ],
)
def test_links_lead_from_their_page(target: str, kind: str, leads: str) -> None:
    link = resolve("views/this", target)
    assert (link.kind, link.target) == (kind, leads)


def test_links_in_code_are_none_and_pictures_in_links_are_both() -> None:
    text = "Code: `[a](b.md)`\n\n    [c](d.md)\n\n[![Field](e.png)](f.md) and [g](h.md#i)\n"
    links = Page("one", "One", text, Path("one.md")).links
    assert [(link.kind, link.target, link.anchor) for link in links] == [
        ("picture", "e.png", ""),
        ("page", "f", ""),
        ("page", "h", "i"),
    ]


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("The verdict", "the-verdict"),
        ('"Why did it get no flat?", in three clicks', "why-did-it-get-no-flat-in-three-clicks"),
        ("A `code` and a [link](a.md)", "a-code-and-a-link"),
        ("e-/s, two_words", "e-s-two_words"),
    ],
)
def test_anchors_are_those_of_other_readers(heading: str, anchor: str) -> None:
    assert anchor_of(heading) == anchor


def test_plain_text_keeps_names_with_underscores_and_signs() -> None:
    line = "- **Noise** of `READ_NOIS` in *e-*, see [the dark](dark.md): 2 * 3, a_b"
    assert plain(line) == "Noise of READ_NOIS in e-, see the dark: 2 * 3, a_b"


# -- finding -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def small(tmp_path: Path) -> Documentation:
    for name, text in {
        "README.md": "# All\n\n## Part\n\n- [Alpha](alpha.md)\n- [Beta](sub/beta.md)\n- [Lost](lost.md)\n",
        "alpha.md": "# Alpha\n\nA word about a lamp.\n\n## Hot pixels\n\nThey glow, and **hot** is red.\n",
        "sub/beta.md": "# Beta\n\nA lamp, a lamp, a lamp. Nothing glows. " + "x" * 300 + "\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return Documentation(tmp_path)


def test_chapters_hold_the_pages_that_are_there(small: Documentation) -> None:
    assert [(chapter.title, [page.name for page in chapter.pages]) for chapter in small.chapters] == [
        ("Part", ["alpha", "sub/beta"])
    ]


def test_all_words_must_be_there_and_titles_and_headings_come_first(small: Documentation) -> None:
    assert [hit.page.name for hit in small.search("LAMP")] == ["sub/beta", "alpha"]
    assert [hit.page.name for hit in small.search("alpha")] == ["alpha", "README"]
    assert [hit.page.name for hit in small.search("lamp glow red")] == ["alpha"]
    assert small.search("lamp unicorn") == []
    assert small.search("  ") == []


def test_a_hit_tells_where_and_what(small: Documentation) -> None:
    (hit,) = small.search("glow red")
    assert (hit.anchor, hit.excerpt) == ("hot-pixels", "They glow, and hot is red.")
    beta = small.search("glows")[0]
    assert len(beta.excerpt) <= 142
    assert "glows" in beta.excerpt


def test_without_pages_there_is_nothing_to_find(tmp_path: Path) -> None:
    bare = Documentation(tmp_path)
    assert (bare.pages, bare.chapters, bare.search("dark")) == ({}, (), [])
    assert bare.page(CONTENTS) is None


def test_each_calibration_is_found_by_its_title() -> None:
    for row in CATALOGUE:
        assert documentation().search(row.title)[0].page.name == page_of_calibration(row.key)
