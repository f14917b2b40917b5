"""What the user wants to ingest, as a value: the page's state, which undo and sessions bring back."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from calgui.core.rules.ingest.values import Given, Request
from calgui.core.validation import known_types


@dataclass(frozen=True)
class Item:
    """A new file.

    Attributes
    ----------
    path : pathlib.Path
        Absolute.
    name : str
        What it is to be called in the cache; empty for its own name, or the next free one.
    settings : tuple of (str, str)
        Keywords that the user gave beside its header.
    """

    path: Path
    name: str = ""
    settings: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Draft:
    """Files that go in and out.

    Attributes
    ----------
    items : tuple of Item
        No path twice.
    delete : tuple of str
        References that the new context is not to select.
    rename : bool
        Whether files without a name of their own get the next free ones.
    parkey : tuple of str
        Parameters of the first mapping of a type; empty for those that are proposed.
    """

    items: tuple[Item, ...] = ()
    delete: tuple[str, ...] = ()
    rename: bool = False
    parkey: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.items or self.delete)

    def request(self) -> Request:
        """As the core takes it.

        Returns
        -------
        Request
        """
        given = tuple(Given(one.path, dict(one.settings), None, one.name or None) for one in self.items)
        return Request(given, self.delete, rename=self.rename, parkey=self.parkey)

    def kinds(self) -> dict[Path, str]:
        """Types that the user gave, of those that can be validated.

        Returns
        -------
        dict of pathlib.Path to str
        """
        given = {one.path: dict(one.settings).get("REFTYPE", "").strip().upper() for one in self.items}
        return {path: kind for path, kind in given.items() if kind in known_types()}

    def add(self, paths: Iterable[Path]) -> "Draft":
        """With more files; one that is in already stays as it is.

        Parameters
        ----------
        paths : iterable of pathlib.Path

        Returns
        -------
        Draft
        """
        known = {one.path for one in self.items}
        new = [path for path in dict.fromkeys(path.absolute() for path in paths) if path not in known]
        return replace(self, items=(*self.items, *map(Item, new)))

    def without(self, paths: Iterable[Path], names: Iterable[str] = ()) -> "Draft":
        """Without some files, and without deleting some references.

        Parameters
        ----------
        paths : iterable of pathlib.Path
        names : iterable of str

        Returns
        -------
        Draft
        """
        gone, kept = set(paths), set(names)
        items = tuple(one for one in self.items if one.path not in gone)
        return replace(self, items=items, delete=tuple(one for one in self.delete if one not in kept))

    def with_value(self, paths: Iterable[Path], keyword: str, value: str) -> "Draft":
        """With what the headers of some files lack.

        Parameters
        ----------
        paths : iterable of pathlib.Path
        keyword, value : str
            An empty value takes it back.

        Returns
        -------
        Draft
        """
        wanted = set(paths)
        return replace(
            self, items=tuple(_set(one, keyword, value) if one.path in wanted else one for one in self.items)
        )

    def named(self, path: Path, name: str) -> "Draft":
        """With another name for a file.

        Parameters
        ----------
        path : pathlib.Path
        name : str
            Empty for that which it has by itself.

        Returns
        -------
        Draft
        """
        name = "" if name == path.name and not self.rename else name
        return replace(self, items=tuple(replace(one, name=name) if one.path == path else one for one in self.items))

    def kept(self) -> dict[str, Any]:
        """As a value of JSON.

        Returns
        -------
        dict
        """
        items = [{"path": str(one.path), "name": one.name, "set": dict(one.settings)} for one in self.items]
        return {"items": items, "delete": list(self.delete), "rename": self.rename, "parkey": list(self.parkey)}

    @classmethod
    def read(cls, kept: Any) -> "Draft":
        """From a value that `kept` gave; what is damaged raises TypeError, ValueError or KeyError.

        Parameters
        ----------
        kept : object

        Returns
        -------
        Draft
        """
        items = tuple(
            Item(
                Path(_text(one["path"])), _text(one["name"]), tuple((_text(k), _text(v)) for k, v in one["set"].items())
            )
            for one in kept["items"]
        )
        delete, parkey = (tuple(map(_text, kept[key])) for key in ("delete", "parkey"))
        return cls(items, delete, kept["rename"] is True, parkey)


def _set(item: Item, keyword: str, value: str) -> Item:
    others = tuple((key, said) for key, said in item.settings if key != keyword)
    return replace(item, settings=(*others, (keyword, value)) if value else others)


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise TypeError(value)
    return value


def words(before: Draft, after: Draft) -> str:
    """What was done from one state to another, as it follows the word Undo.

    Parameters
    ----------
    before, after : Draft

    Returns
    -------
    str
    """
    if before.rename != after.rename:
        return "give the next free names" if after.rename else "keep the files' names"
    if before.parkey != after.parkey:
        return "choose the parameters of a new type"
    old, new = {one.path for one in before.items}, {one.path for one in after.items}
    if new - old:
        return f"take {_files(new - old)} for ingest"
    if old - new:
        return f"take {_files(old - new)} out of the ingest"
    if len(before.delete) != len(after.delete):
        (name, *_) = set(before.delete) ^ set(after.delete)
        return f"{'delete' if name in after.delete else 'keep'} {name}"
    changed = [(one, two) for one, two in zip(before.items, after.items, strict=True) if one != two]
    if not changed:
        return "change the ingest"
    one, two = changed[0]
    if one.name != two.name:
        return f"name {one.path.name}"
    keywords = {key for key, _ in set(one.settings) ^ set(two.settings)}
    return f"set {', '.join(sorted(keywords))}"


def _files(paths: set[Path]) -> str:
    return next(iter(paths)).name if len(paths) == 1 else f"{len(paths):,} files"
