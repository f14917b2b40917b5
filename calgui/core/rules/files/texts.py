"""The mapping files of a cache as texts: found by name, read once, remembered with what was wrong with them."""

import threading
from pathlib import Path

from calgui.core.errors import InputError
from calgui.core.rules.files.layout import Layout
from calgui.core.rules.files.mapping_file import LARGEST_MAPPING, MappingFile, decode, parse, read_safely, safe_name

_RESTORE = "Restore the file, or choose another context."


class MappingTexts:
    """Reads the mapping files of one folder.

    Parameters
    ----------
    layout : Layout
        Where the cache's parts are.

    Attributes
    ----------
    names : tuple of str
        All mapping files, sorted, as they were when this was made.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._lock = threading.RLock()
        self._parsed: dict[str, MappingFile | InputError] = {}
        self.names: tuple[str, ...] = tuple(layout.mapping_names())
        self._known = frozenset(self.names)

    def forget(self) -> None:
        """Free the memory; texts are read anew when needed."""
        self._parsed = {}

    def path(self, name: str) -> Path | None:
        """Where a mapping is, or None."""
        return self._layout.mappings / name if name in self._known else None

    def raw(self, name: str) -> bytes:
        """The bytes of a mapping, read anew; `InputError` when it does not exist or is not to be read."""
        path = self.path(name)
        if path is None:
            if not safe_name(name):
                raise InputError(
                    f"{name!r} is no plain file name, and is not followed.", path=self._layout.mappings, cure=_RESTORE
                )
            raise InputError("The mapping is not in the cache.", path=self._layout.mappings / name, cure=_RESTORE)
        return read_safely(path, self._layout.root, LARGEST_MAPPING)

    def parsed(self, name: str) -> MappingFile:
        """What the text of a mapping says; the same `InputError` every time where it says nothing valid."""
        found = self._parsed.get(name)
        if found is None:
            with self._lock:
                found = self._parsed.get(name)
                if found is None:
                    try:
                        found = self._parse(name)
                    except InputError as error:
                        found = error
                    self._parsed[name] = found
        if isinstance(found, InputError):
            raise found.with_traceback(None)  # else each raise would lengthen it
        return found

    def tried(self, name: str) -> MappingFile | None:
        """What the text of a mapping says, or None where it cannot be told."""
        try:
            return self.parsed(name)
        except InputError:
            return None

    def _parse(self, name: str) -> MappingFile:
        data = self.raw(name)
        path = self._layout.mappings / name
        try:
            return parse(decode(data), name)
        except UnicodeDecodeError as error:
            line = data[: error.start].count(b"\n") + 1
            raise InputError(
                f"The mapping's text is not UTF-8 (line {line}).", path=path, cure="Save it as UTF-8."
            ) from error
        except InputError as error:
            raise InputError(error.message, path=path, cure=error.cure) from error
