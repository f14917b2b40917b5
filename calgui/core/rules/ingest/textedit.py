"""Change a mapping's text in few places: every other line, comments and layout included, stays as its author wrote it.

crds itself writes a mapping anew from what it understood, without comments. Here the text is looked at with `ast`,
which says where each entry stands, and only the bytes concerned are replaced.
"""

import ast
import bisect
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from calgui.core.errors import InputError
from calgui.core.rules.files.mapping_file import SPECIAL, checksum
from calgui.core.rules.files.syntax import syntax_tree

_STEP = "    "
_SPACE = re.compile(rb"[ \t]*(#[^\n]*)?\Z")


@dataclass(frozen=True)
class _Span:
    """A piece of a text, in bytes."""

    start: int
    end: int


class _Text:
    """A mapping's text with the places of its parts."""

    def __init__(self, text: str) -> None:
        self.data = text.encode()
        self.starts = [0, *(at + 1 for at, byte in enumerate(self.data) if byte == 10)]
        sections = {}
        for statement in syntax_tree(text).body:
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                sections[statement.targets[0].id] = statement.value
        header, selector = sections["header"], sections["selector"]
        if not isinstance(header, ast.Dict):
            raise _strange(header)
        self.header = header
        self.selector = _table(selector)

    def span(self, node: ast.expr) -> _Span:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return _Span(
            self.starts[node.lineno - 1] + node.col_offset, self.starts[node.end_lineno - 1] + node.end_col_offset
        )

    def line_start(self, at: int) -> int:
        return self.starts[bisect.bisect_right(self.starts, at) - 1]

    def line_end(self, at: int) -> int:
        """Where the line ends, its line feed not included."""
        end = self.data.find(b"\n", at)
        return len(self.data) if end < 0 else end

    def indent(self, at: int) -> str | None:
        """What stands before a place in its line, where that is nothing but spaces."""
        before = self.data[self.line_start(at) : at]
        return before.decode() if not before.strip(b" \t") else None

    def entry_start(self, key: ast.expr) -> int:
        """Where an entry begins: brackets around its key belong to it."""
        at = self.span(key).start
        while True:
            before = self.data[:at].rstrip(b" \t\n")
            if not before.endswith(b"("):
                return at
            at = len(before) - 1

    def after(self, value: ast.expr) -> tuple[int, int | None]:
        """Where an entry's value ends, brackets around it included, and the place after its comma, if it has one."""
        end = at = self.span(value).end
        while at < len(self.data):
            letter = self.data[at : at + 1]
            if letter == b"#":
                at = self.line_end(at)
            elif letter == b")":
                at += 1
                end = at
            elif letter == b",":
                return end, at + 1
            elif letter.isspace():
                at += 1
            else:
                return end, None
        return end, None

    def replaced(self, *edits: tuple[int, int, str]) -> str:
        data = self.data
        for start, end, new in sorted(edits, reverse=True):
            data = data[:start] + new.encode() + data[end:]
        return data.decode()


def _strange(node: ast.AST) -> InputError:
    return InputError(
        f"Line {getattr(node, 'lineno', '?')} is written in a way that cannot be changed by machine.",
        cure="Change this mapping by hand.",
    )


def _table(node: ast.expr) -> ast.Dict:
    """The table inside a selector, or the plain table itself."""
    if isinstance(node, ast.Call) and len(node.args) == 1:
        node = node.args[0]
    if not isinstance(node, ast.Dict):
        raise _strange(node)
    return node


def _entries(table: ast.Dict) -> list[tuple[ast.expr, ast.expr]]:
    return [(key, value) for key, value in zip(table.keys, table.values, strict=True) if key is not None]


def _raw(key: ast.expr) -> Any:
    try:
        return ast.literal_eval(key)
    except (ValueError, TypeError, SyntaxError, MemoryError):
        raise _strange(key) from None


def _order(key: Any) -> tuple[str, ...]:
    """What crds sorts entries by."""
    return tuple(str(field) for field in key) if isinstance(key, tuple) else (str(key),)


def _find(table: ast.Dict, key: Any) -> ast.expr | None:
    """The value of a key; of two alike the last, as Python takes it."""
    found = [value for one, value in _entries(table) if _raw(one) == key]
    return found[-1] if found else None


def set_header(text: str, key: str, value: str) -> str:
    """A mapping's text with one entry of its header set.

    Parameters
    ----------
    text : str
        Of a valid mapping.
    key, value : str
        Entry and what it says.

    Returns
    -------
    str
        An entry that was not there is added, where crds sorts it.

    Raises
    ------
    InputError
        When the text is written so that nothing can be changed in it.
    """
    looked = _Text(text)
    found = _find(looked.header, key)
    if found is not None:
        span = looked.span(found)
        return looked.replaced((span.start, span.end, repr(value)))
    return _added(looked, looked.header, key, repr(value))


def set_entry(text: str, key: str, file: str) -> str:
    """The text of a ``.pmap`` or ``.imap`` that names another file for an instrument or type, or names it newly.

    Parameters
    ----------
    text : str
        Of a valid mapping.
    key : str
        As written there, or as it is to be written.
    file : str
        Name of the mapping below.

    Returns
    -------
    str

    Raises
    ------
    InputError
        As `set_header`.
    """
    looked = _Text(text)
    found = _find(looked.selector, key)
    if found is None:
        return _added(looked, looked.selector, key, repr(file))
    span = looked.span(found)
    return looked.replaced((span.start, span.end, repr(file)))


def insert(text: str, path: Sequence[Any], classes: Sequence[str], file: str) -> str:
    """The text of an ``.rmap`` with a file under a path of keys.

    Parameters
    ----------
    text : str
        Of a valid mapping.
    path : sequence
        The key of each level; those that are there, as they are there.
    classes : sequence of str
        Selector of each level.
    file : str
        What the innermost key selects from now on.

    Returns
    -------
    str

    Raises
    ------
    InputError
        As `set_header`; also where a level of the path is a file, or the file's place a level.
    """
    looked = _Text(text)
    table = looked.selector
    for depth, key in enumerate(path):
        found = _find(table, key) or _find(table, _as_siblings(table, key))
        last = depth == len(path) - 1
        if found is None:
            return _added(
                looked, table, _as_siblings(table, key), (list(path[depth + 1 :]), classes[depth + 1 :], file)
            )
        if last:
            if isinstance(found, ast.Call | ast.Dict):
                raise _strange(found)
            span = looked.span(found)
            return looked.replaced((span.start, span.end, repr(file)))
        if isinstance(found, ast.Constant) and found.value in SPECIAL:
            span = looked.span(found)
            line = looked.data[looked.line_start(span.start) : span.start].decode()
            indent = line[: len(line) - len(line.lstrip())]
            value = _format((list(path[depth + 1 :]), classes[depth + 1 :], file), indent)
            return looked.replaced((span.start, span.end, value))
        if not isinstance(found, ast.Call):
            raise _strange(found)
        table = _table(found)
    raise InputError("There is no key to put a file under.", cure="Change this mapping by hand.")


def delete(text: str, file: str) -> tuple[str, int]:
    """The text of an ``.rmap`` without a file, and without the rules that then hold nothing.

    Parameters
    ----------
    text : str
        Of a valid mapping.
    file : str
        Name.

    Returns
    -------
    str
    int
        How many entries named it.

    Raises
    ------
    InputError
        As `set_header`.
    """
    looked = _Text(text)
    edits: list[tuple[int, int, str]] = []
    count, _ = _delete(looked, looked.selector, file, edits)
    return looked.replaced(*edits), count


def _delete(looked: _Text, table: ast.Dict, file: str, edits: list[tuple[int, int, str]]) -> tuple[int, bool]:
    """How many entries name a file, and whether the table holds nothing else; what to cut is added to the edits."""
    total, kept = 0, 0
    mine: list[tuple[ast.expr, ast.expr]] = []
    for key, value in _entries(table):
        if isinstance(value, ast.Call):
            inner: list[tuple[int, int, str]] = []
            count, empty = _delete(looked, _table(value), file, inner)
            total += count
            if count and empty:
                mine.append((key, value))
            else:
                kept += 1
                edits += inner
        elif isinstance(value, ast.Constant) and value.value == file:
            total += 1
            mine.append((key, value))
        else:
            kept += 1
    edits += [(*_whole(looked, key, value), "") for key, value in mine]
    return total, not kept


def _whole(looked: _Text, key: ast.expr, value: ast.expr) -> tuple[int, int]:
    """The bytes of an entry: whole lines, where it has them for itself."""
    start = looked.entry_start(key)
    end, comma = looked.after(value)
    stop = comma if comma is not None else end
    line = looked.line_end(stop)
    if looked.indent(start) is not None and _SPACE.match(looked.data[stop:line]):
        return looked.line_start(start), min(line + 1, len(looked.data))
    return start, stop


def _as_siblings(table: ast.Dict, key: Any) -> Any:
    """A key of one value, as a text or a tuple of one: as the keys beside it are."""
    entries = _entries(table)
    if entries and isinstance(key, str) and isinstance(entries[0][0], ast.Tuple):
        return (key,)
    return key


def _added(looked: _Text, table: ast.Dict, key: Any, value: Any) -> str:
    """The text with an entry where crds sorts it: after the one before it, whose comments it does not part."""
    entries = _entries(table)
    behind = next((n for n, (one, _) in enumerate(entries) if _order(_raw(one)) > _order(key)), len(entries))
    opening = looked.span(table).start + 1
    closing = looked.span(table).end - 1
    indents = [looked.indent(looked.entry_start(one)) for one, _ in entries]
    if entries and None in indents:
        return _inline(looked, entries, behind, opening, f"{key!r} : {_format(value, '')}")
    indent = indents[0] if indents else None
    if indent is None:
        line = looked.data[looked.line_start(opening) : opening].decode()
        indent = line[: len(line) - len(line.lstrip())] + _STEP
    line = f"{indent}{key!r} : {_format(value, indent)},\n"
    if behind == 0:
        if _SPACE.match(looked.data[opening : looked.line_end(opening)]):
            at = looked.line_end(opening) + 1
            return looked.replaced((at, at, line))
        gap = looked.data[opening:closing]
        if entries or gap.strip():
            raise _strange(table)
        return looked.replaced((opening, closing, f"\n{line}{indent[: -len(_STEP)]}"))
    end, comma = looked.after(entries[behind - 1][1])
    stop = comma if comma is not None else end
    edits = [(end, end, ",")] if comma is None else []
    rest = looked.data[stop : looked.line_end(stop)]
    if _SPACE.match(rest):
        at = looked.line_end(stop) + 1
        return looked.replaced(*edits, (at, at, line))
    if comma is None:
        return looked.replaced((end, end, f",\n{line}{indent[: -len(_STEP)]}"))
    return looked.replaced((comma, comma, f"\n{line[:-1]}"))


def _inline(looked: _Text, entries: list[tuple[ast.expr, ast.expr]], behind: int, opening: int, entry: str) -> str:
    """Among entries of one line."""
    if behind == 0:
        return looked.replaced((opening, opening, f"{entry}, "))
    end, comma = looked.after(entries[behind - 1][1])
    if comma is None:
        return looked.replaced((end, end, f", {entry}"))
    return looked.replaced((comma, comma, f" {entry},"))


def _format(value: Any, indent: str) -> str:
    """A value as crds writes it: a text that is ready, or keys, selectors and a file."""
    if isinstance(value, str):
        return value
    path, classes, file = value
    if not path:
        return repr(file)
    deeper = indent + _STEP
    inner = _format((path[1:], classes[1:], file), deeper)
    return f"{classes[0]}({{\n{deeper}{path[0]!r} : {inner},\n{indent}}})"


def signed(text: str) -> str:
    """A mapping's text with the checksum that crds computes."""
    if _find(_Text(text).header, "sha1sum") is None:
        text = set_header(text, "sha1sum", "")
    return set_header(text, "sha1sum", checksum(text))
