"""One opened CRDS cache: what is in it, and what is wrong with it.

Several can be open at once, two of one observatory as well: no environment variable says which.
"""

import threading
from pathlib import Path
from types import MappingProxyType

from calgui.core.jobs import Job
from calgui.core.rules.files.contents import Contents
from calgui.core.rules.files.layout import Layout, find_layout
from calgui.core.rules.files.mapping_file import checksum
from calgui.core.rules.files.trust import Verdict
from calgui.core.rules.files.watch import Change, state_of
from calgui.core.rules.health.doctor import Doctor
from calgui.core.rules.values import Finding, MappingInfo


class Cache(Contents):
    """One opened CRDS cache; open it with `Cache.open`. Safe to read from several threads."""

    def __init__(self, layout: Layout, chosen: str | None = None) -> None:
        self._examining = threading.Lock()
        super().__init__(layout, chosen)

    def _read(self) -> None:
        self._forget()
        self._state = state_of(self.layout)  # before anything is read, so that no change falls in between
        super()._read()

    def _forget(self) -> None:
        self._findings: dict[str | None, tuple[Finding, ...]] = {}
        self._doctors: dict[str | None, Doctor] = {}

    @classmethod
    def open(cls, path: Path | str) -> "Cache":
        """Open a cache.

        Parameters
        ----------
        path : path-like
            The cache's folder, its ``mappings`` folder, that of one observatory in it, or a ``.pmap``, which then is
            the default context.

        Returns
        -------
        Cache

        Raises
        ------
        InputError
            When there is no cache; the message says what to name instead.
        """
        path = Path(path)
        layout = find_layout(path)
        chosen = path.name if path.suffix == ".pmap" and path.is_file() else None
        return cls(layout, chosen)

    def close(self) -> None:
        """Free the memory that mappings take; the cache can still be used, and then reads anew."""
        super().close()
        self._forget()

    def changed(self) -> Change | None:
        """Whether files of the cache changed on disk since it was opened, or read anew.

        Returns
        -------
        Change or None
            None while everything is as it was. Names, times and sizes are compared: some 15 ms for 5,000 files, so ask
            off the main thread.
        """
        return self._state.to(state_of(self.layout))

    def remember(self, name: str, verdict: Verdict) -> None:
        """Take what an earlier check found of a reference that did not change since; see `TrustStore`."""
        self._files.remember(name, verdict)
        with self._examining:
            self._findings.clear()

    def verify(self, name: str, job: Job | None = None) -> Verdict:
        """As `Contents.verify`; what was found wrong with the cache is looked for anew."""
        verdict = super().verify(name, job)
        with self._examining:
            self._findings.clear()
        return verdict

    def mapping_info(self, name: str) -> MappingInfo:
        """Text, header and checksums of a mapping, and what is wrong with it.

        Parameters
        ----------
        name : str
            File name in the cache.

        Returns
        -------
        MappingInfo
            Also for a broken one: then with an empty header.

        Raises
        ------
        InputError
            When the file is missing or must not be read.
        """
        text = self.raw(name).decode("utf-8", errors="replace").replace("\r\n", "\n").replace("\r", "\n")
        parsed = self.texts.tried(name)
        return MappingInfo(
            name=name,
            path=self.layout.mappings / name,
            text=text,
            header=MappingProxyType(dict(parsed.header)) if parsed else MappingProxyType({}),
            sha1_stated=parsed.stated_sha1 if parsed else None,
            sha1_actual=checksum(text),
            findings=self.doctor().told_of(name),
        )

    def findings(self, context: str | None = None, job: Job | None = None) -> tuple[Finding, ...]:
        """Everything that is wrong with the cache, each at the place that it concerns.

        Parameters
        ----------
        context : str, optional
            What this context reaches matters most, what it does not is at most a warning; by default the default one.
        job : Job, optional
            Progress and cancel.

        Returns
        -------
        tuple of Finding
            Errors first; looked for once.
        """
        context = context or self.default_context
        with self._examining:
            found = self._findings  # the cache may be read anew meanwhile; what was found is of the old state then
            if context not in found:
                found[context] = self.doctor(context).examine(job)
            return found[context]

    def doctor(self, context: str | None = None) -> Doctor:
        """Who finds what is wrong with the parts of the cache, as seen from a context (by default the default one)."""
        context = context or self.default_context
        known = self._doctors.get(context)
        if known is None:
            known = self._doctors[context] = Doctor(self, context)
        return known
