"""Colours, fonts and spacing of the window, light and dark, in one place.

Views take colours from here by role and never by number; `Theme.changed` tells that they are to be drawn anew.
"""

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from calgui.core.resources import resources
from calgui.views.widgets.rich import PLAIN

#: role -> (light, dark); state colours never stand alone, and are told apart by the colour-blind too (tests hold that)
_ROLES: dict[str, tuple[str, str]] = {
    "window": ("#f6f7f9", "#1d2024"),
    "surface": ("#ffffff", "#24282d"),
    "raised": ("#eceff3", "#2d3238"),
    "line": ("#d5dae1", "#3b424a"),
    "text": ("#1b1f24", "#e6e9ed"),
    "muted": ("#5b6570", "#9aa5b1"),
    "accent": ("#0b63ce", "#5aa2ff"),
    "on_accent": ("#ffffff", "#0b1420"),
    "selected": ("#dcebfd", "#1b3650"),
    "good": ("#037548", "#40d499"),
    "warning": ("#8a5a00", "#dea73a"),
    "error": ("#9a0c1d", "#ff8f81"),
    "good_fill": ("#dff3e6", "#17392a"),
    "warning_fill": ("#fdf0d5", "#46360f"),
    "error_fill": ("#fbe4e2", "#4c2320"),
    "neutral_fill": ("#eceff3", "#2d3238"),
    "picture": ("#e3e6ea", "#121417"),
    "region": ("#00bd7e", "#35e0a1"),
    "field": ("#aab3bd", "#59636e"),
    "contour": ("#c2410c", "#ffb454"),
    "violet": ("#7a3fb0", "#c79bff"),
    "cyan": ("#00798c", "#5fd0e0"),
}

SPACE = 8

#: what has boxes to tick
_TICKED = ("QCheckBox", "QTreeView", "QTableView", "QListView")


class Theme(QObject):
    """The look of the application; one object, made by `install`."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.dark = False
        self._styled = False

    def colour(self, role: str) -> QColor:
        """A colour by role.

        Parameters
        ----------
        role : str
            ``window``, ``text``, ``accent``, ``good``, ...

        Returns
        -------
        QColor
        """
        light, dark = _ROLES[role]
        return QColor(dark if self.dark else light)

    def apply(self, dark: bool | None = None) -> None:
        """Put the palette and style on the application.

        Parameters
        ----------
        dark : bool or None
            None follows the system.
        """
        app = QApplication.instance()
        if not isinstance(app, QApplication):
            return
        if dark is None:
            dark = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
        self.dark = dark
        if not self._styled:  # each call leaves a style behind
            app.setStyle("Fusion")
            self._styled = True
        sheet = self._sheet()
        if app.styleSheet() != sheet:  # Qt goes through all widgets, though nothing be new
            app.setPalette(self._palette())
            app.setStyleSheet(sheet)
        self.changed.emit()

    def _palette(self) -> QPalette:
        palette = QPalette()
        roles = QPalette.ColorRole
        for role, name in (
            (roles.Window, "window"),
            (roles.WindowText, "text"),
            (roles.Base, "surface"),
            (roles.AlternateBase, "window"),
            (roles.Text, "text"),
            (roles.Button, "raised"),
            (roles.ButtonText, "text"),
            (roles.ToolTipBase, "surface"),
            (roles.ToolTipText, "text"),
            (roles.PlaceholderText, "muted"),
            (roles.Highlight, "selected"),
            (roles.HighlightedText, "text"),
            (roles.Link, "accent"),
            (roles.Mid, "line"),
            (roles.Accent, "accent"),
        ):
            palette.setColor(role, self.colour(name))
        disabled = QPalette.ColorGroup.Disabled
        for role in (roles.WindowText, roles.Text, roles.ButtonText):
            palette.setColor(disabled, role, self.colour("muted"))
        return palette

    def _sheet(self) -> str:
        names = ("line", "raised", "accent", "surface", "text", "muted", "window", "selected")
        line, raised, accent, surface, text, muted, window, selected = (self.colour(name).name() for name in names)
        return f"""
            {PLAIN}
            QToolTip {{ color: {text}; background: {surface}; border: 1px solid {line}; padding: 4px; }}
            QHeaderView::section {{ background: {raised}; color: {muted}; border: 0;
                border-bottom: 1px solid {line}; padding: 4px 6px; }}
            QTableCornerButton::section {{ background: {raised}; border: 0; border-bottom: 1px solid {line}; }}
            QTableView, QTreeView, QListView, QPlainTextEdit {{ border: 1px solid {line}; }}
            QTableView {{ gridline-color: {line}; }}
            QSplitter::handle {{ background: {line}; }}
            QLineEdit, QComboBox {{ padding: 3px 5px; }}
            QLineEdit {{ border: 1px solid {self.colour("field").name()}; border-radius: 3px; background: {surface}; }}
            QLineEdit:disabled {{ border-color: {line}; background: {window}; }}
            QLineEdit:focus, QComboBox:focus {{ border: 1px solid {accent}; }}
            QAbstractSpinBox > QLineEdit, QComboBox > QLineEdit {{ padding: 2px; border: 0; background: transparent; }}
            QPushButton, #columns_button, #open_cache_button {{ background: {surface}; color: {text};
                border: 1px solid {line}; border-radius: 4px; padding: 4px 12px; }}
            QPushButton:hover, #columns_button:hover, #open_cache_button:hover {{ background: {raised}; }}
            QPushButton:pressed, QPushButton:checked {{ background: {selected}; }}
            QPushButton:focus {{ border: 1px solid {accent}; }}
            QPushButton:disabled {{ color: {muted}; background: {window}; }}
            #columns_button {{ padding-right: 20px; }}
            #columns_button::menu-indicator {{ subcontrol-position: right center; right: 6px; }}
            QToolBar QToolButton {{ border: 1px solid transparent; border-radius: 4px; padding: 3px 6px; }}
            QToolBar QToolButton:hover {{ background: {raised}; }}
            QToolBar QToolButton:checked, QToolBar QToolButton:pressed {{ background: {selected};
                border-color: {line}; }}
            QToolBar QToolButton:focus {{ border-color: {accent}; }}
            QToolBar QToolButton:disabled {{ color: {muted}; }}
            QToolBar QToolButton[popupMode="2"] {{ padding-right: 16px; }}
            QToolBar QToolButton::menu-indicator {{ subcontrol-position: right center; right: 4px; }}
            {self._boxes()}
            QToolBar #qt_toolbar_ext_button {{ padding: 0; border: 0; font-weight: bold; }}
            QTabWidget::pane {{ border: 0; }}
            QTabBar::tab {{ background: transparent; color: {muted}; border: 0; padding: 5px 12px;
                border-bottom: 2px solid transparent; }}
            QTabBar::tab:hover {{ color: {text}; }}
            QTabBar::tab:selected {{ color: {text}; border-bottom: 2px solid {accent}; }}
            QAbstractScrollArea::corner {{ background: transparent; border: 0; }}
            QMenuBar {{ background: {window}; }}
            QMenuBar::item {{ padding: 4px 10px; background: transparent; }}
            QMenuBar::item:selected {{ background: {selected}; border-radius: 4px; }}
            QScrollBar:vertical {{ background: transparent; width: 12px; margin: 0; }}
            QScrollBar:horizontal {{ background: transparent; height: 12px; margin: 0; }}
            QScrollBar::handle {{ background: {line}; border-radius: 4px; margin: 2px; }}
            QScrollBar::handle:vertical {{ min-height: 32px; }}
            QScrollBar::handle:horizontal {{ min-width: 32px; }}
            QScrollBar::handle:hover {{ background: {muted}; }}
            QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
            QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
            #header_bar {{ background: {surface}; border-bottom: 1px solid {line}; }}
            #header_name {{ font-weight: bold; padding-right: 24px; }}
            #header_label, #observations_summary, #inspector_subtitle {{ color: {muted}; }}
            #rail {{ background: {surface}; border-right: 1px solid {line}; }}
            #rail QToolButton {{ border: 0; border-radius: 6px; color: {muted}; padding: 6px 2px; }}
            #rail QToolButton:hover {{ background: {raised}; }}
            #rail QToolButton:checked {{ background: {selected}; color: {text}; font-weight: bold; }}
            #rail QToolButton:focus {{ border: 1px solid {accent}; }}
            #status_bar {{ background: {surface}; border-top: 1px solid {line}; }}
            #status_bar::item {{ border: 0; }}
            #notice_list, #help_panel, #notice_list QScrollArea, #help_text {{ background: {surface}; }}
            #notice_list {{ border-top: 1px solid {line}; }}
            #help_panel {{ border-left: 1px solid {line}; }}
            #notices_body, #notices_area {{ background: {surface}; }}
            #notices_button, #job_cancel {{ border: 0; border-radius: 4px; padding: 4px 8px; }}
            #notices_button:hover, #job_cancel:hover {{ background: {raised}; }}
            #notices_button:checked {{ background: {selected}; }}
            #notices_button:focus, #job_cancel:focus {{ border: 1px solid {accent}; }}
            #header_tree::item {{ padding: 2px 0; }}
        """

    def _boxes(self) -> str:
        """Boxes to tick: the outline that Fusion draws is the window's own colour, made darker."""
        names = ("line", "accent", "surface", "muted", "window", "raised")
        line, accent, surface, muted, window, raised = (self.colour(name).name() for name in names)
        icons, look = resources() / "icons", "dark" if self.dark else "light"
        check, partly = ((icons / f"{name}-{look}.svg").as_posix() for name in ("check", "partly"))

        def of(state: str) -> str:
            return ", ".join(f"{kind}::indicator{state}" for kind in _TICKED)

        return f"""
            {of("")} {{ width: 13px; height: 13px; border: 1px solid {muted}; border-radius: 3px;
                background: {surface}; }}
            {of(":hover")} {{ background: {raised}; }}
            {of(":checked")}, {of(":indeterminate")} {{ background: {accent}; border-color: {accent}; }}
            {of(":checked")} {{ image: url("{check}"); }}
            {of(":indeterminate")} {{ image: url("{partly}"); }}
            {of(":disabled")} {{ background: {window}; border-color: {line}; }}
            {of(":checked:disabled")}, {of(":indeterminate:disabled")} {{ background: {muted}; }}
            QCheckBox::indicator:focus {{ border: 1px solid {accent}; }}
            QCheckBox {{ spacing: 6px; }}
        """


_theme = Theme()


def theme() -> Theme:
    """The application's theme.

    Returns
    -------
    Theme
        Always the same object.
    """
    return _theme


def figures() -> QFont:
    """The font for columns of numbers: every figure of the same width.

    Returns
    -------
    QFont
    """
    return QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
