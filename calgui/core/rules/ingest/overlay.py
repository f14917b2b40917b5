"""Write the cache that an ingest makes: a complete new folder, whole or not at all. The old cache is only read."""

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from calgui.core.errors import CalguiError, Cancelled, InputError, UsageError
from calgui.core.jobs import Job
from calgui.core.rules.files.layout import MOST_FILES
from calgui.core.rules.files.trust import look
from calgui.core.rules.ingest.comparing import digest
from calgui.core.rules.ingest.configuring import configured, subfolder
from calgui.core.rules.ingest.copying import UNABLE, Copier, sync_folder, write_new
from calgui.core.rules.ingest.history import record
from calgui.core.rules.ingest.scratch import scratch_folder
from calgui.core.rules.ingest.values import NewRule, Proposal, Written
from calgui.core.rules.values import Severity, Trust

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache

#: what is left free on the disk, in bytes, for folders and what else is written meanwhile
_SPARE = 16 * 2**20
#: what crds would unpickle, and what no cache needs
_NEVER = frozenset({"pickles"})
_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)


def check_target(cache: "Cache", into: Path) -> Path:
    """Whether a new cache can be written to a folder.

    Parameters
    ----------
    cache : Cache
        The old one.
    into : pathlib.Path
        The folder: it does not exist, or is empty.

    Returns
    -------
    pathlib.Path
        The folder, its parents resolved.

    Raises
    ------
    UsageError
        When it is the old cache, inside of it, around it, or not empty.
    InputError
        When nothing may be written there.
    """
    into = Path(into)
    try:
        return _checked(cache.layout.root, into.expanduser())
    except (OSError, RuntimeError, ValueError) as error:
        reason = str(getattr(error, "strerror", None) or error).rstrip(".")
        raise InputError(f"This cannot be looked at: {reason}.", path=into, cure="Name another folder.") from error


def _checked(old: Path, into: Path) -> Path:
    if into.name in ("", "..", ".") or not into.name.isprintable():
        raise UsageError("This is no name for a folder.", path=into, cure="Name a folder that does not exist yet.")
    if into.is_symlink():
        raise UsageError("This is a link, and is not followed.", path=into, cure="Name the folder itself.")
    try:
        parent = into.parent.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise InputError("Its parent folder does not exist.", path=into, cure="Make it first.") from error
    target = parent / into.name
    if target == old or target.is_relative_to(old):
        raise UsageError(
            "This is inside of the cache, which is never written to.", path=into, cure="Name a folder outside of it."
        )
    if old.is_relative_to(target):
        raise UsageError("The cache lies in this folder.", path=into, cure="Name a folder that does not exist yet.")
    if target.exists() and (not target.is_dir() or next(target.iterdir(), None) is not None):
        raise UsageError(
            "This exists and is not empty: nothing is written over it.",
            path=into,
            cure="Name a folder that does not exist yet.",
        )
    if os.path.ismount(target):
        raise UsageError(
            "A disk is mounted here, and a new cache cannot take its place.", path=into, cure="Name a folder in it."
        )
    if not os.access(parent, os.W_OK | os.X_OK):
        raise InputError(
            "You may not write here.", path=parent, cure="Look at its permissions, or name another folder."
        )
    return target


def write_overlay(cache: "Cache", proposal: Proposal, into: Path, job: Job | None = None) -> Written:
    """Write a complete new cache: the old one's files, the new mappings and references, the new context operational.

    Parameters
    ----------
    cache : Cache
        That the proposal was made for; only read.
    proposal : Proposal
        Without errors.
    into : pathlib.Path
        The new cache's folder, which appears at once when all is on the disk, or not at all: whoever kills this leaves
        a hidden folder beside it, which the next ingest removes.
    job : Job, optional
        Progress and cancel.

    Returns
    -------
    Written

    Raises
    ------
    UsageError
        When the proposal is not ready, or `into` cannot take it.
    InputError
        When files changed since the proposal was made, the disk is full, or something may not be read or written.
    Cancelled
        When the job was cancelled; nothing is left then.
    """
    job = job or Job("Writing the new cache")
    if not proposal.ready:
        errors = [one for one in proposal.findings if one.severity is Severity.ERROR]
        if errors:
            raise InputError(f"{errors[0].place}: {errors[0].message}", path=into, cure=errors[0].cure)
        raise UsageError("The proposal changes nothing.", path=into, cure="Name a reference that goes in or out.")
    target = check_target(cache, into)
    _check_sources(cache, proposal)
    plan = _plan(cache, job)
    new = sum(rule.source.size for rule in proposal.rules) + sum(len(one.text) for one in proposal.mappings)
    try:
        with scratch_folder(target.parent) as folder:
            return _build(cache, proposal, plan, folder, target, new, job)
    except CalguiError:
        raise
    except OSError as error:
        raise _said(error, target, plan.size + new) from error


@dataclass
class _Plan:
    """What of the old cache is copied: paths below its folder."""

    folders: list[Path] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    links: list[tuple[Path, str]] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    size: int = 0


def _plan(cache: "Cache", job: Job) -> _Plan:
    root = cache.layout.root
    plan = _Plan()
    for entry in _walk(root, root, plan):
        job.check()
        path = Path(entry.path).relative_to(root)
        if len(plan.files) >= MOST_FILES:
            raise InputError(f"The folder has more than {MOST_FILES:,} files.", path=root, cure="Is it a cache alone?")
        if entry.is_symlink():
            _link(root, path, plan)
        elif entry.is_dir(follow_symlinks=False):
            plan.folders.append(path)
        else:
            status = entry.stat(follow_symlinks=False)
            if stat.S_ISREG(status.st_mode):
                plan.files.append(path)
                plan.size += status.st_size
            else:
                plan.left_out.append(f"{path} is no regular file.")
    return plan


def _walk(folder: Path, root: Path, plan: _Plan) -> Iterator["os.DirEntry[str]"]:
    try:
        entries = sorted(os.scandir(folder), key=lambda one: one.name)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"It cannot be read: {reason}.", path=folder, cure="Look at its permissions.") from error
    for entry in entries:
        hidden = entry.name.startswith(".") or (folder == root and entry.name in _NEVER)
        if hidden:
            plan.left_out.append(f"{Path(entry.path).relative_to(root)} is not part of a cache.")
            continue
        yield entry
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path), root, plan)


def _link(root: Path, path: Path, plan: _Plan) -> None:
    """A link to a place inside of the cache becomes one inside of the new; others are followed by no cache."""
    try:
        real = (root / path).resolve(strict=True)
    except (OSError, RuntimeError):
        plan.left_out.append(f"{path} is a link that leads nowhere.")
        return
    if not real.is_relative_to(root):
        plan.left_out.append(f"{path} is a link that leads out of the cache, where it is not followed either.")
        return
    inside = real.relative_to(root).parts
    if any(part.startswith(".") for part in inside) or inside[:1] == ("pickles",):
        plan.left_out.append(f"{path} is a link to what is not part of a cache.")
        return
    plan.links.append((path, os.path.relpath(real, (root / path).parent.resolve())))


def _check_sources(cache: "Cache", proposal: Proposal) -> None:
    for rule in proposal.rules:
        source = rule.source
        try:
            status = os.stat(source.path)  # noqa: PTH116
        except OSError as error:
            reason = error.strerror or str(error)
            raise InputError(
                f"It cannot be read any more: {reason}.", path=source.path, cure="Propose anew."
            ) from error
        if (status.st_size, status.st_mtime_ns) != (source.size, source.changed):
            raise InputError("It changed since it was looked at.", path=source.path, cure="Propose anew.")
    for name, known in proposal.bases.items():
        if digest(cache.raw(name)) != known:
            path = cache.layout.mappings / name
            raise InputError("The mapping changed since the proposal was made.", path=path, cure="Propose anew.")
    for one in proposal.mappings:
        if os.path.lexists(cache.layout.mappings / one.name):
            path = cache.layout.mappings / one.name
            raise InputError("A mapping of this name came into the cache meanwhile.", path=path, cure="Propose anew.")


def _build(cache: "Cache", proposal: Proposal, plan: _Plan, folder: Path, target: Path, new: int, job: Job) -> Written:
    root = cache.layout.root
    copier = Copier(job)
    mode = _usual_mode(folder)
    # the first copy tells whether the file system shares blocks: else all bytes need a place
    for path in plan.folders:
        (folder / path).mkdir()
    total = max(plan.size + new, 1)
    done = 0
    for number, path in enumerate(plan.files):
        job.report(0.98 * done / total, "copying the cache")
        _copy(copier, root / path, folder / path)
        done += (folder / path).stat().st_size
        if number == 0:
            _check_space(folder, new if copier.shared else plan.size + new, target)
    for path, to in plan.links:
        _link_again(copier, root / path, folder / path, to)
    files = _new_files(cache, proposal, folder, copier, plan, job)
    for below in sorted({path.parent for path in folder.rglob("*")} | {folder}, reverse=True):
        sync_folder(below)
    job.report(0.99, "giving the new cache its name")
    folder.chmod(mode)
    try:
        os.rename(folder, target)  # noqa: PTH104 - takes an empty folder's place at once
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR, errno.EISDIR):
            raise UsageError(
                "Something else came there meanwhile.", path=target, cure="Name another folder."
            ) from error
        raise
    # it is there: neither a cancel nor a disk that cannot store the folder above makes it undone
    with contextlib.suppress(OSError, Cancelled):
        sync_folder(target.parent)
        job.report(1.0, "done")
    count = len(plan.files)
    return Written(target, proposal.new_context, tuple(files), count, copier.shared > 0, tuple(plan.left_out))


def _link_again(copier: Copier, old: Path, new: Path, to: str) -> None:
    """A link of the old cache in the new one; a copy of its file where the file system has no links."""
    try:
        new.symlink_to(to)
    except OSError as error:
        real = old.resolve()
        if error.errno not in UNABLE or not real.is_file():
            raise
        _copy(copier, real, new)


def _new_files(cache: "Cache", proposal: Proposal, folder: Path, copier: Copier, plan: _Plan, job: Job) -> list[str]:
    """Write what is new; the paths of the new mappings and references below the folder."""
    root, layout = cache.layout.root, cache.layout
    files: list[str] = []
    for one in proposal.mappings:
        path = layout.mappings.relative_to(root) / one.name
        write_new(folder / path, one.text.encode())
        files.append(path.as_posix())
    for rule in proposal.rules:
        job.report(0.98, f"copying {rule.source.name}")
        path = place_of(cache, rule)
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        _copy(copier, rule.source.path, folder / path)
        _check_copy(rule, folder / path)
        files.append(path.as_posix())
    config = layout.config.relative_to(root)
    (folder / config).mkdir(parents=True, exist_ok=True)
    for name, text in (
        ("server_config", configured(cache, proposal.new_context, [one.name for one in proposal.mappings])),
        ("ingests.json", record(cache, proposal)),
    ):
        path = config / name
        (folder / path).unlink(missing_ok=True)
        write_new(folder / path, text.encode())
    return files


def place_of(cache: "Cache", rule: NewRule) -> Path:
    """Where a new reference goes, below the cache's folder."""
    return subfolder(cache, rule.instrument) / rule.source.name


def _copy(copier: Copier, old: Path, new: Path) -> None:
    try:
        copier.copy(old, new)
    except OSError as error:
        if error.errno in _FORBIDDEN:
            reason = error.strerror or str(error)
            raise InputError(f"It cannot be copied: {reason}.", path=old, cure="Look at its permissions.") from error
        raise


def _check_copy(rule: NewRule, path: Path) -> None:
    verdict = look(path)
    if path.stat().st_size != rule.source.size or verdict.trust not in (Trust.OK, Trust.UNCHECKED):
        raise InputError("It changed while it was copied.", path=rule.source.path, cure="Propose anew.")


def _check_space(folder: Path, size: int, target: Path) -> None:
    with contextlib.suppress(AttributeError):
        status = os.statvfs(folder)
        free = status.f_bavail * status.f_frsize
        if free < size + _SPARE:
            raise _full(target, size, free)


def _full(target: Path, size: int, free: int | None) -> InputError:
    said = f", {_bytes(free)} are free" if free is not None else ""
    return InputError(
        f"The disk has no room for the new cache: it needs {_bytes(size + _SPARE)}{said}. Nothing was written.",
        path=target,
        cure="Make room, or name a folder on another disk.",
    )


def _said(error: OSError, target: Path, size: int) -> InputError:
    if error.errno in _FULL:
        return _full(target, size, None)
    reason = error.strerror or str(error)
    cure = "Look at its permissions and its disk, or name another folder."
    return InputError(f"The new cache cannot be written: {reason}. Nothing was written.", path=target, cure=cure)


def _bytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 10**9 else f"{count / 1e6:.1f} MB"


def _usual_mode(folder: Path) -> int:
    """Who may use a new folder: asked of one, as asking the process would change it for its other threads meanwhile."""
    probe = folder / ".mode"
    probe.mkdir()
    mode = stat.S_IMODE(probe.stat().st_mode)
    probe.rmdir()
    return mode
