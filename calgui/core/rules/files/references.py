"""The reference files of a cache: where one is, and what a quick look at it says."""

import os
from pathlib import Path

from calgui.core.jobs import Job
from calgui.core.rules.files import trust
from calgui.core.rules.files.layout import Layout
from calgui.core.rules.files.mapping_file import safe_name
from calgui.core.rules.files.trust import Verdict
from calgui.core.rules.values import Trust

_MISSING = Verdict(Trust.MISSING, "The file is not in the cache.")


class References:
    """Finds reference files by name, inside the cache only.

    Parameters
    ----------
    layout : Layout
        Where the cache's parts are.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._verdicts: dict[tuple[str, int, int], Verdict] = {}
        self._seen: tuple[tuple[float, ...], tuple[Path, ...]] = ((), ())

    @property
    def any_folder(self) -> bool:
        """Whether there is any folder of references; some caches are mappings only."""
        layout = self._layout
        return any(top.is_dir() for top in layout.references if top not in (layout.root, layout.mappings))

    def path(self, name: str) -> Path | None:
        """Where a reference is; None where it is not in the cache, or its name or link leads out of it."""
        found = self._find(name)
        return found if isinstance(found, Path) else None

    def verdict(self, name: str) -> Verdict:
        """What a quick look at a reference found; remembered by size and time of change."""
        found = self._find(name)
        if isinstance(found, Verdict):
            return found
        try:
            status = found.stat()
        except OSError:
            return _MISSING
        key = (str(found), status.st_size, status.st_mtime_ns)
        known = self._verdicts.get(key)
        if known is None:
            known = self._verdicts[key] = trust.look(found.resolve())
        return known

    def verify(self, name: str, job: Job | None = None) -> Verdict:
        """Compare a reference with the checksums in its own headers; the verdict is remembered like a quick look's."""
        found = self._find(name)
        if isinstance(found, Verdict):
            return found
        from calgui.core.rules.files.sums import verify

        try:
            status = found.stat()
        except OSError:
            return _MISSING
        verdict = verify(found.resolve(), job)
        self._verdicts[str(found), status.st_size, status.st_mtime_ns] = verdict
        return verdict

    def remember(self, name: str, verdict: Verdict) -> None:
        """Take a verdict of an earlier check for that of the file as it is now."""
        found = self._find(name)
        if isinstance(found, Path):
            try:
                status = found.stat()
            except OSError:
                return
            self._verdicts[str(found), status.st_size, status.st_mtime_ns] = verdict

    def _folders(self) -> tuple[Path, ...]:
        """Looked for anew only when a top folder changed, so that files that arrive later are seen."""
        state = tuple(_changed(top) for top in self._layout.references)
        if self._seen[0] != state:
            self._seen = (state, tuple(self._layout.reference_folders()))
        return self._seen[1]

    def _find(self, name: str) -> Path | Verdict:
        if not safe_name(name):
            return Verdict(Trust.MISSING, "The name is no plain file name, and is not followed.")
        for folder in self._folders():
            path = folder / name
            try:
                if not path.exists() and not path.is_symlink():
                    continue
            except OSError as error:
                return Verdict(Trust.CORRUPT, f"Its folder cannot be read: {error.strerror or error}.")
            try:
                real = path.resolve(strict=True)
            except (OSError, RuntimeError):
                return Verdict(Trust.MISSING, "The file is a link that leads nowhere.")
            if not real.is_relative_to(self._layout.root):
                return Verdict(Trust.MISSING, "The file is a link that leads out of the cache, and is not followed.")
            if not real.is_dir():
                return path
        return _MISSING


def _changed(folder: Path) -> float:
    try:
        return os.stat(folder).st_mtime_ns  # noqa: PTH116 asked for every file; three times as quick
    except OSError:
        return 0
