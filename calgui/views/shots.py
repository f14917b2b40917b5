"""Pictures of the window, drawn without a screen: for documentation, for a look from afar, for tests."""

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, Qt

from calgui.core.algorithms.options import parse
from calgui.core.algorithms.registry import algorithm
from calgui.core.errors import CalguiError, InputError, UsageError
from calgui.views import settings
from calgui.views.app import application
from calgui.views.hooks import Hooks
from calgui.views.places import PLACES
from calgui.views.rules.pages import PAGES
from calgui.views.rules.why.inquiry import Inquiry
from calgui.views.session import Session
from calgui.views.theme import theme
from calgui.views.window import MainWindow

#: parts of the Observe place that can be drawn alone
_PANELS = {
    "table": "table",
    "references": "references",
    "why": "why",
    "picture": "picture",
    "headers": "inspector",
}
#: what the picture's panel shows besides the picture, by the number of its tab
_TABS = {"spectrum": 1, "cube": 2}
#: parts of the Compare place, by the number of their tab
_COMPARED = {"compare": 0, "compare-headers": 1}
#: pages of the Rules place that have a shorter name
_SHORT = {"ingest": "rules-ingest", "validate": "rules-validate"}
#: pages of the Rules place that take the files that are named
_TAKING = frozenset(_SHORT.values())
#: work that takes longer than this is not waited for
_PATIENCE = 300.0
#: so long nothing must happen before the picture is taken
_QUIET = 0.3


@dataclass(frozen=True)
class Bench:
    """What is drawn of the bench.

    Attributes
    ----------
    algorithm : str
        Whose page.
    options : mapping of str to str
        Its options that are not as by default.
    tab : str
        Of the result, or of the pages of ingest and validation, as it is written on the tab; empty for the first.
    """

    algorithm: str = "master-dark"
    options: Mapping[str, str] = field(default_factory=dict)
    tab: str = ""


def views() -> tuple[str, ...]:
    """Names of the views that can be drawn.

    Returns
    -------
    tuple of str
    """
    return (*(place.name for place in PLACES), *_PANELS, *_TABS, *_pages(), *_SHORT, "compare-headers")


def _pages() -> dict[str, str]:
    """Pages of the Rules place by the names of their pictures."""
    return {f"rules-{page.name}": page.name for page in PAGES}


def draw(
    out: Path,
    view: str,
    paths: Sequence[Path] = (),
    caches: Sequence[Path] = (),
    context: str | None = None,
    *,
    dark: bool = False,
    size: tuple[int, int] = (1600, 1000),
    bench: Bench | None = None,
    kind: str | None = None,
) -> None:
    """Draw a view into a PNG file, once all work for it is done.

    Parameters
    ----------
    out : pathlib.Path
        Made anew.
    view : str
        One of `views`.
    paths, caches : sequence of pathlib.Path
        Observations, folders of them, and caches. The first observation is selected; at the bench all of them are
        the inputs, and files are the new references of an ingest, or what is validated.
    context : str, optional
        Of the last cache.
    dark : bool
        The look.
    size : tuple of int
        Width and height of the window in pixels.
    bench : Bench, optional
        Page of the bench; that of a master dark if not given.
    kind : str, optional
        Type of reference that is explained; by default the most telling one.

    Raises
    ------
    UsageError
        There is no such view or context.
    InputError
        Nothing could be opened, or the picture cannot be written.
    """
    if view not in views():
        raise UsageError(f"There is no view {view}.", cure=f"Name one of: {', '.join(views())}.")
    view = _SHORT.get(view, view)
    application()
    with tempfile.TemporaryDirectory(prefix="calgui-shot-") as folder:
        settings.keep_in(Path(folder))
        session = Session()
        hooks = Hooks(session)
        hooks.install()
        try:
            theme().apply(dark)
            window = MainWindow(session)
            window.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
            window.resize(*size)
            window.show()
            _fill(window, view, paths, caches, context, bench or Bench(), kind)
            _save(window, view, out)
            window.close()
        finally:
            hooks.remove()
            session.close()
            settings.keep_in(None)


def _fill(
    window: MainWindow,
    view: str,
    paths: Sequence[Path],
    caches: Sequence[Path],
    context: str | None,
    wanted: Bench,
    kind: str | None,
) -> None:
    session = window.session
    window.repaint()
    window.observe.complete()
    for cache in caches:
        session.open_cache(cache.absolute())
    new = tuple(path.absolute() for path in paths if path.is_file()) if view in _TAKING else ()
    window.open_paths(path for path in paths if path.absolute() not in new)
    _wait(lambda: not window.busy)
    failed = next((notice for notice in session.notices if notice.level == "error"), None)
    if failed is not None and caches and not session.caches:
        raise InputError(failed.text, cure=failed.cure)
    if context is not None:
        if session.cache is None:
            raise UsageError("--context needs a cache.", cure="Name its folder: --cache DIR.")
        session.cache.check_context(context)
        session.set_context(session.cache, context)
    table = window.observe.table
    # the file that was named first, else the first of the folder
    named = next((path.absolute() for path in paths if table.model.find(path.absolute()) is not None), None)
    if named is not None:
        table.select_path(named)
    elif table.model.rowCount():
        table.view.selectRow(0)
    window.go("compare" if view in _COMPARED else view if view in {place.name for place in PLACES} else "observe")
    if view in _pages():
        session.ask_page(_pages()[view], new or None)
    if view in _TAKING and wanted.tab:
        _wait(lambda: not window.busy)
        rules: Any = window.place("rules")
        rules.page(_pages()[view]).go_to_tab(wanted.tab)
    if view in _COMPARED:
        place: Any = window.place("compare")
        session.select(row.entry.path for row in table.model.entries())
        place.compare(session.selection)
        place.pictures.bar.set_way("grid")
        place.tabs.setCurrentIndex(_COMPARED[view])
    if kind is not None:
        _wait(lambda: not window.busy)
        _explain(window, kind.lower())
    if view == "bench":
        _at_the_bench(window, wanted)
    _wait(lambda: not window.busy)
    if view in _TABS:
        tabs = window.observe.viewer.tabs
        if not tabs.isTabVisible(_TABS[view]):
            raise UsageError(f"The first file has no {view}.", path=named, cure="Name one that has, first.")
        tabs.setCurrentIndex(_TABS[view])
        _wait(lambda: not window.busy)


def _explain(window: MainWindow, kind: str) -> None:
    """Ask why of a type of reference."""
    inquiry = Inquiry.of(window.session)
    types = [row.type for row in inquiry.rows]
    if kind not in types:
        raise UsageError(f"The rules select no {kind}.", cure=f"They know: {', '.join(types) or 'nothing'}.")
    inquiry.focus(kind)


def _at_the_bench(window: MainWindow, wanted: Bench) -> None:
    """All files that are open are the inputs of a page."""
    how = algorithm(wanted.algorithm)
    config = parse(how.config, dict(wanted.options))
    place: Any = window.place("bench")
    page = place.show_algorithm(how.name)
    page.options.put_values(vars(config))
    page.inputs.set_paths(row.entry.path for row in window.observe.table.model.entries())
    _wait(lambda: not window.busy)
    tabs = page.output.tabs
    titles = {tabs.tabText(at).casefold(): at for at in range(tabs.count()) if tabs.isTabVisible(at)}
    if wanted.tab:
        if wanted.tab.casefold() not in titles:
            raise UsageError(f"The page has no tab {wanted.tab!r}.", cure=f"It has: {', '.join(titles)}.")
        tabs.setCurrentIndex(titles[wanted.tab.casefold()])


def _wait(done: Callable[[], bool]) -> None:
    """Let Qt work until something holds for a while."""
    start, since = time.monotonic(), None
    while True:
        QCoreApplication.processEvents()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        now = time.monotonic()
        if not done():
            since = None
        elif since is None:
            since = now
        elif now - since > _QUIET:
            return
        if now - start > _PATIENCE:
            raise CalguiError(f"The view was not complete after {_PATIENCE:.0f} s.", cure="Open fewer files.")
        time.sleep(0.005)


def _save(window: MainWindow, view: str, out: Path) -> None:
    panel = "picture" if view in _TABS else _PANELS.get(view)
    widget = window if panel is None else window.observe.table if panel == "table" else window.observe.panels[panel]
    out.parent.mkdir(parents=True, exist_ok=True)
    if not widget.grab().save(str(out), "PNG"):
        raise InputError("The picture could not be written.", path=out, cure="Is the folder there and writable?")
