"""The window in which the documentation is read, beside the one that it is about."""

from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, QUrl
from PySide6.QtGui import QAction, QCloseEvent, QDesktopServices, QGuiApplication, QKeySequence, QPixmap
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QMessageBox,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QToolBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from calgui.core.help import CONTENTS, Documentation, Link, documentation
from calgui.views.help.contents import ContentsList
from calgui.views.help.page_view import PageView
from calgui.views.session import Session
from calgui.views.settings import remember_state, remembered_state
from calgui.views.theme import theme
from calgui.views.widgets.icons import icon

_SIZE = QSize(1120, 800)
#: name, text, keys, icon
_ACTIONS = (
    ("back", "Back", "Alt+Left", "back"),
    ("forward", "Forward", "Alt+Right", "forward"),
    ("home", "Contents", "Alt+Home", "contents"),
    ("find", "Search", "Ctrl+F Ctrl+K", "search"),
    ("larger", "Larger text", "Ctrl++ Ctrl+=", "larger"),
    ("smaller", "Smaller text", "Ctrl+-", "smaller"),
    ("usual", "Text of the usual size", "Ctrl+0", ""),
    ("close", "Close the help", "Escape Ctrl+W", ""),
)


@dataclass
class _Stop:
    """Where the reader has been: a page, or a picture at full size, and how far down."""

    name: str
    anchor: str = ""
    picture: bool = False
    scrolled: int | None = None


class HelpReader(QWidget):
    """Contents and search at the side, a page, and the way back.

    Parameters
    ----------
    session : Session
        Whose tasks read the pictures, and who is told of a page that is not there.
    pages : Documentation, optional
        The program's own if not given.
    parent : QWidget, optional
        The window that the help belongs to.
    """

    def __init__(self, session: Session, pages: Documentation | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setObjectName("help_reader")
        self.setAccessibleName("Help")
        self.session = session
        self.documentation = pages or documentation()
        self._stops: list[_Stop] = []
        self._at = -1
        self._question: QMessageBox | None = None
        self.side = ContentsList(self.documentation, self)
        self.view = PageView(session.tasks, self.documentation.folder, self)
        self.picture = _PictureArea(self)
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.view)
        self.stack.addWidget(self.picture)
        self.actions_by_name: dict[str, QAction] = {}
        self._build()
        self.side.chosen.connect(self._choose)
        self.side.searched.connect(self._searched)
        self.view.followed.connect(self.follow)
        theme().changed.connect(self._retheme)
        self._retheme()
        self.resize(_SIZE.boundedTo(self.screen().availableGeometry().size() - QSize(4, 40)))
        geometry = remembered_state("help/geometry")
        if geometry is not None:
            self.restoreGeometry(geometry)
        self._update()
        self.view.setFocus()

    def _build(self) -> None:
        bar = QToolBar(self)
        bar.setObjectName("help_bar")
        bar.setAccessibleName("Help")
        for name, text, keys, picture in _ACTIONS:
            action = QAction(text, self)
            action.setObjectName(f"help_{name}")
            action.setShortcuts([QKeySequence(key) for key in keys.split()])
            action.setToolTip(f"{text} ({keys.split()[0]})")
            action.triggered.connect(getattr(self, f"_do_{name}"))
            self.actions_by_name[name] = action
            self.addAction(action)
            if picture:
                bar.addAction(action)
                button = bar.widgetForAction(action)
                assert isinstance(button, QToolButton)
                button.setObjectName(f"help_{name}_button")
                button.setAccessibleName(text)
        self.splitter = QSplitter(Qt.Orientation.Horizontal, self)
        self.splitter.setObjectName("help_splitter")
        self.splitter.setHandleWidth(1)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self.side)
        self.splitter.addWidget(self.stack)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setSizes([250, 870])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(bar)
        layout.addWidget(self.splitter, 1)

    # -- going about -------------------------------------------------------------------------------------------------

    def show_page(self, name: str, anchor: str = "") -> None:
        """Show a page; the way back leads to the one before.

        Parameters
        ----------
        name : str
            Such as ``calibrations/dark``. Where there is no such page the contents are shown.
        anchor : str
            Of a heading.
        """
        if self.documentation.page(name) is None:
            name, anchor = CONTENTS, ""
        if self.documentation.page(name) is None:
            self.session.notice(
                "warning", "The help is not there.", "Install the program anew: its pages lie in the folder docs."
            )
            return
        self._go(_Stop(name, anchor))

    def follow(self, link: Link) -> None:
        """Go where a link leads.

        Parameters
        ----------
        link : Link
            One that leads out of the documentation is only opened once the user says so.
        """
        if link.kind == "page":
            self.show_page(link.target, link.anchor)
        elif link.kind == "picture":
            self._go(_Stop(link.target, picture=True))
        elif link.kind == "external":
            self._ask(link)

    @property
    def page_name(self) -> str:
        """Name of the page that is shown, or path of the picture; empty before the first."""
        return self._stops[self._at].name if self._at >= 0 else ""

    @property
    def busy(self) -> bool:
        """Whether pictures are still to come."""
        return self.view.busy

    def _go(self, stop: _Stop) -> None:
        now = self._stops[self._at] if self._at >= 0 else None
        if now is not None and (now.name, now.anchor) == (stop.name, stop.anchor):
            self._show(stop)
            return
        self._leave()
        self._stops = [*self._stops[: self._at + 1], stop]
        self._at = len(self._stops) - 1
        self._show(stop)

    def _leave(self) -> None:
        if self._at >= 0 and not self._stops[self._at].picture:
            self._stops[self._at].scrolled = self.view.verticalScrollBar().value()

    def _step(self, by: int) -> None:
        if 0 <= self._at + by < len(self._stops):
            self._leave()
            self._at += by
            self._show(self._stops[self._at])

    def _show(self, stop: _Stop) -> None:
        if stop.picture:
            self.picture.show_picture(QPixmap(str(self.documentation.folder / stop.name)))
            self.stack.setCurrentWidget(self.picture)
        else:
            page = self.documentation.page(stop.name)
            assert page is not None
            self.stack.setCurrentWidget(self.view)
            self.view.show_page(page, stop.anchor, self.side.words)
            if stop.scrolled is not None:
                self.view.verticalScrollBar().setValue(stop.scrolled)
            self.side.show_current(stop.name)
            self.setWindowTitle(f"{page.title} — help")
        self._update()

    def _choose(self, name: str, anchor: str) -> None:
        if (name, anchor) != (self.page_name, ""):
            self.show_page(name, anchor)

    def _searched(self) -> None:
        """Mark the words on the page that is read."""
        page = self.view.page
        if page is not None:
            self.view.mark(self.side.words)
            self.side.show_current(page.name)

    def _update(self) -> None:
        self.actions_by_name["back"].setEnabled(self._at > 0)
        self.actions_by_name["forward"].setEnabled(self._at < len(self._stops) - 1)

    # -- actions -----------------------------------------------------------------------------------------------------

    def _do_back(self) -> None:
        self._step(-1)

    def _do_forward(self) -> None:
        self._step(1)

    def _do_home(self) -> None:
        self.show_page(CONTENTS)

    def _do_find(self) -> None:
        self.side.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.side.field.selectAll()

    def _do_larger(self) -> None:
        self.view.zoom(1.1)

    def _do_smaller(self) -> None:
        self.view.zoom(1 / 1.1)

    def _do_usual(self) -> None:
        self.view.zoom(0)

    def _do_close(self) -> None:
        self.close()

    def _ask(self, link: Link) -> None:
        """Nothing goes to the network unless the user says so."""
        question = QMessageBox(self)
        question.setObjectName("help_external")
        question.setIcon(QMessageBox.Icon.Question)
        question.setWindowTitle("Leave the help?")
        question.setText("This link leads out of the program, to the network.")
        question.setInformativeText(link.target)
        opening = question.addButton("Open in the browser", QMessageBox.ButtonRole.AcceptRole)
        copying = question.addButton("Copy the address", QMessageBox.ButtonRole.ActionRole)
        question.addButton(QMessageBox.StandardButton.Cancel)
        question.setDefaultButton(QMessageBox.StandardButton.Cancel)
        for button, name in ((opening, "help_external_open"), (copying, "help_external_copy")):
            button.setObjectName(name)
        question.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

        def answered(button: object) -> None:
            self._question = None
            if button is opening:
                QDesktopServices.openUrl(QUrl(link.target))
            elif button is copying:
                QGuiApplication.clipboard().setText(link.target)

        question.buttonClicked.connect(answered)
        self._question = question
        question.open()

    def _retheme(self) -> None:
        for name, _text, _keys, picture in _ACTIONS:
            if picture:
                self.actions_by_name[name].setIcon(icon(picture, "muted"))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remember the shape."""
        remember_state("help/geometry", self.saveGeometry())
        super().closeEvent(event)


class _PictureArea(QScrollArea):
    """A picture at its full size."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("help_picture")
        self.setAccessibleName("Picture at full size")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.label = QLabel(self)
        self.label.setObjectName("help_picture_label")
        self.label.setAccessibleName("Picture at full size")
        self.setWidget(self.label)

    def show_picture(self, picture: QPixmap) -> None:
        """Show a picture."""
        self.label.setPixmap(picture)
        self.label.resize(picture.size())
