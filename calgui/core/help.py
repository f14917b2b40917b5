"""The documentation as values: the pages that the program shows as its help are those that one reads beside it.

A page is a Markdown file below `calgui.core.resources.docs`. Which pages there are, in which order and under which
heading, is said once, by the links of ``README.md`` in that folder.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

from calgui.core.resources import docs

#: name of the page that lists the others
CONTENTS = "README"
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|!\[[^\]]*\]\([^)]*\))*)\]\(([^)\s]+)\)")
_FENCED = re.compile(r"^( {4}|\t).*$|`[^`\n]*`", re.MULTILINE)
_EXTERNAL = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
#: a hit's excerpt is about as long
_EXCERPT = 140


@dataclass(frozen=True)
class Heading:
    """One heading of a page.

    Attributes
    ----------
    level : int
        1 is the page's title.
    text : str
        Without Markdown.
    anchor : str
        What a link to it names behind ``#``.
    """

    level: int
    text: str
    anchor: str


@dataclass(frozen=True)
class Link:
    """Where a link or picture of a page leads.

    Attributes
    ----------
    text : str
        Of the link, or what the picture shows.
    kind : str
        ``page``, ``picture``, ``external``, or ``file`` for any other file.
    target : str
        Name of a page, path of a file below the documentation, or the address itself.
    anchor : str
        Of a heading; empty for the beginning.
    """

    text: str
    kind: str
    target: str
    anchor: str = ""


@dataclass(frozen=True)
class Page:
    """One page.

    Attributes
    ----------
    name : str
        Path below the documentation without its ending: ``calibrations/dark``.
    title : str
        Its first heading.
    text : str
        Markdown.
    path : pathlib.Path
        The file.
    """

    name: str
    title: str
    text: str
    path: Path

    @property
    def headings(self) -> tuple[Heading, ...]:
        """All headings, the title first."""
        found = re.findall(r"^(#{1,6}) +(.+?)\s*$", self.text, re.MULTILINE)
        return tuple(Heading(len(marks), plain(text), anchor_of(text)) for marks, text in found)

    @property
    def links(self) -> tuple[Link, ...]:
        """All links and pictures, in the order of the text; what stands in code is none."""
        found: list[Link] = []
        for mark, text, target in _LINK.findall(_FENCED.sub("", self.text)):
            found += [resolve(self.name, inner, shown) for _, shown, inner in _LINK.findall(text)]
            found.append(resolve(self.name, target, text, picture=bool(mark)))
        return tuple(found)


@dataclass(frozen=True)
class Chapter:
    """Pages under one heading of the contents."""

    title: str
    pages: tuple[Page, ...]


@dataclass(frozen=True)
class Hit:
    """A page in which something was found.

    Attributes
    ----------
    page : Page
        The page.
    anchor : str
        Of the heading above the place; empty before the first one.
    excerpt : str
        The line about the place, without Markdown.
    """

    page: Page
    anchor: str
    excerpt: str


def anchor_of(heading: str) -> str:
    """What a link to a heading names, as the usual readers of Markdown make it.

    Parameters
    ----------
    heading : str
        Its text.

    Returns
    -------
    str
        Lower case, without punctuation, hyphens for spaces.
    """
    return re.sub(r"[^\w\- ]", "", plain(heading).lower()).replace(" ", "-")


def plain(markdown: str) -> str:
    """A line without its Markdown.

    Parameters
    ----------
    markdown : str
        One line.

    Returns
    -------
    str
    """
    text = _LINK.sub(lambda match: match[2], _LINK.sub(lambda match: match[2], markdown))
    return re.sub(r"(\*\*|`|^[#>\-\s|]+|\|)|(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w)", "", text).strip()


def resolve(page: str, target: str, text: str = "", *, picture: bool = False) -> Link:
    """Where a link leads.

    Parameters
    ----------
    page : str
        Name of the page that it stands on.
    target : str
        As written: relative to the page's file.
    text : str
        Of the link.
    picture : bool
        Whether it is shown in its place.

    Returns
    -------
    Link
    """
    if _EXTERNAL.match(target):
        return Link(text, "external", target)
    place, _, anchor = target.partition("#")
    if not place:
        return Link(text, "page", page, anchor)
    parts: list[str] = []
    for part in (PurePosixPath(page).parent / place).parts:
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    path = PurePosixPath(*parts)
    if path.suffix == ".md" and not picture:
        return Link(text, "page", str(path.with_suffix("")), anchor)
    return Link(text, "picture" if picture or path.suffix == ".png" else "file", str(path), anchor)


class Documentation:
    """All pages of a folder.

    Parameters
    ----------
    folder : pathlib.Path
        With a ``README.md`` that links the pages under its headings.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pages: dict[str, Page] = {}
        for path in sorted(folder.rglob("*.md")):
            text = path.read_text(encoding="utf-8")
            name = path.relative_to(folder).with_suffix("").as_posix()
            first = re.search(r"^# +(.+?)\s*$", text, re.MULTILINE)
            self.pages[name] = Page(name, plain(first[1]) if first else name, text, path)
        self.chapters = tuple(self._chapters())

    def _chapters(self) -> Iterator[Chapter]:
        contents = self.pages.get(CONTENTS)
        if contents is None:
            return
        # what stands before the first of the headings is no chapter
        for part in re.split(r"^## +", contents.text, flags=re.MULTILINE)[1:]:
            title, _, text = part.partition("\n")
            linked = [link.target for link in Page(CONTENTS, title, text, contents.path).links if link.kind == "page"]
            pages = tuple(self.pages[name] for name in dict.fromkeys(linked) if name in self.pages)
            if pages:
                yield Chapter(plain(title), pages)

    def page(self, name: str) -> Page | None:
        """A page by its name.

        Parameters
        ----------
        name : str
            Such as ``calibrations/dark``.

        Returns
        -------
        Page or None
        """
        return self.pages.get(name)

    def search(self, text: str) -> list[Hit]:
        """The pages that hold all of some words.

        Parameters
        ----------
        text : str
            Words, in any case; a part of a word counts.

        Returns
        -------
        list of Hit
            One for each page; those with the words in their title first, then those with them in a heading, then by
            how often they stand there.
        """
        words = text.casefold().split()
        if not words:
            return []
        ranked: list[tuple[tuple[bool, bool, int, str], Hit]] = []
        for page in self.pages.values():
            whole = page.text.casefold()
            if all(word in whole for word in words):
                title = all(word in page.title.casefold() for word in words)
                heading = any(all(word in each.text.casefold() for word in words) for each in page.headings)
                count = sum(whole.count(word) for word in words)
                ranked.append(((not title, not heading, -count, page.name), _hit(page, words)))
        return [hit for _, hit in sorted(ranked, key=lambda pair: pair[0])]


def _hit(page: Page, words: list[str]) -> Hit:
    """The line that holds most of the words, the first of equal ones."""
    best, anchor, found = 0, "", ("", "")
    for line in page.text.splitlines():
        if re.match(r"#{1,6} ", line):
            anchor = "" if line.startswith("# ") else anchor_of(line.lstrip("# "))
        held = sum(word in line.casefold() for word in words)
        if held > best:
            best, found = held, (anchor, plain(line))
    where, text = found
    if len(text) > _EXCERPT:
        at = min((place for place in (text.casefold().find(word) for word in words) if place >= 0), default=0)
        start = max(0, min(at - _EXCERPT // 3, len(text) - _EXCERPT))
        text = ("…" if start else "") + text[start : start + _EXCERPT].strip() + "…"
    return Hit(page, where, text)


@cache
def documentation() -> Documentation:
    """The program's own documentation, read when it is first asked for.

    Returns
    -------
    Documentation
        Without pages where it was not installed.
    """
    return Documentation(docs())


def page_of_calibration(key: str) -> str:
    """Name of the page of a calibration.

    Parameters
    ----------
    key : str
        Of the catalogue.

    Returns
    -------
    str
    """
    return f"calibrations/{key}"


def page_of_group_member(name: str) -> str:
    """Name of the page of an algorithm that belongs to a group of the catalogue, not to one calibration.

    Parameters
    ----------
    name : str
        Of the algorithm.

    Returns
    -------
    str
    """
    return f"algorithms/{name}"
