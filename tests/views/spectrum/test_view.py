"""Spectra in the window: whole tasks on real arcs and on spectra whose truth is known."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from calgui.core.spectra.spectrum import Spectrum
from calgui.core.spectra.wavelength import to_air
from calgui.views.session import Session
from calgui.views.spectrum.view import SpectrumView
from calgui.views.widgets.table_copying import chosen
from calgui.views.window import MainWindow

WAVE = np.linspace(2000.0, 2100.0, 501)
FLUX = 50 + 300 * np.exp(-0.5 * ((WAVE - 2040.3) / 0.6) ** 2)


@pytest.fixture
def view(qtbot: QtBot, session: Session) -> SpectrumView:
    made = SpectrumView(session)
    qtbot.addWidget(made)
    made.resize(800, 500)
    made.show()
    made.show_spectra([Spectrum(FLUX, np.full(501, 2.0), WAVE, "electron", "one")])
    return made


def test_axes_and_readout(view: SpectrumView) -> None:
    assert view.bar.axis.currentText() == "nm vacuum"
    view._read_out(2040.3)
    assert "2040.3000 nm vacuum" in view.readout.text()
    assert f"{to_air(2040.3):.4f} nm air" in view.readout.text()
    view.bar.axis.setCurrentText("Å air")
    assert view.pixel_at(float(to_air(2050.0)) * 10) == pytest.approx(250, abs=1e-3)
    view.bar.axis.setCurrentText("pixel")
    assert view.pixel_at(250) == 250
    assert view.pixel_at(-3) is None
    view._read_out(None)
    assert not view.readout.text().strip()


def test_a_spectrum_without_wavelengths_has_pixels_only(view: SpectrumView) -> None:
    view.show_spectra([Spectrum(np.arange(20.0))])
    assert view.bar.axis.currentText() == "pixel"
    assert not view.bar.axis.model().item(1).isEnabled()


@pytest.mark.parametrize("value", [1e308, -1.7e308, np.inf, np.nan])
@pytest.mark.parametrize("where", ["flux", "wavelength", "all"])
def test_numbers_that_have_no_place_on_a_plot(view: SpectrumView, qtbot: QtBot, value: float, where: str) -> None:
    flux, wave = FLUX.copy(), WAVE.copy()
    for name, values in (("flux", flux), ("wavelength", wave)):
        if where in (name, "all"):
            values[100 : 200 if where != "all" else None] = value
    if where == "all":
        flux[:], wave[:] = value, WAVE
    with qtbot.captureExceptions() as raised:
        view.show_spectra([Spectrum(flux, np.abs(flux), wave, "electron", "odd")])
        view.bar.axis.setCurrentText("pixel")
        for on in (True, False):
            view.bar.log.setChecked(on)
            view.plot.autoRange()
            view.grab()
    assert raised == []
    assert np.isfinite(view.plot.getPlotItem().viewRange()).all()


@pytest.mark.parametrize(("axis", "scale"), [("nm vacuum", 1.0), ("µm vacuum", 1e-3), ("pixel", 5.0)])
def test_a_dragged_range_is_fitted(view: SpectrumView, axis: str, scale: float) -> None:
    view.bar.axis.setCurrentText(axis)
    view.bar.fit.click()
    low, high = ((value - 2000) * 5 if axis == "pixel" else value * scale for value in (2036, 2045))
    view.plot.chosen.emit(low, high)
    peak = view.fits.fits.fits[0].peak
    truth = (2040.3 - 2000) * 5 if axis == "pixel" else 2040.3 * scale
    assert peak.centre == pytest.approx(truth, rel=1e-7)
    assert peak.fwhm == pytest.approx(0.6 * 2.3548 * scale, rel=1e-4)
    assert view.fits.isVisible()
    assert chosen(view.fits)[0][:3] == ["spectrum", "shape", "centre"]
    view.fits.selectAll()
    view.fits.remove()
    assert not view.fits.isVisible()


def test_where_nothing_can_be_fitted_it_is_told(view: SpectrumView) -> None:
    view.fit_between(2000.0, 2000.5)
    assert view.session.notices[-1].level == "warning"
    assert not view.fits.fits.fits


def test_lines_stand_where_they_are(view: SpectrumView) -> None:
    view.bar.species["Ar"].trigger()
    view.bar.species["OH"].trigger()
    view.plot.setXRange(2050, 2080, padding=0)
    marked = view.plot.marked()
    assert any(name == "Ar" and abs(x - 2062.186) < 0.05 for name, x in marked)
    assert all(2050 <= x <= 2080 for _, x in marked)
    view.bar.axis.setCurrentText("Å air")
    view.plot.setXRange(20500, 20800, padding=0)
    assert any(name == "Ar" and abs(x - float(to_air(2062.186)) * 10) < 0.5 for name, x in view.plot.marked())
    view.bar.species["Ar"].trigger()
    assert not any(name == "Ar" for name, _ in view.plot.marked())


def test_several_with_offset_and_smoothing(view: SpectrumView, qtbot: QtBot) -> None:
    view.add_spectrum(Spectrum(FLUX * 2, None, WAVE, "electron", "two"))
    assert view.legend.isVisible()
    view.bar.offset.setValue(1000)
    curves = [curve.getOriginalDataset()[1] for curve in view.plot._curves]
    assert curves[1].min() > 1000
    view.bar.smoothing.setCurrentText("boxcar")
    view.bar.span.setValue(9)
    assert view.plot._curves[0].getOriginalDataset()[1].max() < FLUX.max() - 20
    view.legend.item(0).setCheckState(Qt.CheckState.Unchecked)
    assert len(view.plot._curves) == 1
    view.legend.setCurrentRow(1)
    qtbot.keyClick(view.legend, Qt.Key.Key_Delete)
    assert [trace.spectrum.name for trace in view.traces] == ["one"]
    view.bar.log.trigger()
    view.grab()


def test_saving(view: SpectrumView, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one.ecsv", "one.fits"):
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a, name=name, **_k: (str(tmp_path / name), ""))
        view.bar.save.trigger()
        kind = "ascii.ecsv" if name.endswith("ecsv") else "fits"
        np.testing.assert_array_equal(Table.read(tmp_path / name, format=kind)["flux"], FLUX)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a, **_k: (str(tmp_path / "no" / "x.ecsv"), ""))
    view.bar.save.trigger()
    assert view.session.notices[-1].level == "error"


def test_a_file_with_a_spectrum_opens_in_its_own_tab(
    window: MainWindow, real_data: Path, settled: Callable, tmp_path: Path
) -> None:
    image = tmp_path / "image.fits"
    fits.PrimaryHDU(np.ones((8, 8), np.float32)).writeto(image)
    window.open_paths([real_data / "arcs" / "keck_mosfire_arcs_H.fits", image])
    settled(window)
    viewer = window.observe.viewer
    window.session.select([real_data / "arcs" / "keck_mosfire_arcs_H.fits"])
    settled(window)
    assert viewer.stack.currentWidget() is viewer.spectrum
    assert len(viewer.spectrum.traces) == 1
    window.session.select([image])
    settled(window)
    assert viewer.stack.currentWidget() is viewer.picture
    assert not viewer.spectrum.traces


def test_a_file_that_cannot_be_read(view: SpectrumView, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "broken.fits").write_bytes(b"SIMPLE  =                    T")
    view.show_file(tmp_path / "broken.fits")
    qtbot.waitUntil(lambda: "broken.fits" in view.message.text())
    assert view.session.notices[-1].level == "error"
