"""The matrix's header: each parameter's names, and its value, which can be changed in place."""

from collections.abc import Mapping

from PySide6.QtCore import QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen, QPolygonF, QWheelEvent
from PySide6.QtWidgets import QComboBox, QCompleter, QHeaderView, QWidget

from calgui.core.rules.values import Parameter, Trace
from calgui.views.rules.why.asking import UNDEFINED, WhatIf
from calgui.views.rules.why.matrix import FILE, FIRST
from calgui.views.theme import theme

_LINE, _EDITOR, _PAD = 17, 27, 6
_MISSING = "(missing)"


class ValueEditor(QComboBox):
    """The value of one parameter: typed, or one of those that rules list.

    Signals
    -------
    changed(str, object, str)
        Parkey, keyword or None, and the new value.
    left()
        The user gave up with Escape.
    """

    changed = Signal(str, object, str)
    left = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.parameter = Parameter("", None, "", None)
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        completer = self.completer()
        if completer is not None:
            completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
            completer.setFilterMode(Qt.MatchFlag.MatchContains)
            completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.activated.connect(lambda _index: self._commit())
        self.lineEdit().editingFinished.connect(self._commit)
        self.lineEdit().setPlaceholderText("missing")

    def show_value(self, parameter: Parameter, accepted: tuple[str, ...], supposed: WhatIf | None) -> None:
        """Show another value, unless the user is typing one.

        Parameters
        ----------
        parameter : Parameter
            With its value.
        accepted : tuple of str
            Values that rules list.
        supposed : WhatIf or None
            What is laid over the file's value.
        """
        typing = self.parameter.name == parameter.name and self.lineEdit().hasFocus() and self.lineEdit().isModified()
        text = self.currentText() if typing else parameter.raw or ""
        self.parameter = parameter
        label = parameter.keyword or parameter.name
        self.setObjectName(f"value_{label}")
        self.setAccessibleName(f"Value of {label}")
        self.blockSignals(True)
        choices = list(dict.fromkeys(accepted))
        for value in (parameter.raw, supposed.before if supposed is not None else None):
            if value and value not in choices:
                choices.insert(0, value)
        self.clear()
        self.addItems([*choices, _MISSING])
        self.setCurrentIndex(self.findText(text, Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchCaseSensitive))
        self.setEditText(text)
        self.lineEdit().setModified(typing)
        self.blockSignals(False)
        said = "nothing" if supposed is not None and supposed.before is None else supposed.before if supposed else ""
        seen = f"\nCRDS sees {parameter.value}" if parameter.raw != parameter.value else ""
        listed = f"\nRules list: {', '.join(accepted[:40])}" if accepted else ""
        self.setToolTip(f"{parameter.name}{seen}{listed}" + (f"\nThe file says {said}" if supposed else ""))
        self._dress("supposed" if supposed is not None else "missing" if parameter.value == UNDEFINED else "given")

    def _dress(self, state: str) -> None:
        """Take the look of a state from the header's style sheet; anew only where it changed, for it costs time."""
        if self.property("state") != state:
            self.setProperty("state", state)
            self.style().unpolish(self)
            self.style().polish(self)

    def _commit(self) -> None:
        text = self.currentText().strip()
        self.lineEdit().setModified(False)
        value = UNDEFINED if text in ("", _MISSING) else text
        now = self.parameter.raw if self.parameter.raw is not None else UNDEFINED
        if value != now:
            self.changed.emit(self.parameter.name, self.parameter.keyword, value)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape takes back what was typed; the arrows open the list instead of changing the value unseen."""
        if event.key() == Qt.Key.Key_Escape:
            self.setEditText(self.parameter.raw or "")
            self.lineEdit().setModified(False)
            self.left.emit()
        elif event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self.showPopup()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the arrow anew: a style sheet takes the style's own away."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme().colour("muted"), 1.6))
        x, y = self.width() - 11, self.height() / 2
        painter.drawPolyline(QPolygonF([QPointF(x - 3.5, y - 2), QPointF(x, y + 2), QPointF(x + 3.5, y - 2)]))
        painter.end()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """A wheel over the table scrolls; it never changes a value."""
        event.ignore()


class ParameterHeader(QHeaderView):
    """Names of each parameter, its value to edit, and below what CRDS makes of it.

    Signals
    -------
    edited(str, object, str)
        Parkey, keyword or None, and the new value.
    left()
        The user gave an edit up.
    """

    edited = Signal(str, object, str)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setObjectName("parameter_header")
        self.setAccessibleName("Parameters and their values")
        self.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        self.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.setMinimumSectionSize(60)
        self.parameters: tuple[Parameter, ...] = ()
        self.editors: list[ValueEditor] = []
        self._pool: list[ValueEditor] = []
        self._normalised = False
        self.sectionResized.connect(lambda *_: self._place())
        self.geometriesChanged.connect(self._place)
        self.restyle()

    def restyle(self) -> None:
        """Take the colours of the present theme."""
        look = theme()
        names = ("surface", "line", "warning", "warning_fill", "accent")
        surface, line, warning, fill, accent = (look.colour(name).name() for name in names)
        self.setStyleSheet(
            f"QComboBox {{ padding: 1px 4px; border: 1px solid {line}; background: {surface}; }}"
            "QComboBox::drop-down { border: 0; width: 16px; }"
            f'QComboBox[state="missing"] {{ background: {fill}; }}'
            f'QComboBox[state="supposed"] {{ background: {fill}; border: 1px solid {warning};'
            " font-weight: bold; }"
            f"QComboBox:focus {{ border: 2px solid {accent}; }}"
        )

    def show_trace(
        self, trace: Trace | None, accepted: Mapping[str, tuple[str, ...]], what_if: Mapping[str, WhatIf]
    ) -> None:
        """Show the parameters of another trace.

        Parameters
        ----------
        trace : Trace or None
            Whose parameters are the columns.
        accepted : mapping of str to tuple of str
            Values that rules list, by parkey.
        what_if : mapping of str to WhatIf
            What is laid over the file's values, by parkey.
        """
        parameters = trace.parameters if trace is not None else ()
        # editors are kept and used again: making them takes longer than all the rest
        while len(self._pool) < len(parameters):
            editor = ValueEditor(self.viewport())
            editor.changed.connect(self.edited)
            editor.left.connect(self.left)
            self._pool.append(editor)
        for editor in self._pool[len(parameters) :]:
            editor.setObjectName("")
            editor.hide()
        self.editors = self._pool[: len(parameters)]
        self.parameters = parameters
        self._normalised = any(_normalised(parameter) for parameter in parameters)
        for editor, parameter in zip(self.editors, parameters, strict=True):
            editor.show_value(parameter, accepted.get(parameter.name, ()), what_if.get(parameter.name))
        self.updateGeometry()
        self._place()
        self.viewport().update()

    def sizeHint(self) -> QSize:
        """One or two lines of names, the editor, and a line for normalised values where there are any."""
        height = self._names() + _EDITOR + 2 * _PAD + (_LINE if self._normalised else 0)
        return QSize(super().sizeHint().width(), height)

    def _names(self) -> int:
        return (
            2 * _LINE
            if any(parameter.keyword not in (None, parameter.name) for parameter in self.parameters)
            else _LINE
        )

    def room(self, column: int) -> int:
        """Width that the names and the editor of a column want.

        Parameters
        ----------
        column : int
            Of the table.

        Returns
        -------
        int
            Pixels.
        """
        if not FIRST <= column < FIRST + len(self.parameters):
            return 110
        parameter = self.parameters[column - FIRST]
        metrics = QFontMetrics(_bold(self.font()))
        names = max(metrics.horizontalAdvance(parameter.keyword or ""), metrics.horizontalAdvance(parameter.raw or ""))
        # the parkey is the less needed of the two names, and may lose its beginning
        parkey = min(124, QFontMetrics(_small(self.font())).horizontalAdvance(_short(parameter.name)) + 14)
        return min(200, max(88, names + 36, parkey))

    def setOffset(self, offset: int) -> None:
        """Follow the table's scrolling."""
        super().setOffset(offset)
        self._place()

    def _place(self) -> None:
        top = self._names() + _PAD
        for section, editor in enumerate(self.editors, start=FIRST):
            if section >= self.count():
                editor.hide()
                continue
            left, width = self.sectionViewportPosition(section), self.sectionSize(section)
            editor.setGeometry(left + 4, top, width - 8, _EDITOR)
            editor.show()

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        """Draw the names over the editor."""
        look = theme()
        painter.save()
        painter.fillRect(rect, look.colour("raised"))
        painter.setPen(look.colour("line"))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        painter.drawLine(rect.topRight(), rect.bottomRight())
        space = rect.adjusted(_PAD, _PAD // 2, -_PAD, 0)
        if FIRST <= section < FIRST + len(self.parameters):
            self._paint_parameter(painter, space, self.parameters[section - FIRST])
        else:
            title = self.model().headerData(section, Qt.Orientation.Horizontal) if self.model() else ""
            painter.setFont(_bold(self.font()))
            painter.setPen(look.colour("text"))
            painter.drawText(
                QRect(space.left(), space.top(), space.width(), _LINE), Qt.AlignmentFlag.AlignVCenter, title
            )
            painter.setFont(self.font())
            painter.setPen(look.colour("muted"))
            box = QRect(space.left(), rect.top() + self._names() + _PAD, space.width(), _EDITOR)
            if section == FILE:
                painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, "observation says")
        painter.restore()

    def _paint_parameter(self, painter: QPainter, space: QRect, parameter: Parameter) -> None:
        look = theme()
        left, top, width = space.left(), space.top(), space.width()
        lines = [(_bold(self.font()), "text", parameter.keyword or _short(parameter.name), top)]
        if parameter.keyword is not None and parameter.keyword != parameter.name:
            lines.append((_small(self.font()), "muted", _short(parameter.name), top + _LINE))
        if _normalised(parameter):
            lines.append(
                (_small(self.font()), "muted", f"seen as {parameter.value}", top + self._names() + _EDITOR + 5)
            )
        for font, role, text, y in lines:
            painter.setFont(font)
            painter.setPen(look.colour(role))
            elided = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideLeft, width)
            painter.drawText(QRect(left, y, width, _LINE), Qt.AlignmentFlag.AlignVCenter, elided)


def _normalised(parameter: Parameter) -> bool:
    return parameter.raw is not None and parameter.raw != parameter.value


def _short(name: str) -> str:
    return name.removeprefix("META.")


def _bold(font: QFont) -> QFont:
    result = QFont(font)
    result.setBold(True)
    return result


def _small(font: QFont) -> QFont:
    result = QFont(font)
    result.setPointSizeF(max(6.5, font.pointSizeF() * 0.82))
    return result
