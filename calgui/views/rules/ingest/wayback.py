"""The way back from an ingest: the contexts of the current cache, and the choice of the operational one."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from calgui.core.jobs import Job
from calgui.core.rules.ingest.history import choose_context
from calgui.views.rules.ingest.contexts import Contexts, contexts_of
from calgui.views.rules.ingest.tabs import IngestTabs
from calgui.views.session import Session

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache


class WayBack(QObject):
    """Keeps the list of contexts, and does what is asked of it.

    Parameters
    ----------
    session : Session
    tabs : IngestTabs
        Has the list.
    parent : QObject
    """

    def __init__(self, session: Session, tabs: IngestTabs, parent: QObject) -> None:
        super().__init__(parent)
        self.session, self.tabs = session, tabs
        self._known: tuple[object, object] | None = None
        tabs.operational_asked.connect(self.make_operational)
        tabs.look_asked.connect(self._look_at)

    def out_of_date(self) -> None:
        """The list is to be made anew when somebody looks."""
        self._known = None

    def look(self) -> None:
        """List the contexts of the current cache, unless that was done."""
        cache = self.session.cache
        state = (cache, cache.default_context if cache is not None else None)
        if state == self._known:
            return
        self._known = state
        if cache is None:
            self.session.tasks.supersede("ingest-contexts")
            self.tabs.show_contexts(None)
            return

        def work(job: Job) -> Contexts:
            return contexts_of(cache, job)

        self.session.tasks.start(
            "Listing the contexts", work, self.tabs.show_contexts, key="ingest-contexts", background=True
        )

    def make_operational(self, context: str) -> None:
        """Make a context of the current cache the operational one, and look at it.

        Parameters
        ----------
        context : str
        """
        cache = self.session.cache
        if cache is None:
            return
        before = cache.default_context

        def note() -> None:
            if before is not None:
                text = f"make {context} operational"
                self.session.history.did(
                    text, lambda: self._choose(cache, before), lambda: self._choose(cache, context)
                )

        self._choose(cache, context, note)

    def _choose(self, cache: "Cache", context: str, then: Callable[[], None] | None = None) -> None:
        session = self.session

        def work(_job: Job) -> None:
            choose_context(cache, context)
            cache.reload()

        def done(_none: None) -> None:
            self._known = None
            if cache not in session.caches:
                return
            if (session.cache, session.context) != (cache, context):
                session.set_context(cache, context)
            else:
                session.context_changed.emit()
            self.look()
            if then is not None:
                then()
            session.notice("info", f"{context} is the operational context of {cache.path.name} now.")

        session.tasks.start(f"Choosing {context}", work, done)

    def _look_at(self, context: str) -> None:
        self.session.choose_context(self.session.cache, context)
