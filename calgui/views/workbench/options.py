"""A form made from the options of an algorithm: units, ranges, choices, help, and the way back to the default."""

from collections.abc import Callable, Mapping
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
from calgui.views.workbench.folding import FoldButton

_NOT_GIVEN = "not given"
#: what the help of an option says that stands in for a keyword
_FOR_KEYWORDS = ("missing", "keyword", "header", "not say")
#: width of the button back to the default, pixels
_RESET = 28


def _without(info: OptionInfo) -> str:
    """What is shown where an option is not given."""
    return "from the header" if any(word in info.help for word in _FOR_KEYWORDS) else _NOT_GIVEN


class OptionForm(QWidget):
    """One row for each option; a value that cannot be is marked where it stands, and not passed on.

    Signals
    -------
    changed()
        A value was changed to another one that can be.

    Parameters
    ----------
    options : tuple of OptionInfo
        In the order of the form; those of a group stand below its heading, folded away at first.
    parent : QWidget, optional
    """

    changed = Signal()

    def __init__(self, options: tuple[OptionInfo, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("bench_options")
        self._fields: dict[str, _Field] = {}
        self._folds: dict[str, FoldButton] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(SPACE)
        self._grid.setVerticalSpacing(SPACE // 2)
        self._grid.setColumnStretch(2, 1)
        # room for the way back to the default, which comes and goes
        self._grid.setColumnMinimumWidth(1, _RESET)
        groups = list(dict.fromkeys(info.group for info in options))
        for group in sorted(groups, key=bool):
            if group:
                self._add_fold(group)
            for info in (info for info in options if info.group == group):
                self._add(info)
        self._grid.setRowStretch(self._grid.rowCount(), 1)
        theme().changed.connect(self._retheme)
        self._retheme()

    def _add_fold(self, group: str) -> None:
        title = group.replace("-", " ")
        fold = FoldButton(f"bench_fold_{group.replace(' ', '_')}", title[:1].upper() + title[1:], self)
        fold.toggled.connect(lambda is_open, of=group: self._show_group(of, is_open))
        self._folds[group] = fold
        self._grid.addWidget(fold, self._grid.rowCount(), 0, 1, 4)

    def _add(self, info: OptionInfo) -> None:
        field = _Field(info, self)
        field.label.setBuddy(field.editor)
        row = self._grid.rowCount()
        self._grid.addWidget(field.label, row, 0)
        self._grid.addWidget(field.reset, row, 1)
        self._grid.addWidget(field.editor, row, 2, 1, 1 if info.unit else 2)
        if info.unit:
            self._grid.addWidget(field.unit, row, 3)
        self._grid.addWidget(field.problem, row + 1, 2, 1, 2)
        field.edited = lambda: self._edited(field)
        field.complained = lambda: self._unfold(info.group)
        field.show(not info.group)
        self._fields[info.name] = field

    def _show_group(self, group: str, is_open: bool) -> None:
        for field in self._fields.values():
            if field.info.group == group:
                field.show(is_open)

    def _unfold(self, group: str) -> None:
        if group:
            self._folds[group].setChecked(True)

    def _edited(self, field: "_Field") -> None:
        """A choice opens the options that belong to it; what is folded away says how much of it was changed."""
        if field.info.type == "choice" and field.value in self._folds:
            self._unfold(str(field.value))
        group = field.info.group
        if group:
            changed = sum(other.changed for other in self._fields.values() if other.info.group == group)
            self._folds[group].say(f"{changed} changed" if changed else "")
        self.changed.emit()

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

    def put_values(self, values: Mapping[str, Any]) -> None:
        """Put several values into the form; options that there are not are passed over.

        Parameters
        ----------
        values : mapping of str to object
            As `values` gave them, or as they were read from a file.
        """
        for name, value in values.items():
            field = self._fields.get(name)
            if field is not None and _plain(field.value) != _plain(value):
                field.put(value)

    def changed_values(self) -> dict[str, Any]:
        """The options that are not as they are by default, as values of JSON.

        Returns
        -------
        dict
        """
        return {name: _plain(field.value) for name, field in self._fields.items() if field.changed}

    def _retheme(self) -> None:
        for field in self._fields.values():
            field.retheme()


class _Field:
    """One option: its label, editor, unit and the button back to the default."""

    def __init__(self, info: OptionInfo, parent: QWidget) -> None:
        self.info = info
        self.value = info.default
        self.edited: Callable[[], None] = lambda: None
        self.complained: Callable[[], None] = lambda: None
        self._shown = True
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
        self.reset.setFixedWidth(_RESET)
        self.reset.setAccessibleName(f"{title}: back to the default")
        self.reset.setToolTip(f"Back to the default: {shown(info.default)} {info.unit}".rstrip())
        self.reset.clicked.connect(lambda: self.put(info.default))
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
                choices.addItem(_without(info), None)
            for choice in info.choices:
                choices.addItem(choice, choice)
            choices.setCurrentIndex(choices.findData(_plain(info.default)))
            choices.currentIndexChanged.connect(lambda index: self._take(choices.itemData(index)))
            return choices
        text = QLineEdit(parent)
        text.setText(shown(info.default) if info.default is not None else "")
        text.setPlaceholderText(_without(info) if info.optional else "")
        if info.type != "text":
            text.setFont(figures())
            text.setAlignment(Qt.AlignmentFlag.AlignRight)
        text.textEdited.connect(self._read)
        text.setCursorPosition(0)  # of a long text its beginning is seen
        return text

    @property
    def changed(self) -> bool:
        """Whether the value is not the default."""
        return bool(_plain(self.value) != _plain(self.info.default))

    def show(self, shown: bool) -> None:
        """Show the option, or fold it away."""
        self._shown = shown
        for widget in (self.label, self.editor):
            widget.setVisible(shown)
        self.unit.setVisible(shown and bool(self.info.unit))
        self.reset.setVisible(shown and self.changed)
        self.problem.setVisible(shown and bool(self.problem.text()))

    def put(self, value: Any) -> None:
        """Show a value and take it."""
        editor = self.editor
        if isinstance(editor, QCheckBox):
            editor.setChecked(bool(value))
        elif isinstance(editor, QComboBox):
            place = editor.findData(_plain(value))
            if place >= 0:
                editor.setCurrentIndex(place)
        elif isinstance(editor, QLineEdit):
            # all digits: a value that comes back is to be what it was
            text = f"{value:.15g}" if isinstance(value, float) else shown(value)
            editor.setText("" if value is None else text)
            editor.setCursorPosition(0)
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
        self.complained()

    def _take(self, value: Any) -> None:
        self.problem.setText("")
        self.problem.hide()
        other = value != self.value
        self.value = value
        self.reset.setVisible(self._shown and self.changed)
        if other:
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
