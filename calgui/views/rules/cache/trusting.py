"""Checking references in the background, and what earlier checks found."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from calgui.core.errors import Cancelled
from calgui.core.jobs import Job
from calgui.core.rules.deepcheck.checking import badges, check_references
from calgui.core.rules.deepcheck.truststore import Badge, TrustStore
from calgui.core.rules.values import Trust
from calgui.views.session import Session

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache


class Trusting(QObject):
    """The check of a cache's references.

    Parameters
    ----------
    session : Session
        Whose cache is checked, and whose tasks do it.
    parent : QObject, optional

    Signals
    -------
    found(object)
        Dict of file name to `Trust`: what is known now; while a check runs, several times.
    """

    found = Signal(object)
    _batch = Signal(object)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self._store: TrustStore | None = None
        self._batch.connect(self._tell)

    @property
    def store(self) -> TrustStore:
        """What is remembered; opened when it is first needed."""
        if self._store is None:
            self._store = TrustStore()
            for note in self._store.notes:
                self.session.notice(
                    "warning", note, "Your files are untouched; if it comes back, make its folder writable."
                )
        return self._store

    def check(self, names: Sequence[str] | None = None) -> None:
        """Check files in the background; progress and cancel are those of the status bar.

        Parameters
        ----------
        names : sequence of str, optional
            Read even if they did not change since they were last checked; by default all that the context reaches,
            without those that are known.
        """
        cache, context, store = self.session.cache, self.session.context, self.store
        if cache is None or context is None:
            return

        def work(job: Job) -> tuple[Badge, ...]:
            return check_references(
                cache, context, job, store=store, names=names, again=names is not None, on_batch=self._batch.emit
            )

        title = f"Checking {names[0]}" if names is not None and len(names) == 1 else "Checking references"
        self.session.tasks.start(title, work, self._done, self._failed, key="trust")

    def _tell(self, badges: tuple[Badge, ...]) -> None:
        self.found.emit({badge.name: badge.trust for badge in badges})

    def _done(self, badges: tuple[Badge, ...]) -> None:
        self._tell(badges)
        bad = [badge for badge in badges if badge.trust not in (Trust.OK, Trust.UNCHECKED)]
        if not badges:
            self.session.notice("info", "None of these references is in the cache: there is nothing to check.")
        elif bad:
            names = ", ".join(badge.name for badge in bad[:3]) + (f" and {len(bad) - 3:,} more" if len(bad) > 3 else "")
            self.session.notice(
                "warning", f"{len(bad):,} of {len(badges):,} references cannot be trusted: {names}.", bad[0].reason
            )
        else:
            what = f"{badges[0].name} was" if len(badges) == 1 else f"{len(badges):,} references were"
            self.session.notice("info", f"{what} checked: {'it' if len(badges) == 1 else 'all'} can be trusted.")

    def _failed(self, error: Exception) -> None:
        if isinstance(error, Cancelled):
            self.session.notice("info", "The check was cancelled; what it found until then is remembered.")
        else:
            self.session.report(error, "Checking references")


def recall(store: TrustStore, cache: "Cache", context: str | None) -> None:
    """Let a cache know what earlier checks found of its references; safe in any thread.

    Parameters
    ----------
    store : TrustStore
        What is remembered.
    cache : Cache
        Just opened.
    context : str or None
        Whose references are looked up.
    """
    if context is None or not cache.has_references:
        return
    for name, badge in badges(cache, cache.doctor(context).reach.references, store).items():
        if badge is not None:
            cache.remember(name, badge.verdict)
