"""How a page of the bench is laid out: its form on the left, the result on the right."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QSplitter, QVBoxLayout, QWidget

from calgui.views.help.button import HelpButton
from calgui.views.help.guide import page_of_algorithm
from calgui.views.theme import SPACE
from calgui.views.workbench.actions import add_key
from calgui.views.workbench.folding import heading

if TYPE_CHECKING:
    from calgui.views.workbench.page import AlgorithmPage

#: width of the form: at least, and where there is room
_FORM_LEAST, _FORM = 340, 360


def lay_out(page: "AlgorithmPage") -> None:
    """Put the parts of a page into their places, and give the keys of its buttons.

    Parameters
    ----------
    page : AlgorithmPage
        With all its parts.
    """
    scroll = QScrollArea()
    scroll.setObjectName("bench_form")
    scroll.setAccessibleName("Inputs and options")
    scroll.setWidgetResizable(True)
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    form = _form(page)
    scroll.setWidget(form)
    left = QWidget()
    # as wide as the form needs, or its right end would be cut off
    bar = scroll.verticalScrollBar().sizeHint().width()
    left.setMinimumWidth(max(_FORM_LEAST, form.minimumSizeHint().width() + bar + 2))
    column = QVBoxLayout(left)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addWidget(scroll, 1)
    column.addWidget(page.actions_bar)
    add_key(page.actions_bar.run, "Ctrl+Return", page)
    # not on the whole page: a plot of the result saves itself by the same key
    add_key(page.actions_bar.save, "Ctrl+S", left)
    splitter = QSplitter(Qt.Orientation.Horizontal)
    splitter.setHandleWidth(1)
    splitter.setChildrenCollapsible(False)
    splitter.addWidget(left)
    splitter.addWidget(page.output)
    splitter.setStretchFactor(0, 0)
    splitter.setStretchFactor(1, 1)
    splitter.setSizes([_FORM, 1000])
    layout = QVBoxLayout(page)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(splitter)


def _form(page: "AlgorithmPage") -> QWidget:
    form = QWidget()
    column = QVBoxLayout(form)
    column.setContentsMargins(2 * SPACE, SPACE, 2 * SPACE, SPACE)
    column.setSpacing(SPACE)
    title = heading(page.how.title, 1.35)
    title.setObjectName("bench_title")
    summary = QLabel(page.how.summary)
    summary.setObjectName("bench_summary")
    summary.setWordWrap(True)
    if page.how.source:
        summary.setToolTip(f"Method: {page.how.source}.")
    head = QHBoxLayout()
    head.addWidget(title, 1)
    help_button = HelpButton(page.session, page_of_algorithm(page.how.name), page.how.title)
    help_button.setObjectName(f"bench_help_{page.how.name}")
    head.addWidget(help_button)
    column.addLayout(head)
    column.addWidget(summary)
    column.addWidget(heading("Inputs"))
    column.addWidget(page.inputs)
    if page.how.references or page.how.optional_references:
        column.addWidget(heading("References"))
        column.addWidget(page.references)
    if page.how.previewable and page.how.measure is None:
        column.addWidget(heading("Preview"))
        column.addWidget(page.region)
    column.addWidget(heading("Options"))
    column.addWidget(page.options)
    column.addStretch(1)
    return form
