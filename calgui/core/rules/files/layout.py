"""Where the parts of a CRDS cache are: ``mappings/<observatory>``, ``config/``, ``references/...``, or flat."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from calgui.core.errors import InputError
from calgui.core.rules.files.mapping_file import KINDS, safe_name

#: files looked at in one folder; the largest public cache has some 60,000 mappings
MOST_FILES = 500_000
_MOST_FOLDERS = 500


@dataclass(frozen=True)
class Layout:
    """The folders of one observatory in one cache.

    Attributes
    ----------
    root : pathlib.Path
        Resolved top folder, which no file name leads out of.
    folder : str
        Name of the observatory's folder; empty in a flat layout.
    mappings : pathlib.Path
        Folder with the ``.pmap``, ``.imap``, ``.rmap`` files.
    config : pathlib.Path
        Folder of ``server_config``; need not exist.
    references : tuple of pathlib.Path
        Folders under which references are, directly or one folder deeper; need not exist.
    """

    root: Path
    folder: str
    mappings: Path
    config: Path
    references: tuple[Path, ...]

    def leads_out(self, folder: Path) -> bool:
        """Whether a folder is a link out of the cache: what is in it is nobody's business, its names neither."""
        return not _is_inside(folder, self.root)

    def reference_folders(self) -> Iterator[Path]:
        """Folders that may hold references: those above, then their sub-folders by name; links out of it too."""
        for top in self.references:
            if not top.is_dir():
                continue
            yield top
            if top in (self.root, self.mappings) or (self.folder and top.name != self.folder):
                continue  # its other folders are not references, or those of another observatory
            if self.leads_out(top):
                continue
            for name in sorted(entry.name for entry in _entries(top, folders=True))[:_MOST_FOLDERS]:
                yield top / name

    def mapping_names(self) -> list[str]:
        """Names of all mapping files, sorted; those that are no plain names are left to `odd_names`."""
        names = (entry.name for entry in _entries(self.mappings))
        return sorted(name for name in names if _is_mapping(name) and safe_name(name))

    def odd_names(self) -> list[str]:
        """Mapping files whose names hold what cannot be printed, spelt out in ASCII."""
        names = (entry.name for entry in _entries(self.mappings))
        return sorted(ascii(name) for name in names if _is_mapping(name) and not safe_name(name))

    def reference_names(self) -> list[str]:
        """Names of all files in the folders of references, sorted, each once."""
        found: set[str] = set()
        for folder in self.reference_folders():
            if self.leads_out(folder):
                continue
            flat = folder in (self.root, self.mappings)
            for entry in _entries(folder):
                hidden = entry.name.startswith(".") or _is_mapping(entry.name)
                if not hidden and safe_name(entry.name) and (not flat or _looks_like_reference(entry.name)):
                    found.add(entry.name)
        return sorted(found)


def _is_mapping(name: str) -> bool:
    return Path(name).suffix in KINDS


def _looks_like_reference(name: str) -> bool:
    return name.lower().endswith((".fits", ".fits.gz", ".asdf", ".json", ".h5", ".r0h", ".r4h", ".text"))


def _entries(folder: Path, folders: bool = False) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            for count, entry in enumerate(entries):
                if count >= MOST_FILES:
                    return
                try:
                    is_folder = entry.is_dir()
                except OSError:
                    is_folder = False
                if is_folder == folders:
                    yield entry
    except OSError:
        return


def _is_inside(path: Path, root: Path) -> bool:
    try:
        return path.resolve().is_relative_to(root)
    except (OSError, RuntimeError):
        return False


def _has_mappings(folder: Path) -> bool:
    return any(_is_mapping(entry.name) for entry in _entries(folder))


def find_layout(path: Path) -> Layout:
    """Find the parts of a cache, from whatever of it the user points at.

    Parameters
    ----------
    path : pathlib.Path
        The cache's folder, its ``mappings`` folder, an observatory's folder in it, or one mapping file.

    Returns
    -------
    Layout

    Raises
    ------
    InputError
        When there is no cache, or several observatories to choose from.
    """
    try:
        real = path.expanduser().resolve(strict=True)
    except (OSError, RuntimeError, ValueError) as error:
        raise InputError("There is no such folder.", path=path, cure="Name the folder of a CRDS cache.") from error
    folder = real
    if real.is_file():
        if not _is_mapping(real.name):
            raise InputError(
                "This file is no CRDS mapping.", path=path, cure="Name the folder of a cache, or a .pmap in it."
            )
        folder = real.parent
    if folder.name == "mappings" and not _has_mappings(folder):
        folder = folder.parent
    _check_open(folder)
    for layout in _candidates(folder, path):
        return layout
    inner = folder / "mappings"
    for name in ("", *(entry.name for entry in _entries(inner, folders=True))):
        _check_open(inner / name)
    raise InputError(
        "This folder is no CRDS cache: it has no mappings (.pmap, .imap, .rmap files).",
        path=path,
        cure="Name the folder that holds 'mappings/<observatory>/'.",
    )


def _check_open(folder: Path) -> None:
    if folder.is_dir() and not os.access(folder, os.R_OK | os.X_OK):
        raise InputError("You may not read this folder.", path=folder, cure="Look at its permissions.")


def _candidates(folder: Path, given: Path) -> Iterator[Layout]:
    if _has_mappings(folder):
        if folder.parent.name == "mappings":
            yield _standard(folder.parent.parent, folder.name)
        elif folder.name == "mappings":
            yield _flat(folder.parent, folder)
        else:
            yield _flat(folder, folder)
    inner = folder / "mappings"
    if inner.is_dir() and _is_inside(inner, folder):
        if _has_mappings(inner):
            yield _flat(folder, inner)
        folders = (entry.name for entry in _entries(inner, folders=True) if _is_inside(inner / entry.name, folder))
        names = sorted(name for name in folders if _has_mappings(inner / name))
        if len(names) > 1:
            raise InputError(
                f"The cache holds several observatories: {', '.join(names)}.",
                path=given,
                cure=f"Name one, for example {inner / names[0]}.",
            )
        if names:
            yield _standard(folder, names[0])


def _standard(root: Path, name: str) -> Layout:
    return Layout(
        root=root,
        folder=name,
        mappings=root / "mappings" / name,
        config=root / "config" / name,
        references=(root / "references" / name, root / "references"),
    )


def _flat(root: Path, mappings: Path) -> Layout:
    references = (root / "references", mappings) if mappings != root else (root / "references", root)
    return Layout(root=root, folder="", mappings=mappings, config=root / "config", references=references)
