"""One spectrum as it is drawn where there is little room, or nothing to draw."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from calgui.core.algorithms.spectrummarks import Spectra
from calgui.views.spectrum.trace import Axis
from calgui.views.workbench.spectra.linetable import LineTable
from calgui.views.workbench.spectra.plot import LinePlot
from calgui.views.workbench.spectra.shown import Shown
from calgui.views.workbench.spectra.spectrumtab import SpectrumPart
from tests.views.workbench.fakearc import COLUMNS, EMPTY, field, found_in, spectra_of


@pytest.fixture(scope="module")
def spectra() -> Spectra:
    return spectra_of(found_in(field(3)))


def test_a_label_does_not_reach_down_over_its_line(qtbot: QtBot) -> None:
    spectra = spectra_of(found_in(field(3)), exclude="1211.564")
    plot = LinePlot(None)
    qtbot.addWidget(plot)
    plot.resize(900, 420)
    plot.show()
    plot.draw(Shown(spectra), spectra.main, Axis("nm"))
    plot.grab()
    # the strongest line stands right below its label: the sign tells that it is left out
    assert "Kr 1211.564" in plot.signs.labelled
    assert "Ar 1232.000 missing" in plot.signs.labelled
    excluded = next(one.line for one in plot.signs.all if one.text == "Kr 1211.564 excluded")
    plot.choose(excluded)
    plot.grab()
    # that of the chosen line tells all
    assert "Kr 1211.564 excluded" in plot.signs.labelled


def test_without_a_solution_the_residuals_say_so_and_have_no_figures(qtbot: QtBot, spectra: Spectra) -> None:
    part = SpectrumPart(None)
    qtbot.addWidget(part)
    part.resize(900, 600)
    part.show()
    shown = Shown(spectra)
    axis, box = part.residuals.getPlotItem().getAxis("left"), part.residuals.getPlotItem().getViewBox()
    part.draw(shown, spectra.main)
    assert not part.residuals.nothing.isVisible()
    assert axis.style["showValues"]
    reach = box.viewRange()[1]
    part.draw(shown, EMPTY[0] * COLUMNS + EMPTY[1])
    assert part.residuals.nothing.isVisible()
    assert part.residuals.nothing.text.startswith("No residuals")
    assert not axis.style["showValues"]
    assert box.viewRange()[1] == pytest.approx([-1, 1])
    part.draw(None, 0)
    assert not part.residuals.nothing.isVisible()
    part.draw(shown, spectra.main)
    assert not part.residuals.nothing.isVisible()
    assert axis.style["showValues"]
    assert box.viewRange()[1] == pytest.approx(reach)


def test_a_spectrum_of_nothing_says_that_no_pixel_has_a_value(qtbot: QtBot, spectra: Spectra) -> None:
    flux = spectra.flux.copy()
    flux[spectra.main] = np.nan
    part = SpectrumPart(None)
    qtbot.addWidget(part)
    part.show()
    part.draw(Shown(replace(spectra, flux=flux)), spectra.main)
    part.grab()
    assert "no pixel has a value" in part.said.text()
    part.draw(Shown(spectra), spectra.main)
    assert "no pixel" not in part.said.text()


def test_the_list_shows_lines_and_their_residuals_without_scrolling_sideways(qtbot: QtBot, spectra: Spectra) -> None:
    table = LineTable()
    qtbot.addWidget(table)
    # what is left beside the spectrum in a window of 1280 pixels
    table.resize(250, 500)
    table.show()
    table.show_lines(Shown(spectra), spectra.main, Axis("nm"), "pixel", None)
    view, model = table.view, table.view.model()
    heads = [str(model.headerData(at, Qt.Orientation.Horizontal)).split("\n")[0] for at in range(model.columnCount())]
    assert sorted(heads[:3]) == ["line", "residual", "wavelength"]
    assert sum(view.columnWidth(at) for at in range(3)) <= view.viewport().width()
    assert heads[-1] == "state"
    # the sign is named for who cannot tell signs apart
    said = {model.index(row, 0).data(Qt.ItemDataRole.ToolTipRole) for row in range(model.rowCount())}
    assert said == {model.index(row, 6).data() for row in range(model.rowCount())} >= {"used", "missing"}
