"""Look through a whole cache, step by step, with progress and cancel."""

import time
from collections.abc import Callable, Iterator

from calgui.core.jobs import Job
from calgui.core.rules.cache import Cache
from calgui.core.rules.lint.references import references
from calgui.core.rules.lint.report import LintReport, joined
from calgui.core.rules.lint.rules import rules
from calgui.core.rules.lint.structure import structure
from calgui.core.rules.lint.words import words
from calgui.core.rules.values import Finding


def lint(cache: Cache, context: str | None = None, job: Job | None = None) -> LintReport:
    """Look for everything in a cache that is wrong, useless or doubtful.

    Parameters
    ----------
    cache : Cache
        Only read.
    context : str, optional
        What this context reaches matters most, what it does not is at most a warning; by default the default one.
    job : Job, optional
        Progress and cancel.

    Returns
    -------
    LintReport
        Repeated findings joined.

    Raises
    ------
    UsageError
        When the cache has no such context.
    Cancelled
        When the job was cancelled.
    """
    started = time.monotonic()
    job = job or Job("Checking the cache")
    if context is not None:
        cache.check_context(context)
    context = context or cache.default_context
    reached = cache.doctor(context).reach
    names = [name for name in sorted(reached.mappings) if name.endswith(".rmap")]
    told: list[Finding] = []
    stages: tuple[tuple[float, Callable[[Job], Iterator[Finding]]], ...] = (
        (0.5, lambda part: iter(cache.findings(context, part))),
        (0.55, lambda part: structure(cache, reached.mappings)),
        (0.8, lambda part: rules(cache, names, part)),
        (0.85, lambda part: words(cache, names)),
        (1.0, lambda part: references(cache, names, part)),
    )
    done = 0.0
    for until, stage in stages:
        job.check()
        told += stage(job.part(done, until))
        done = until
    job.report(1.0, "done")
    return LintReport(context, joined(told), len(cache.mappings), len(reached.references), time.monotonic() - started)
