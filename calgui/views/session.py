"""What is open and selected in the window; every place reads it and follows its signals."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from PySide6.QtCore import QObject, Signal

from calgui.core.errors import CalguiError
from calgui.core.jobs import Job
from calgui.views.history import History
from calgui.views.keeping import Keeping
from calgui.views.tasks import Task, Tasks

if TYPE_CHECKING:
    from calgui.core.frames.index import FileEntry
    from calgui.core.rules.cache import Cache

Level = Literal["info", "warning", "error"]


@dataclass(frozen=True)
class Notice:
    """Something to tell the user, once, in one place.

    Attributes
    ----------
    level : str
        ``info``, ``warning`` or ``error``.
    text : str
        One sentence: what happened.
    cure : str
        One sentence: what to do.
    """

    level: Level
    text: str
    cure: str = ""


@dataclass(frozen=True)
class Pixel:
    """A pixel that the user picked, in whichever view.

    Attributes
    ----------
    path : pathlib.Path or None
        Of its file; None for a frame that is in no file.
    x, y : int
        Column and row of the plane, counted from 0.
    plane : tuple of int
        Index along each leading axis, or one number counted through all of them; empty where the view does not know
        one.
    """

    path: Path | None
    x: int
    y: int
    plane: tuple[int, ...] = ()


class Session(QObject):
    """The state that the places share: caches, context, selected observations, tasks, notices.

    Signals
    -------
    caches_changed()
        A cache was opened or closed.
    context_changed()
        Another cache or context is the current one.
    selection_changed()
        Other observations are selected; see `selection`.
    observations_changed()
        Other observations are open; see `observations`. Not more often than a few times a second.
    place_requested(str)
        A place is asked for by name: ``observe``, ``rules``, ``bench``.
    page_requested(str, object)
        A page of the Rules place is asked for by name, and about what (or None); ask for the place first.
    mapping_requested(str, object)
        Show this mapping in the Rules place, at this line (or None).
    bench_requested(str, object)
        Work with the algorithm of this name on these files (a sequence of paths); see `ask_bench`.
    frame_requested(object)
        Show this file (a path) in the picture.
    compare_requested(object)
        Go to the Compare place with the pictures of these files (a sequence of paths).
    card_requested(object, object, str)
        Show this keyword of a file (a path) in its header: in the HDU of this number, or None for the first that
        has it.
    pixel_picked(object)
        A `Pixel`, or None when it is let go; every view of the same file marks it.
    pixel_requested()
        Show all that is known of the picked pixel, and its file.
    help_requested(str)
        A page of the help is asked for by name.
    noticed(Notice)
        Something to tell the user.
    """

    caches_changed = Signal()
    context_changed = Signal()
    selection_changed = Signal()
    observations_changed = Signal()
    place_requested = Signal(str)
    page_requested = Signal(str, object)
    mapping_requested = Signal(str, object)
    bench_requested = Signal(str, object)
    frame_requested = Signal(object)
    compare_requested = Signal(object)
    card_requested = Signal(object, object, str)
    pixel_picked = Signal(object)
    pixel_requested = Signal()
    help_requested = Signal(str)
    noticed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.tasks = Tasks(self)
        self.tasks.error.connect(lambda task, error: self.report(error, task.title))
        self.caches: list[Cache] = []
        self.cache: Cache | None = None
        self.context: str | None = None
        self.selection: tuple[Path, ...] = ()
        self.notices: list[Notice] = []
        self.history = History(self)
        self.keeping = Keeping()
        self.pixel: Pixel | None = None
        #: gives the entries of all files that are open; the place that has their table sets it
        self.observations: Callable[[], Sequence[FileEntry]] = tuple
        self._asked = self._current_asked = 0

    def keep(self, name: str, save: Callable[[], Any], restore: Callable[[Any], object]) -> None:
        """Let a view come back as it was when the program is started again, or a session opened.

        Parameters
        ----------
        name : str
            Of the view.
        save : callable
            Gives what is to come back, as a value of JSON; called every few seconds, so it must be quick.
        restore : callable
            Given such a value once the view is there; it comes from a file, so it may be damaged. See
            `calgui.views.keeping`.
        """
        self.keeping.keep(name, save, restore)

    def open_cache(self, path: Path, then: Callable[[], None] | None = None, context: str | None = None) -> Task:
        """Open a cache in the background and make it the current one; one that is open already is only chosen.

        Parameters
        ----------
        path : pathlib.Path
            Its folder.
        then : callable, optional
            Called once it is open.
        context : str, optional
            To be chosen; its default one where it has no such context.

        Returns
        -------
        Task
        """

        def load(job: Job) -> "Cache":
            from calgui.core.rules.cache import Cache

            cache = Cache.open(path)
            if job.cancelled:
                # who thought better of it while it was read has it closed again
                cache.close()
                job.check()
            return cache

        self._asked += 1
        asked = self._asked

        def opened(cache: "Cache") -> None:
            same = next((known for known in self.caches if known.path == cache.path), None)
            if same is None:
                self.caches.append(cache)
                self.caches_changed.emit()
            # of several that are opened at once the last one asked for stays, whichever takes longest
            if asked >= self._current_asked:
                self._current_asked = asked
                chosen = same or cache
                self.set_context(chosen, context if context in chosen.contexts else chosen.default_context)
            if then is not None:
                then()

        return self.tasks.start(f"Opening the cache {path.name}", load, opened)

    def close_cache(self, cache: "Cache") -> None:
        """Close a cache; where it was the current one, another takes its place.

        Parameters
        ----------
        cache : Cache
            One of `caches`.
        """
        self.caches.remove(cache)
        if self.cache is cache:
            other = self.caches[-1] if self.caches else None
            self.set_context(other, other.default_context if other is not None else None)
        self.caches_changed.emit()
        cache.close()

    def set_context(self, cache: "Cache | None", context: str | None) -> None:
        """Make a cache and one of its contexts the current ones.

        Parameters
        ----------
        cache : Cache or None
            One of `caches`; None where none is open.
        context : str or None
            Name of a ``.pmap``; None for a cache that has none.
        """
        if (cache, context) != (self.cache, self.context):
            self.cache, self.context = cache, context
            self.context_changed.emit()

    def choose_context(self, cache: "Cache | None", context: str | None) -> None:
        """As `set_context`, by the user, who can take it back.

        Parameters
        ----------
        cache : Cache or None
            One of `caches`.
        context : str or None
            Name of a ``.pmap``.
        """
        before = self.cache.path if self.cache is not None else None, self.context
        after = cache.path if cache is not None else None, context
        self.set_context(cache, context)
        if before != after:
            text = f"choose {context or 'a cache'}"
            self.history.did(text, lambda: self.return_to(*before), lambda: self.return_to(*after))

    def return_to(self, path: Path | None, context: str | None) -> None:
        """Make a cache the current one again, where it is still open.

        Parameters
        ----------
        path : pathlib.Path or None
            Its folder.
        context : str or None
            One of its contexts; another is chosen where it is gone.
        """
        cache = next((known for known in self.caches if known.path == path), None)
        if cache is not None:
            self.set_context(cache, context if context in cache.contexts else cache.default_context)

    def select(self, paths: Iterable[Path]) -> None:
        """Select observations.

        Parameters
        ----------
        paths : iterable of pathlib.Path
            In the table's order; the first one is shown.
        """
        chosen = tuple(paths)
        if chosen != self.selection:
            self.selection = chosen
            self.selection_changed.emit()

    def pick(self, pixel: Pixel | None) -> None:
        """Pick a pixel, for every view of its file.

        Parameters
        ----------
        pixel : Pixel or None
            None lets go of it.
        """
        if pixel != self.pixel:
            self.pixel = pixel
            self.pixel_picked.emit(pixel)

    def ask_page(self, name: str, about: object = None) -> None:
        """Ask for a page of the Rules place.

        Parameters
        ----------
        name : str
            Of the table of pages.
        about : object, optional
            What the page is asked; it says what it takes.
        """
        self.place_requested.emit("rules")
        self.page_requested.emit(name, about)

    def ask_bench(self, algorithm: str, paths: Iterable[Path]) -> None:
        """Work on files at the bench.

        Parameters
        ----------
        algorithm : str
            Name of the algorithm.
        paths : iterable of pathlib.Path
            Its inputs.
        """
        self.place_requested.emit("bench")
        self.bench_requested.emit(algorithm, tuple(paths))

    def notice(self, level: Level, text: str, cure: str = "") -> None:
        """Tell the user something.

        Parameters
        ----------
        level : str
            ``info``, ``warning`` or ``error``.
        text, cure : str
            What happened, and what to do.
        """
        told = Notice(level, text, cure)
        self.notices.append(told)
        self.noticed.emit(told)

    def report(self, error: Exception, doing: str = "") -> None:
        """Tell the user of an error.

        Parameters
        ----------
        error : Exception
            A `CalguiError` is told in its own words; any other as a defect of the program.
        doing : str
            What was being done.
        """
        if isinstance(error, CalguiError):
            place = f"{error.path.name}: " if error.path is not None else ""
            self.notice("error", f"{place}{error.message}", error.cure)
        else:
            what = f"{doing}: " if doing else ""
            self.notice(
                "error",
                f"{what}{type(error).__name__}: {error}",
                "This is a defect of the program; please report it with the steps that led here.",
            )

    def close(self) -> None:
        """Stop all work; nothing can be undone any more."""
        self.tasks.close()
        self.history.clear()
