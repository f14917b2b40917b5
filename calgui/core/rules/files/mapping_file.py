"""One mapping file as text: read distrustfully and looked at with `ast`, never executed.

Everything that the tree, the checks and the trace's line numbers need comes from here; crds itself only sees texts that
passed.
"""

import ast
import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from calgui.core.errors import InputError
from calgui.core.rules.files.syntax import syntax_tree

#: the largest public mapping has 1 MB; crds takes minutes for more than this
LARGEST_MAPPING = 16 * 2**20
# opening a named pipe would wait for ever
_NO_WAITING: int = getattr(os, "O_NONBLOCK", 0)
KINDS = {".pmap": "PIPELINE", ".imap": "INSTRUMENT", ".rmap": "REFERENCE"}
#: values of a selector that stand for no file
NOT_APPLICABLE = frozenset({"N/A", "TEMP_N/A", "n/a", "temp_n/a"})
SPECIAL = NOT_APPLICABLE | {"OMIT", "TEMP_OMIT", "omit", "temp_omit"}


def safe_name(name: object) -> bool:
    """Whether a text is a plain file name: it cannot lead out of the folder that it is looked up in."""
    return (
        isinstance(name, str)
        and 0 < len(name.encode("utf-8", "replace")) <= 255
        and name not in (".", "..")
        and name.isprintable()
        and not any(letter in name for letter in "/\\:")
        and name == name.strip()
    )


def open_regular(path: Path, flags: int = 0) -> BinaryIO | None:
    """Open a file to be read, if it is a regular one: no folder, pipe or device, and never waiting for one.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    flags : int
        More flags for `os.open`.

    Returns
    -------
    binary file or None
        None for anything that is no regular file.

    Raises
    ------
    OSError
        When it cannot be opened.
    """
    descriptor = os.open(path, os.O_RDONLY | _NO_WAITING | flags)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    return None


def read_safely(path: Path, root: Path, largest: int) -> bytes:
    """Read a small regular file that lies inside a folder, and nothing else.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    root : pathlib.Path
        Resolved folder that it must not lead out of, by symbolic links neither.
    largest : int
        Bytes that are read at most.

    Returns
    -------
    bytes
        All of it.

    Raises
    ------
    InputError
        When it is missing, unreadable, no regular file, outside, or larger.
    """
    try:
        real = path.resolve(strict=True)
        if not real.is_relative_to(root):
            raise InputError(
                "The file is a link that leads out of the cache's folder, and is not followed.",
                path=path,
                cure="Put the file itself there.",
            )
        stream = open_regular(real, getattr(os, "O_NOFOLLOW", 0))
        if stream is None:
            raise InputError("This is no regular file.", path=path, cure="Put the file itself there.")
        with stream:
            size = os.fstat(stream.fileno()).st_size
            if size > largest:
                raise InputError(
                    f"The file has {size / 1e6:.0f} MB, far more than any file of its kind.",
                    path=path,
                    cure="Look whether it is what its name says.",
                )
            return stream.read(largest)
    except FileNotFoundError as error:
        raise InputError("The file does not exist.", path=path, cure="Restore it, or name another.") from error
    except (OSError, RuntimeError, ValueError) as error:
        raise InputError(
            f"The file cannot be read: {error}.", path=path, cure="Look at its permissions and links."
        ) from error


def decode(data: bytes) -> str:
    """Text of a mapping as crds reads it: UTF-8, line ends made alike.

    Raises
    ------
    UnicodeDecodeError
        When it is not UTF-8.
    """
    return data.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")


def checksum(text: str) -> str:
    """SHA-1 of a mapping as crds computes it: without the lines that contain ``sha1sum``."""
    kept = "".join(line for line in text.splitlines(True) if "sha1sum" not in line)
    return hashlib.sha1(kept.encode("utf-8"), usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class Entry:
    """One entry of a selector.

    Attributes
    ----------
    key : tuple of str
        As written; one text for each parameter.
    value : str, tuple of str, Choices or None
        A file name, several, a nested selector, or None for what mappings cannot hold.
    line : int
        Line in the text, from 1.
    """

    key: tuple[str, ...]
    value: "str | tuple[str, ...] | Choices | None"
    line: int

    def files(self) -> Iterator[tuple[str, int]]:
        """Names of all files that the entry selects, with their lines."""
        if isinstance(self.value, str):
            yield self.value, self.line
        elif isinstance(self.value, tuple):
            for name in self.value:
                yield name, self.line
        elif self.value is not None:
            for entry in self.value.entries:
                yield from entry.files()


@dataclass(frozen=True)
class Choices:
    """A selector as written: its name (empty for a plain dict) and its entries."""

    selector: str
    entries: tuple[Entry, ...]
    line: int


def names_in(parkey: object) -> list[str]:
    """The names in a ``parkey``, which may be tuples of tuples of them."""
    if isinstance(parkey, str):
        return [parkey]
    return [name for part in parkey for name in names_in(part)] if isinstance(parkey, tuple | list) else []


@dataclass(frozen=True)
class MappingFile:
    """What the text of a mapping says.

    Attributes
    ----------
    name : str
        File name.
    text : str
        As crds reads it.
    header : mapping of str to object
        Literal values; what is no literal is left out and listed in `odd`.
    header_lines : mapping of str to int
        Line of each header key, from 1.
    choices : Choices
        The selector.
    odd : tuple of str
        Header keys whose value is no literal.
    """

    name: str
    text: str
    header: Mapping[str, Any]
    header_lines: Mapping[str, int]
    choices: Choices
    odd: tuple[str, ...] = field(default=())

    @property
    def kind(self) -> str:
        """``.pmap``, ``.imap`` or ``.rmap``, by the name."""
        return self.name[-5:].lower()

    @property
    def stated_sha1(self) -> str | None:
        """Checksum in the header."""
        value = self.header.get("sha1sum")
        return value if isinstance(value, str) else None

    def word(self, key: str) -> str:
        """A header value in lower case, empty where it is absent or no text: so crds compares them."""
        value = self.header.get(key)
        return value.lower() if isinstance(value, str) else ""

    def matched(self) -> tuple[Any, ...] | None:
        """Parkeys whose values the rules match; None where the selector matches none, or the header does not say."""
        parkey = self.header.get("parkey")
        if self.choices.selector != "Match" or not isinstance(parkey, tuple) or not parkey:
            return None
        return parkey[0] if isinstance(parkey[0], tuple) else (parkey[0],)

    def files(self) -> Iterator[tuple[str, int]]:
        """Names that the selector selects, with their lines; special values left out."""
        for entry in self.choices.entries:
            for name, line in entry.files():
                if name not in SPECIAL:
                    yield name, line


def parse(text: str, name: str) -> MappingFile:
    """Look at the text of a mapping without running it.

    Parameters
    ----------
    text : str
        All of it.
    name : str
        File name.

    Returns
    -------
    MappingFile

    Raises
    ------
    InputError
        When it is not Python's syntax, or has no header and selector of the form that mappings have.
    """
    try:
        tree = syntax_tree(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = f" in line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        reason = error.msg if isinstance(error, SyntaxError) else (str(error) or type(error).__name__)
        raise InputError(f"The mapping's text is not valid{line}: {reason}.", cure="Restore the file.") from error
    sections: dict[str, ast.expr] = {}
    for statement in tree.body:
        if not (isinstance(statement, ast.Assign) and len(statement.targets) == 1):
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                continue  # a comment in quotes
            raise _illegal(statement)
        target = statement.targets[0]
        if not isinstance(target, ast.Name) or target.id not in ("header", "selector", "comment"):
            raise _illegal(statement)
        sections[target.id] = statement.value
    for part in ("header", "selector"):
        if part not in sections:
            raise InputError(f"The mapping has no {part}.", cure="Restore the file.")
    head = sections["header"]
    if not isinstance(head, ast.Dict):
        raise _illegal(head)
    if not isinstance(sections.get("comment", ast.Constant("")), ast.Constant):
        raise _illegal(sections["comment"])
    try:
        _check_letters(tree, text)
        header, lines, odd = _header(head)
        choices = _choices(sections["selector"])
    except RecursionError as error:
        raise InputError("The mapping is nested too deeply.", cure="Restore the file.") from error
    return MappingFile(name, text, header, lines, choices, odd)


def _illegal(node: ast.AST) -> InputError:
    line = getattr(node, "lineno", "?")
    return InputError(
        f"Line {line} holds what no mapping may hold; it was not run.",
        cure="Do not use this file; restore it from where it came.",
    )


def _check_letters(tree: ast.Module, text: str) -> None:
    """Refuse half characters, which an escape can spell and nothing can print or store."""
    if "\\" not in text:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                node.value.encode("utf-8")
            except UnicodeEncodeError:
                raise _illegal(node) from None


def _header(node: ast.Dict) -> tuple[dict[str, Any], dict[str, int], tuple[str, ...]]:
    header: dict[str, Any] = {}
    lines: dict[str, int] = {}
    odd: list[str] = []
    for key, value in zip(node.keys, node.values, strict=True):
        if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
            raise _illegal(key or node)
        lines[key.value] = key.lineno
        try:
            header[key.value] = ast.literal_eval(value)
        except (ValueError, TypeError, SyntaxError, MemoryError):
            odd.append(key.value)
    return header, lines, tuple(odd)


def _choices(node: ast.expr) -> Choices:
    if isinstance(node, ast.Dict):
        return Choices("", _entries(node), node.lineno)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) <= 1 and not node.keywords:
        inner = node.args[0] if node.args else ast.Dict([], [])
        if isinstance(inner, ast.Dict):
            return Choices(node.func.id, _entries(inner), node.lineno)
    raise _illegal(node)


def _entries(node: ast.Dict) -> tuple[Entry, ...]:
    found = []
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None:
            raise _illegal(node)
        found.append(Entry(_key(key), _value(value), key.lineno))
    return tuple(found)


def _key(node: ast.expr) -> tuple[str, ...]:
    if isinstance(node, ast.Constant):
        return (str(node.value),)
    if isinstance(node, ast.Tuple):
        return tuple(_text(part) for part in node.elts)
    return (_text(node),)


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.Tuple | ast.List):
        return "|".join(_text(part) for part in node.elts)
    try:
        return str(ast.literal_eval(node))
    except (ValueError, TypeError, SyntaxError, MemoryError):
        raise _illegal(node) from None


def _value(node: ast.expr) -> "str | tuple[str, ...] | Choices | None":
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.Tuple | ast.List):
        return _names(node.elts)
    if isinstance(node, ast.Dict):
        # several files under names of their own; not a nested selector
        return _names(node.values)
    return _choices(node)


def _names(nodes: list[ast.expr]) -> tuple[str, ...]:
    found = []
    for node in nodes:
        if not isinstance(node, ast.Constant):
            raise _illegal(node)
        if isinstance(node.value, str):
            found.append(node.value)
    return tuple(found)
