"""Help beside the place, never in the way: licence, about."""

from importlib import metadata

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QTextBrowser, QToolButton, QVBoxLayout, QWidget

from calgui import __version__
from calgui.views.theme import SPACE, theme
from calgui.views.widgets.icons import icon
from calgui.views.widgets.rich import rich

_TITLES = {"licence": "Licence", "about": "About calgui"}
_WIDTH = 380
_LICENCE = (
    "calgui is free software under the BSD 3-Clause Licence: use, change and pass on, with the copyright notice "
    "kept, no endorsement implied, and no warranty."
)


class HelpPanel(QFrame):
    """One page of help.

    Signals
    -------
    closed()
        The user closed it.
    """

    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("help_panel")
        self.setAccessibleName("Help")
        self.setAutoFillBackground(True)
        self._below: QWidget | None = None
        self._page = ""
        self.title = rich(QLabel(self))
        self.close_button = QToolButton(self)
        self.close_button.setObjectName("help_close")
        self.close_button.setToolTip("Close this page")
        self.close_button.setAccessibleName("Hide the help")
        self.close_button.setAutoRaise(True)
        self.close_button.clicked.connect(self.closed)
        self.text = QTextBrowser(self)
        self.text.setObjectName("help_text")
        self.text.setAccessibleName("Help")
        self.text.setFrameShape(QFrame.Shape.NoFrame)
        self.text.setOpenExternalLinks(True)
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.close_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * SPACE, SPACE, 2 * SPACE, SPACE)
        layout.addLayout(head)
        layout.addWidget(self.text)
        theme().changed.connect(self._fill)

    def over(self, widget: QWidget) -> None:
        """Lie over the right side of a widget, which keeps its width.

        Parameters
        ----------
        widget : QWidget
            In the same window.
        """
        self._below = widget
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the size of the widget below."""
        if watched is self._below and event.type() in (QEvent.Type.Resize, QEvent.Type.Move):
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        if self._below is not None:
            corner = self._below.mapTo(self.window(), self._below.rect().topRight())
            self.setGeometry(corner.x() - _WIDTH + 1, corner.y(), _WIDTH, self._below.height())

    def toggle(self, page: str) -> None:
        """Show a page; hide it where it is shown already.

        Parameters
        ----------
        page : str
            ``about`` or ``licence``.
        """
        if self.isVisible() and page == self._page:
            self.hide()
            return
        self._page = page
        self._fill()
        self._place()
        self.show()
        self.raise_()

    def _fill(self) -> None:
        """Write the page in the colours of the look."""
        if not self._page:
            return
        self.close_button.setIcon(icon("close", "muted"))
        self.title.setText(f"<b>{_TITLES[self._page]}</b>")
        self.text.setHtml({"licence": _licence, "about": _about}[self._page]())


def _licence() -> str:
    return f"<p>{_LICENCE}</p><p>Its full text is in the file LICENSE that comes with the program.</p>"


def _about() -> str:
    used = []
    for name in ("crds", "PySide6-Essentials", "pyqtgraph", "numpy", "astropy", "numba"):
        try:
            used.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            continue
    return (
        f"<p>calgui {__version__}</p>"
        "<p>Which CRDS reference do the rules select for an observation of TMT/IRIS, why not another, "
        "and is this calibration frame good?</p>"
        f"<p style='color:{theme().colour('muted').name()}'>{'<br>'.join(used)}</p>"
    )
