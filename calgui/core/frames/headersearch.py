"""Search through the headers of many files: every card of every HDU, fast the second time."""

import marshal
import os
import threading
import zlib
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calgui.core.errors import InputError
from calgui.core.frames.conditions import Condition, has_words, split, written
from calgui.core.frames.headers import read_headers
from calgui.core.jobs import Job

#: more than this nobody reads
MOST_HITS = 20_000
_MEMORY = 64_000_000


@dataclass(frozen=True, slots=True)
class Hit:
    """A card that was found.

    Attributes
    ----------
    path : pathlib.Path
        The file.
    hdu : int or None
        Number of the HDU, from 0; None where the file is found because it lacks the keyword.
    hdu_name : str
        EXTNAME, and EXTVER where it is not 1.
    keyword : str
    value : object
        Of the card.
    comment : str
        Of the card.
    """

    path: Path
    hdu: int | None
    hdu_name: str
    keyword: str
    value: Any
    comment: str


@dataclass(frozen=True)
class Found:
    """What a search gave.

    Attributes
    ----------
    hits : tuple of Hit
        In the order of the files; at most as many as were asked for.
    more : bool
        Whether there are more.
    files, matched : int
        How many files were looked through, and how many the hits are in.
    unread : tuple
        Path, and why it could not be read.
    """

    hits: tuple[Hit, ...] = ()
    more: bool = False
    files: int = 0
    matched: int = 0
    unread: tuple[tuple[Path, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Remembered:
    """All cards of a file: a line of text for each, and themselves; compressed."""

    stamp: tuple[int, int]
    text: bytes
    cards: bytes
    error: str | None = None


_Card = tuple[int, str, str, Any, str]


class HeaderMemory:
    """Remembers the cards of the files that were searched, as long as those do not change.

    Safe to share between threads.

    Parameters
    ----------
    limit : int
        Bytes that may be kept; what was not asked for longest goes first.

    Attributes
    ----------
    size : int
        Bytes that are kept.
    """

    def __init__(self, limit: int = _MEMORY) -> None:
        self._limit = limit
        self.size = 0
        self._lock = threading.Lock()
        self._files: OrderedDict[Path, _Remembered] = OrderedDict()

    def get(self, path: Path) -> _Remembered:
        """Cards of a file, read anew if it has changed."""
        try:
            found = os.stat(path)  # noqa: PTH116 - the quickest of all ways, a thousand times
            stamp = found.st_size, found.st_mtime_ns
        except (OSError, ValueError):
            stamp = -1, -1  # reading it says what is wrong
        with self._lock:
            known = self._files.get(path)
            if known is not None and known.stamp == stamp:
                self._files.move_to_end(path)
                return known
        made = _read(path, stamp)
        # what could not be read may be readable next time
        if made.error is None:
            self._put(path, made)
        return made

    def _put(self, path: Path, made: _Remembered) -> None:
        with self._lock:
            self.size -= _weight(self._files.pop(path, None))
            self._files[path] = made
            self.size += _weight(made)
            while self.size > self._limit and self._files:
                self.size -= _weight(self._files.popitem(last=False)[1])


def search_headers(
    paths: Iterable[Path | str],
    text: str,
    job: Job | None = None,
    memory: HeaderMemory | None = None,
    *,
    most: int = MOST_HITS,
) -> Found:
    """Find cards in the headers of many files.

    Parameters
    ----------
    paths : iterable of path-like
        Files.
    text : str
        Words (``*`` and ``?`` stand for letters), which a card must all have in keyword, value or comment, and
        conditions (``EXPTIME>=30``), which a file must all fulfil. With words, the cards that have them are given;
        with conditions alone, the cards that fulfil them.
    job : Job, optional
        Progress and cancel.
    memory : HeaderMemory, optional
        Makes a second search fast.
    most : int
        So many hits are enough.

    Returns
    -------
    Found
        Nothing for an empty text.
    """
    words, conditions = split(text)
    if not words and not conditions:
        return Found()
    job, memory = job or Job("Searching headers"), memory or HeaderMemory()
    wanted = [Path(path) for path in paths]
    hits: list[Hit] = []
    unread: list[tuple[Path, str]] = []
    done = 0
    for path in wanted:
        job.report(done / max(len(wanted), 1), f"Searching headers: {done:,} of {len(wanted):,}")
        known = memory.get(path)
        if known.error is not None:
            unread.append((path, known.error))
        else:
            hits += _search(path, known, words, conditions)
        done += 1
        if len(hits) > most:
            break
    job.report(1.0, f"{len(hits):,} cards")
    matched = len({hit.path for hit in hits[:most]})
    return Found(tuple(hits[:most]), len(hits) > most, done, matched, tuple(unread))


def _search(path: Path, known: _Remembered, words: Sequence[str], conditions: Sequence[Condition]) -> list[Hit]:
    text = zlib.decompress(known.text).decode("utf-8", "surrogatepass") if words else ""
    if not has_words(text, words):
        return []
    cards: list[_Card] = marshal.loads(zlib.decompress(known.cards))
    fulfilled: dict[int, _Card] = {}
    lacking: list[Hit] = []
    for condition in conditions:
        mine = {place: card for place, card in enumerate(cards) if condition.about(card[2])}
        fit = {place: card for place, card in mine.items() if condition.accepts(card[3])}
        if not fit and (mine or not condition.accepts(None)):
            return []
        fulfilled |= fit
        if not mine:
            lacking.append(Hit(path, None, "", condition.key, None, ""))
    if not words:
        return [*(_hit(path, fulfilled[place]) for place in sorted(fulfilled)), *lacking]
    lines = text.split("\n")
    return [_hit(path, card) for line, card in zip(lines, cards, strict=True) if has_words(line, words)]


def _hit(path: Path, card: _Card) -> Hit:
    return Hit(path, *card)


def _weight(one: _Remembered | None) -> int:
    return 0 if one is None else len(one.text) + len(one.cards) + 500


def _read(path: Path, stamp: tuple[int, int]) -> _Remembered:
    try:
        hdus = read_headers(path)
    except InputError as error:
        return _Remembered(stamp, b"", b"", f"{error.message} {error.cure}".strip())
    cards: list[_Card] = []
    lines: list[str] = []
    for hdu in hdus:
        name = f"{hdu.name},{hdu.version}" if hdu.version != 1 else hdu.name
        for keyword, value, comment in hdu.cards:
            cards.append((hdu.index, name, keyword, value, comment))
            lines.append(f"{written(keyword)}\t{written(value)}\t{written(comment)}".casefold())
    text = "\n".join(lines).encode("utf-8", "surrogatepass")
    return _Remembered(stamp, zlib.compress(text, 1), zlib.compress(marshal.dumps(cards), 1))
