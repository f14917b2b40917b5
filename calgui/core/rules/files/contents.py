"""What is in one CRDS cache: contexts, mappings, references. Reads only, and never outside of the cache's folders."""

import re
import threading
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from calgui.core.errors import InputError, UsageError
from calgui.core.jobs import Job
from calgui.core.rules.files import loading
from calgui.core.rules.files.configuration import read_server_config, stated_context
from calgui.core.rules.files.identity import identify
from calgui.core.rules.files.layout import Layout
from calgui.core.rules.files.mapping_file import SPECIAL, MappingFile
from calgui.core.rules.files.reach import CHILD, named
from calgui.core.rules.files.references import References
from calgui.core.rules.files.texts import MappingTexts
from calgui.core.rules.files.trust import Verdict
from calgui.core.rules.observatories.observatory import Observatory
from calgui.core.rules.observatories.setup import clear_memos
from calgui.core.rules.values import Trust

_RESTORE = "Restore the file, or choose another context."


class Contents:
    """The parts of one CRDS cache. Safe to read from several threads.

    What was read of a mapping is kept, so that every answer stands on one state of the cache; `reload` reads anew.

    Parameters
    ----------
    layout : Layout
        Where its parts are.
    chosen : str, optional
        Name of a context to use by default.

    Attributes
    ----------
    path : pathlib.Path
        The cache's top folder.
    name : str
        Short name to show: that of the folder.
    layout : Layout
        Where its parts are.
    observatory : Observatory
        What is known of the observatory.
    contexts : tuple of str
        Names of all ``.pmap`` files.
    default_context : str or None
        The operational one of ``server_config``, else the newest; None where there is no ``.pmap``.
    stated_context : str or None
        What ``server_config`` names, whether it exists or not.
    texts : MappingTexts
        The mappings as texts.
    """

    def __init__(self, layout: Layout, chosen: str | None = None) -> None:
        self.layout = layout
        self.path = layout.root
        self.name = layout.root.name
        self._chosen = chosen
        self._lock = threading.RLock()
        self._read()

    def _read(self) -> None:
        self._loaded: dict[str, Any] = {}
        self._files = References(self.layout)
        self.texts = MappingTexts(self.layout)
        self.mappings: tuple[str, ...] = self.texts.names
        self.contexts: tuple[str, ...] = tuple(
            sorted((name for name in self.mappings if name.endswith(".pmap")), key=_serial)
        )
        self.server_config: Mapping[str, Any] | InputError | None = read_server_config(self.layout)
        self.stated_context: str | None = stated_context(self.server_config)
        self.default_context = self._default_context()
        self.observatory: Observatory = identify(self.layout, self.texts, self.contexts, self.default_context)

    def reload(self) -> None:
        """Forget what was read, and read the cache anew."""
        with self._lock:
            clear_memos()
            self._read()

    def close(self) -> None:
        """Free the memory that mappings take; the cache can still be used, and then reads anew."""
        with self._lock:
            self._loaded = {}
            self.texts.forget()
        clear_memos()

    def _default_context(self) -> str | None:
        for name in (self._chosen, self.stated_context):
            if name in self.contexts:
                return name
        return self.contexts[-1] if self.contexts else None

    # ------------------------------------------------------------------ mappings as text

    def mapping_path(self, name: str) -> Path | None:
        """Where a mapping is; None for one that is not in the cache, or no plain file name."""
        return self.texts.path(name)

    def parsed(self, name: str) -> MappingFile:
        """What the text of a mapping says, read with `ast` and never run.

        Parameters
        ----------
        name : str
            File name.

        Returns
        -------
        MappingFile

        Raises
        ------
        InputError
            When it is missing or is no mapping's text; the same one every time.
        """
        return self.texts.parsed(name)

    def raw(self, name: str) -> bytes:
        """The bytes of a mapping, read anew; `InputError` when it does not exist or is not to be read."""
        return self.texts.raw(name)

    # ------------------------------------------------------------------ mappings as crds objects

    def load(self, name: str) -> Any:
        """The crds object of a mapping; nested ones load when needed, as safely.

        Parameters
        ----------
        name : str
            File name in the cache.

        Returns
        -------
        crds.core.rmap.Mapping
            The same object every time, until `reload` or `close`.

        Raises
        ------
        InputError
            When it is missing, broken, or not safe to run; the same one every time.
        """
        found = self._loaded.get(name)
        if found is None:
            with self._lock:
                found = self._loaded.get(name)
                if found is None:
                    try:
                        found = self._load(name)
                    except InputError as error:
                        found = error
                    self._loaded[name] = found
        if isinstance(found, InputError):
            raise found.with_traceback(None)  # else each raise would lengthen it
        return found

    def _load(self, name: str) -> Any:
        parsed = self.parsed(name)
        path = self.layout.mappings / name

        def nested(child: str, **_: Any) -> Any:
            self._check_child(parsed.kind, child, path)
            return self.load(child)

        return loading.load_crds(parsed, path, self.observatory, nested)

    def _check_child(self, kind: str, child: object, path: Path) -> None:
        wanted = CHILD.get(kind, "")
        if not isinstance(child, str) or not child.endswith(wanted) or not wanted:
            # so no mapping can lead back to itself: contexts name instruments, instruments name rules
            raise InputError(f"A {kind} selects {wanted} files, not {child!r}.", path=path, cure=_RESTORE)

    def instruments(self, context: str) -> Mapping[str, str]:
        """Instruments of a context.

        Parameters
        ----------
        context : str
            Name of a ``.pmap`` of the cache.

        Returns
        -------
        mapping of str to str
            Instrument in upper case to the name of its ``.imap``; instruments that are N/A are left out.

        Raises
        ------
        UsageError
            When the cache has no such context.
        InputError
            When the context cannot be read.
        """
        self.check_context(context)
        return MappingProxyType(named(self.parsed(context), str.upper, keep_special=False))

    def types(self, context: str, instrument: str) -> Mapping[str, str]:
        """Reference types of an instrument.

        Parameters
        ----------
        context : str
            Name of a ``.pmap`` of the cache.
        instrument : str
            In any case.

        Returns
        -------
        mapping of str to str
            Type in lower case to the name of its ``.rmap``, or ``N/A`` or ``OMIT`` as written.

        Raises
        ------
        UsageError
            When the context has no such instrument.
        InputError
            When the context or the instrument's mapping cannot be read.
        """
        imap = self.parsed(self._imap_name(context, instrument))
        return MappingProxyType(named(imap, str.lower, keep_special=True))

    def _imap_name(self, context: str, instrument: str) -> str:
        found = self.instruments(context)
        name = found.get(instrument.upper())
        if name is None:
            raise UsageError(
                f"{context} has no instrument {instrument!r}.",
                path=self.path,
                cure=f"It has: {', '.join(found) or 'none'}.",
            )
        return name

    def rmap(self, context: str, instrument: str, type: str) -> Any:
        """The rules for one reference type, as crds's own object.

        Parameters
        ----------
        context : str
            Name of a ``.pmap`` of the cache.
        instrument, type : str
            In any case.

        Returns
        -------
        crds.core.rmap.ReferenceMapping

        Raises
        ------
        UsageError
            When there is no such context, instrument or type, or the type is N/A.
        InputError
            When the mapping is missing, broken, or not safe to run.
        """
        found = self.types(context, instrument)
        name = found.get(type.lower())
        if name is None or name in SPECIAL:
            state = "has no" if name is None else f"declares {name} the"
            raise UsageError(
                f"{context} {state} reference type {type!r} for {instrument.upper()}.",
                path=self.path,
                cure=f"It has: {', '.join(key for key, value in found.items() if value not in SPECIAL)}.",
            )
        self._check_child(".imap", name, self.layout.mappings / self._imap_name(context, instrument))
        return self.load(name)

    def check_context(self, context: str) -> None:
        """Raise `UsageError` unless the cache has a context of this name."""
        if context not in self.contexts:
            raise UsageError(
                f"The cache has no context {context!r}.",
                path=self.path,
                cure=f"It has: {', '.join(self.contexts[-8:]) or 'none'}.",
            )

    # ------------------------------------------------------------------ references

    def reference_path(self, name: str) -> Path | None:
        """Where a reference file is.

        Parameters
        ----------
        name : str
            As in a mapping.

        Returns
        -------
        pathlib.Path or None
            None where it is not in the cache, is no plain file name, or is a link that leads out of the cache.
        """
        return self._files.path(name)

    @property
    def has_references(self) -> bool:
        """Whether there is any folder of references; some caches are mappings only."""
        return self._files.any_folder

    def verdict(self, name: str) -> Verdict:
        """What a quick look at a reference file found: trust, reason, size; remembered by size and time of change."""
        return self._files.verdict(name)

    def verify(self, name: str, job: Job | None = None) -> Verdict:
        """Read a whole reference and compare it with the checksums in its own headers.

        Parameters
        ----------
        name : str
            As in a mapping.
        job : Job, optional
            Told how far the reading is, and looked at for cancel.

        Returns
        -------
        Verdict
            `trust` and `verdict` say the same from then on, until the file changes.
        """
        return self._files.verify(name, job)

    def trust(self, name: str) -> Trust:
        """What is known of a reference file, in a word."""
        return self.verdict(name).trust


def _serial(name: str) -> tuple[int, str]:
    """Sorts tmt_0009 before tmt_0010, and names without a number (edit copies and the like) first: -1."""
    found = re.search(r"(\d+)\.pmap\Z", name)
    return (int(found.group(1)) if found else -1, name)
