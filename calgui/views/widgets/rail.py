"""The rail at the left: one button for each place."""

from collections.abc import Iterable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from calgui.views.theme import SPACE, theme
from calgui.views.widgets.icons import icon


class Rail(QFrame):
    """Buttons with icon and word, one of them chosen.

    Signals
    -------
    chosen(str)
        Name of a place that the user went to.

    Parameters
    ----------
    places : iterable of (str, str, str)
        Name, word and tooltip of each.
    parent : QWidget, optional
    """

    chosen = Signal(str)

    def __init__(self, places: Iterable[tuple[str, str, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("rail")
        self.setAccessibleName("Places")
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self._buttons: dict[str, QToolButton] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE // 2, SPACE, SPACE // 2, SPACE)
        layout.setSpacing(SPACE // 2)
        for name, word, tip in places:
            button = self._make(name, word, tip)
            self._buttons[name] = button
            self._group.addButton(button)
            layout.addWidget(button)
        layout.addStretch()
        theme().changed.connect(self._retheme)
        self._group.buttonToggled.connect(lambda *_: self._retheme())
        self._retheme()

    def _make(self, name: str, word: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(f"place_{name}")
        button.setAccessibleName(word)
        button.setText(word)
        button.setToolTip(tip)
        button.setCheckable(True)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        button.setIconSize(QSize(24, 24))
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        button.setMinimumSize(72, 60)
        button.clicked.connect(lambda _checked=False: self.chosen.emit(name))
        return button

    def show_chosen(self, name: str) -> None:
        """Show that a place is the current one.

        Parameters
        ----------
        name : str
            Of the table of places.
        """
        self._buttons[name].setChecked(True)

    @property
    def chosen_button(self) -> QToolButton:
        """The button of the current place."""
        return next((one for one in self._buttons.values() if one.isChecked()), next(iter(self._buttons.values())))

    def _retheme(self) -> None:
        for name, button in self._buttons.items():
            button.setIcon(icon(name, "accent" if button.isChecked() else "muted"))
