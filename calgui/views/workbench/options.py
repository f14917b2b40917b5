"""A form made from the options of an algorithm: units, ranges, choices, help, and the way back to the default."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from calgui.core.algorithms.options import OptionInfo
from calgui.views.theme import SPACE, figures, theme

_NOT_GIVEN = "from the header"


class OptionForm(QWidget):
    """One row for each option; a value that cannot be is marked where it stands, and not passed on.

    Signals
    -------
    changed()
        A value was changed to another one that can be.

    Parameters
    ----------
    options : tuple of OptionInfo
        In the order of the form.
    parent : QWidget, optional
    """

    changed = Signal()

    def __init__(self, options: tuple[OptionInfo, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("bench_options")
        self._fields: dict[str, _Field] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(SPACE)
        grid.setVerticalSpacing(SPACE // 2)
        grid.setColumnStretch(1, 1)
        for row, info in enumerate(options):
            field = _Field(info, self)
            field.label.setBuddy(field.editor)
            grid.addWidget(field.label, 2 * row, 0)
            grid.addWidget(field.editor, 2 * row, 1, 1, 2 if info.type in {"choice", "text"} else 1)
            if info.unit:
                grid.addWidget(field.unit, 2 * row, 2)
            grid.addWidget(field.reset, 2 * row, 3)
            grid.addWidget(field.problem, 2 * row + 1, 1, 1, 3)
            field.edited = self.changed.emit
            self._fields[info.name] = field
        grid.setRowStretch(2 * len(options), 1)
        theme().changed.connect(self._retheme)
        self._retheme()

    def values(self) -> dict[str, Any]:
        """Option to value, all of them; a field that holds no possible value gives its last one.

        Returns
        -------
        dict
        """
        return {name: field.value for name, field in self._fields.items()}

    def set_value(self, name: str, value: Any) -> None:
        """Put a value into the form, as the user would.

        Parameters
        ----------
        name : str
            Of the option.
        value : object
            None for "not given".
        """
        self._fields[name].put(value)

    def _retheme(self) -> None:
        for field in self._fields.values():
            field.retheme()


class _Field:
    """One option: its label, editor, unit and the button back to the default."""

    def __init__(self, info: OptionInfo, parent: QWidget) -> None:
        self.info = info
        self.value = info.default
        self.edited: Callable[[], None] = lambda: None
        title = info.name.replace("_", " ")
        self.label = QLabel(title, parent)
        self.unit = QLabel(info.unit, parent)
        self.unit.setVisible(bool(info.unit))
        self.problem = QLabel("", parent)
        self.problem.setObjectName(f"bench_problem_{info.name}")
        self.problem.setWordWrap(True)
        self.problem.hide()
        self.editor = self._make(parent)
        self.editor.setObjectName(f"bench_option_{info.name}")
        self.editor.setAccessibleName(f"{title} {info.unit}".strip())
        self.editor.setAccessibleDescription(info.help)
        self.editor.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.reset = QToolButton(parent)
        self.reset.setObjectName(f"bench_reset_{info.name}")
        self.reset.setText("↺")
        self.reset.setAutoRaise(True)
        self.reset.setAccessibleName(f"{title}: back to the default")
        self.reset.setToolTip(f"Back to the default: {shown(info.default)} {info.unit}".rstrip())
        self.reset.clicked.connect(lambda: self.put(info.default))
        policy = self.reset.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.reset.setSizePolicy(policy)
        self.reset.hide()
        for widget in (self.label, self.editor, self.unit):
            widget.setToolTip(_tip(info))

    def _make(self, parent: QWidget) -> QWidget:
        info = self.info
        if info.type == "bool":
            box = QCheckBox(parent)
            box.setChecked(bool(info.default))
            box.toggled.connect(self._take)
            return box
        if info.type == "choice":
            choices = QComboBox(parent)
            if info.optional:
                choices.addItem(_NOT_GIVEN, None)
            for choice in info.choices:
                choices.addItem(choice, choice)
            choices.setCurrentIndex(choices.findData(_plain(info.default)))
            choices.currentIndexChanged.connect(lambda index: self._take(choices.itemData(index)))
            return choices
        text = QLineEdit(parent)
        text.setText(shown(info.default) if info.default is not None else "")
        text.setPlaceholderText(_NOT_GIVEN if info.optional else "")
        if info.type != "text":
            text.setFont(figures())
            text.setAlignment(Qt.AlignmentFlag.AlignRight)
        text.textEdited.connect(self._read)
        return text

    def put(self, value: Any) -> None:
        """Show a value and take it."""
        editor = self.editor
        if isinstance(editor, QCheckBox):
            editor.setChecked(bool(value))
        elif isinstance(editor, QComboBox):
            editor.setCurrentIndex(editor.findData(_plain(value)))
        elif isinstance(editor, QLineEdit):
            editor.setText("" if value is None else shown(value))
            self._read(editor.text())

    def _read(self, text: str) -> None:
        """A text that the user types: taken where it is a possible value, else marked."""
        info = self.info
        text = text.strip()
        if info.type == "text":
            self._take(text or (None if info.optional else ""))
            return
        if not text and info.optional:
            self._take(None)
            return
        try:
            number = float(text)
            if info.type == "int" and not number.is_integer():
                raise ValueError(text)
        except ValueError:
            self._complain(f"Give {'a whole number' if info.type == 'int' else 'a number'}.")
            return
        low, high = info.minimum, info.maximum
        if not ((low is None or number >= low) and (high is None or number <= high) and abs(number) < float("inf")):
            self._complain(f"Give {_range(info)}.")
            return
        self._take(int(number) if info.type == "int" else number)

    def _complain(self, text: str) -> None:
        self.problem.setText(f"✕ {text} Still used: {shown(self.value)}.")
        self.problem.show()

    def _take(self, value: Any) -> None:
        self.problem.hide()
        self.reset.setVisible(_plain(value) != _plain(self.info.default))
        if value != self.value:
            self.value = value
            self.edited()

    def retheme(self) -> None:
        """Take the theme's colours."""
        self.unit.setStyleSheet(f"color: {theme().colour('muted').name()};")
        self.problem.setStyleSheet(f"color: {theme().colour('error').name()};")


def _plain(value: Any) -> Any:
    return getattr(value, "value", value)


def shown(value: Any) -> str:
    """A value as the form shows it.

    Parameters
    ----------
    value : object
        Of an option.

    Returns
    -------
    str
    """
    if value is None:
        return _NOT_GIVEN
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(_plain(value))


def _range(info: OptionInfo) -> str:
    low = "" if info.minimum is None else f" from {info.minimum:g}"
    high = "" if info.maximum is None else f" up to {info.maximum:g}"
    kind = "a whole number" if info.type == "int" else "a number"
    return f"{kind}{low}{high} {info.unit}".rstrip()


def _tip(info: OptionInfo) -> str:
    lines = [info.help]
    if info.type in {"int", "float"} and (info.minimum is not None or info.maximum is not None):
        lines.append(f"Accepted: {_range(info)}.")
    lines.append(f"Default: {shown(info.default)}. Command line: -p {info.name}=…")
    return "\n".join(lines)
