"""What others wrote is shown letter by letter: no page, tool tip, plot, drawing or spreadsheet takes it for more."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QApplication,
    QGraphicsTextItem,
    QGraphicsView,
    QLabel,
    QMessageBox,
    QTextEdit,
    QToolTip,
    QWidget,
)

from calgui.core.errors import InputError
from calgui.core.printable import no_formula
from calgui.core.tables import Column, write_table
from calgui.views.app import make_window
from calgui.views.rules.pages import PAGES
from calgui.views.session import Session
from calgui.views.theme import theme
from calgui.views.widgets.plot_saving import drawn
from calgui.views.widgets.rich import rich
from calgui.views.widgets.table_copying import copy_cells
from calgui.views.window import MainWindow
from tests.security.corpus import PICTURE, cache, observation

#: what somebody wrote, wherever it stands
EVIL = PICTURE.replace("'", '"')
_TAG = re.compile(r"</?(b|span|br|p|a|td)\b[^>]*>|&nbsp;|&lt;")


@pytest.fixture(autouse=True)
def look(qapp: QApplication) -> None:
    """As the program has it."""
    theme().apply(False)


def files(root: Path) -> list[Path]:
    """An exposure of headers, an image, a ramp, a cube and a spectrum; units, names and files are all of one kind."""
    root.mkdir()
    made = [observation(root, EVIL)]
    unit = EVIL[:60]
    said = {"INSTRUME": "IRIS", "DETECTOR": "IRIS1", "REFTYPE": "DARK", "FILTER": unit, "OBJECT": unit, "BUNIT": unit}
    said |= {"DATE-OBS": "2021-01-01", "TIME-OBS": "00:00:00", "EXPTIME": 3.0, "READMODE": unit}
    wave = {"CRVAL": 1.0, "CDELT": 1.0, "CRPIX": 1.0, "CTYPE": "WAVE", "CUNIT": unit}
    shapes: dict[str, tuple[tuple[int, ...], dict[str, Any]]] = {
        "image": ((48, 48), {}),
        "cube": ((20, 12, 12), {f"{key}3": value for key, value in wave.items()}),
        "ramp": ((1, 6, 12, 12), {"EXPTYPE": "RAMP"}),
        "spectrum": ((200,), {f"{key}1": value for key, value in wave.items()}),
    }
    for name, (shape, more) in shapes.items():
        hdu = fits.PrimaryHDU(np.random.default_rng(1).normal(10, 1, shape).astype("f4"))
        hdu.header.update(said | more)
        path = root / f"{name}<img src=x><b>.fits"
        fits.HDUList([hdu, fits.ImageHDU(np.ones((4, 4), "f4"), name=EVIL[:40])]).writeto(path)
        made.append(path)
    return made


@pytest.fixture
def window(tmp_path: Path, qtbot: Any) -> Iterator[MainWindow]:
    """With a cache and observations of somebody who means harm."""
    made = make_window(Session())
    made.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
    made.show()
    qtbot.waitUntil(lambda: len(made.observe.panels) == 4)
    made.session.open_cache(cache(tmp_path / "cache", EVIL).root)
    made.open_paths(files(tmp_path / "raw"))
    settle(made, qtbot)
    yield made
    made.close()
    made.deleteLater()


def settle(window: MainWindow, qtbot: Any) -> None:
    """Until nothing is at work."""
    for _ in range(2):
        qtbot.wait(20)
        qtbot.waitUntil(lambda: not window.busy)


def taken_for_html(window: QWidget) -> dict[str, str]:
    """Names of the widgets that take somebody's words for HTML, and their texts."""
    found = {}
    for widget in (window, *window.findChildren(QWidget)):
        text = ""
        if isinstance(widget, QLabel):
            widget.ensurePolished()
            text = "" if widget.textFormat() == Qt.TextFormat.PlainText else widget.text()
        elif isinstance(widget, QTextEdit):
            text = widget.toHtml()
        elif isinstance(widget, QGraphicsView) and widget.scene() is not None:
            items = [item for item in widget.scene().items() if isinstance(item, QGraphicsTextItem)]
            text = " ".join(item.toHtml() for item in items)
        if "<img" in text:
            found[widget.objectName() or type(widget).__name__] = text[-300:]
    return found


def html_letter_by_letter(window: QWidget) -> dict[str, str]:
    """Names of the labels whose HTML, made here, is shown as its letters: they forgot to say `rich`."""
    found = {}
    for label in window.findChildren(QLabel):
        label.ensurePolished()
        text = re.sub(r"<img[^>]*>|</?b>x?", "", label.text()) if "<img" in label.text() else label.text()
        if label.textFormat() == Qt.TextFormat.PlainText and _TAG.search(text):
            found[label.objectName()] = text
    return found


def test_no_view_takes_somebodys_words_for_html(window: MainWindow, tmp_path: Path, qtbot: Any) -> None:
    session, table = window.session, window.observe.table
    session.report(InputError(EVIL, path=tmp_path / EVIL.replace("/", "_"), cure=EVIL), EVIL)
    leaks: dict[str, str] = {}
    letters: dict[str, str] = {}

    def look_about() -> None:
        settle(window, qtbot)
        leaks.update(taken_for_html(window))
        letters.update(html_letter_by_letter(window))

    rows = {path.name.partition("<")[0]: path for path in sorted((tmp_path / "raw").iterdir())}
    for name, tab in {"obs.fits": 0, "image": 0, "ramp": 2, "cube": 2, "spectrum": 1}.items():
        table.select_path(rows[name])
        settle(window, qtbot)
        window.observe.viewer.tabs.setCurrentIndex(tab)
        look_about()
    table.select_path(rows["image"])
    for page in PAGES:
        session.ask_page(page.name, (rows["obs.fits"],) if page.name == "ingest" else None)
        look_about()
    window.go("compare")
    place: Any = window.place("compare")
    place.compare((rows["image"], rows["obs.fits"]))
    look_about()
    window.go("bench")
    bench: Any = window.place("bench").show_algorithm("check-metadata")  # type: ignore[attr-defined]
    bench.inputs.set_paths([rows["obs.fits"], rows["image"]])
    look_about()
    assert leaks == {}
    assert letters == {}


@pytest.mark.parametrize("kind", ["plain", "rich", "box", "tip"])
def test_only_labels_that_say_so_understand_html(kind: str, qtbot: Any) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    if kind == "tip":
        QToolTip.showText(QPoint(5, 5), EVIL, parent)
        tips = [widget for widget in QApplication.topLevelWidgets() if widget.objectName() == "qtooltip_label"]
        labels = [tip for tip in tips if isinstance(tip, QLabel)]
    elif kind == "box":
        box = QMessageBox(parent)
        box.setText(EVIL)
        box.setInformativeText(EVIL)
        box.ensurePolished()
        labels = [label for label in box.findChildren(QLabel) if label.text()]
    else:
        labels = [rich(QLabel(EVIL, parent)) if kind == "rich" else QLabel(EVIL, parent)]
    assert labels
    for label in labels:
        label.ensurePolished()
        wanted = Qt.TextFormat.RichText if kind == "rich" else Qt.TextFormat.PlainText
        assert label.textFormat() == wanted
    theme().apply(True)  # a new look looks at all of them anew
    for label in labels:
        assert label.textFormat() == wanted
    QToolTip.hideText()


def test_a_drawing_holds_its_title_as_text(qtbot: Any) -> None:
    import xml.etree.ElementTree as Tree

    import pyqtgraph

    plot = pyqtgraph.PlotWidget()
    qtbot.addWidget(plot)
    raw = drawn(plot, "</title><script>alert(1)</script>")
    assert b"<script" not in raw
    titles = [element.text for element in Tree.fromstring(raw) if element.tag.endswith("title")]
    assert titles == ["</title><script>alert(1)</script>"]


FORMULAS = [
    "=1+1",
    '=HYPERLINK("http://example.org","x")',
    "=cmd|' /C calc'!A0",
    "@SUM(1)",
    "+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "-(1)",
    " =1+1",
    "\t=1+1",
    "\r=1+1",
]
WORDS = ["-1.5", "+3", "1e-5", "-1.5E+3", "-", "=", "+", "- missing", "+0.5 mag", "-3 .. 4", "a=b", "IRIS1", ""]


@pytest.mark.parametrize("text", FORMULAS)
def test_spreadsheets_are_given_no_formula(text: str, tmp_path: Path, qapp: QApplication) -> None:
    path = write_table([Column(text, [text, "x"], "")], tmp_path / "a.csv")
    for row in csv.reader(io.StringIO(path.read_bytes().decode(), newline="")):
        assert not row[0].lstrip().startswith(("=", "@", "+", "-"))
    copy_cells([["title"], [text]], titles=False)
    data = QGuiApplication.clipboard().mimeData()
    assert data.text().startswith("'")
    assert "<td>&#x27;" in data.html()


@pytest.mark.parametrize("text", WORDS)
def test_numbers_and_words_stay_what_they_are(text: str) -> None:
    assert no_formula(text) == text


def test_html_on_the_clipboard_is_of_this_programs_making(qapp: QApplication) -> None:
    copy_cells([[EVIL], [EVIL]], titles=True)
    assert "<img" not in QGuiApplication.clipboard().mimeData().html()
