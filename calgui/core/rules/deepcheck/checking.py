"""Check the references of a cache, whole, one after the other; what is done is remembered even through a crash."""

import hashlib
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from calgui.core.jobs import Job
from calgui.core.rules.cache import Cache
from calgui.core.rules.deepcheck.truststore import Badge, TrustStore
from calgui.core.rules.files.mapping_file import open_regular
from calgui.core.rules.files.trust import Verdict
from calgui.core.rules.values import Trust

#: a batch is committed when it has so many files, or is so many seconds old
BATCH_FILES = 200
_BATCH_SECONDS = 1.0
_CHUNK = 1 << 20


def badges(cache: Cache, names: Iterable[str], store: TrustStore) -> Mapping[str, Badge | None]:
    """What earlier checks found of references that did not change since.

    Parameters
    ----------
    cache : Cache
        Where they are.
    names : iterable of str
        As in mappings.
    store : TrustStore
        What is remembered.

    Returns
    -------
    mapping of str to Badge or None
        None for a file that was never checked, changed since, or is not there.
    """
    places: dict[str, Path] = {}
    found: dict[str, Badge | None] = {}
    for name in names:
        found[name] = None
        path = cache.reference_path(name)
        if path is not None:
            places[name] = path.resolve()
    known = store.find(list(places.values()))
    for name, path in places.items():
        badge = known.get(path)
        if badge is not None and _unchanged(path, badge):
            found[name] = replace(badge, name=name)  # a link may be called otherwise than its file
    return found


def check_references(
    cache: Cache,
    context: str | None = None,
    job: Job | None = None,
    *,
    store: TrustStore | None = None,
    names: Iterable[str] | None = None,
    again: bool = False,
    on_batch: Callable[[tuple[Badge, ...]], None] | None = None,
) -> tuple[Badge, ...]:
    """Read references whole: do they open, do their own checksums hold, what is their SHA-1.

    Parameters
    ----------
    cache : Cache
        Only read. What is found is what `Cache.verdict` says from then on.
    context : str, optional
        All that this context reaches is checked; by default the default one.
    job : Job, optional
        Progress and cancel, also within a large file.
    store : TrustStore, optional
        Where it is remembered; by default the user's own.
    names : iterable of str, optional
        Check these instead.
    again : bool
        Whether files are read again that did not change since they were last checked.
    on_batch : callable, optional
        Called in this thread with some badges at a time, those of earlier checks first.

    Returns
    -------
    tuple of Badge
        Sorted by name; files that are not in the cache have none.

    Raises
    ------
    UsageError
        When the cache has no such context.
    Cancelled
        What was found until then is remembered.
    """
    job = job or Job("Checking references")
    if context is not None:
        cache.check_context(context)
    wanted = sorted(set(cache.doctor(context).reach.references if names is None else names))
    own = TrustStore() if store is None else None
    keep = store or own
    assert keep is not None
    try:
        known = {} if again else badges(cache, wanted, keep)
        done = {name: badge for name, badge in known.items() if badge is not None}
        for name, badge in done.items():
            cache.remember(name, badge.verdict)
        if done and on_batch is not None:
            on_batch(tuple(done.values()))
        for batch in _batches(cache, [name for name in wanted if name not in done], len(wanted), keep, job):
            done.update((badge.name, badge) for badge in batch)
            if on_batch is not None:
                on_batch(batch)
        job.report(1.0, f"{len(done):,} references checked")
    finally:
        if own is not None:
            own.close()
    return tuple(done[name] for name in sorted(done))


def _batches(cache: Cache, names: list[str], total: int, store: TrustStore, job: Job) -> Iterator[tuple[Badge, ...]]:
    """Check files; each batch is committed before it is handed on, and so is what a cancel leaves."""
    batch: list[Badge] = []
    started = time.monotonic()
    first = total - len(names)
    try:
        for number, name in enumerate(names, first):
            step = job.part(number / max(total, 1), (number + 1) / max(total, 1))
            step.report(0.0, f"checking references: {number:,} of {total:,}")
            badge = _check(cache, name, step)
            if badge is not None:
                batch.append(badge)
            if len(batch) >= BATCH_FILES or (batch and time.monotonic() - started > _BATCH_SECONDS):
                ready, batch = tuple(batch), []
                store.put(ready)
                yield ready
                started = time.monotonic()
    finally:
        if batch:
            store.put(batch)
    if batch:
        yield tuple(batch)


def _check(cache: Cache, name: str, job: Job) -> Badge | None:
    path = cache.reference_path(name)
    if path is None:
        return None
    real = path.resolve()
    try:
        before = os.stat(real)  # noqa: PTH116 - 5,000 of them
        sha1 = _sha1(real, before.st_size, job.part(0, 0.5))
        verdict = cache.verify(name, job.part(0.5, 1))
        after = os.stat(real)  # noqa: PTH116
    except OSError as error:
        return _badge_of(name, real, Verdict(Trust.CORRUPT, f"The file cannot be read: {error.strerror}.", 0), None, 0)
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        text = "The file changed while it was read: check it again."
        return _badge_of(name, real, Verdict(Trust.UNCHECKED, text, before.st_size), None, before.st_mtime_ns)
    return _badge_of(name, real, verdict, sha1, before.st_mtime_ns)


def _badge_of(name: str, path: Path, verdict: Verdict, sha1: str | None, mtime_ns: int) -> Badge:
    now = datetime.now(UTC)
    return Badge(name, path, verdict.size or 0, mtime_ns, verdict.trust, verdict.reason, sha1, now, verdict.real_size)


def _sha1(path: Path, size: int, job: Job) -> str | None:
    stream = open_regular(path)
    if stream is None:
        return None
    digest = hashlib.sha1(usedforsecurity=False)
    done = 0
    with stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            done += len(chunk)
            job.report(min(done / max(size, 1), 1.0), "reading references")
    return digest.hexdigest()


def _unchanged(path: Path, badge: Badge) -> bool:
    try:
        status = os.stat(path)  # noqa: PTH116 - 5,000 of them
    except OSError:
        return False
    return (status.st_size, status.st_mtime_ns) == (badge.size, badge.mtime_ns)
