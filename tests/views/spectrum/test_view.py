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

from calgui.core.spectra.lines import line_list
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
def test_a_dragged_range_is_fitted(view: SpectrumView, axis: str, scale: float, qtbot: QtBot) -> None:
    view.bar.axis.setCurrentText(axis)
    view.bar.fit.click()
    assert view.bar.fit.text() == "Drag over a line"
    low, high = ((value - 2000) * 5 if axis == "pixel" else value * scale for value in (2036, 2045))
    view.plot.chosen.emit(low, high)
    qtbot.waitUntil(lambda: bool(view.fits.fits.fits))
    peak = view.fits.fits.fits[0].peak
    truth = (2040.3 - 2000) * 5 if axis == "pixel" else 2040.3 * scale
    assert peak.centre == pytest.approx(truth, rel=1e-7)
    assert peak.fwhm == pytest.approx(0.6 * 2.3548 * scale, rel=1e-4)
    assert view.fits.isVisible()
    assert chosen(view.fits)[0][:3] == ["spectrum", "shape", "centre"]
    view.fits.selectAll()
    view.fits.remove()
    assert not view.fits.isVisible()


def test_where_nothing_can_be_fitted_it_is_told(view: SpectrumView, qtbot: QtBot) -> None:
    view.fit_between(2000.0, 2000.5)
    qtbot.waitUntil(lambda: bool(view.session.notices))
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


def test_the_stronger_of_two_lines_has_the_label(view: SpectrumView) -> None:
    wave = np.linspace(1400.0, 1850.0, 900)
    view.show_spectra([Spectrum(np.arange(900.0), None, wave, "electron", "arc")])
    view.plot.grab()
    without = view.plot.viewRange()[1]
    for name in ("Ar", "Ne"):
        view.bar.species[name].trigger()
    view.plot.grab()
    assert view.plot.viewRange()[1][1] > without[1]  # labels leave the spectrum its room
    assert "Ar 1694.52" in view.plot.labelled()
    places = [float(text.split()[1]) for text in view.plot.labelled()]
    assert places == sorted(places)
    # those that are marked and not labelled lie beside a stronger or equally strong one
    assert len(places) < len(view.plot.marked())
    strength = dict(zip(*(getattr(line_list("Ar"), part) for part in ("wavelength", "intensity")), strict=True))
    left_out = [
        wave for name, wave in view.plot.marked() if name == "Ar" and np.abs(np.array(places) - wave).min() > 0.01
    ]
    strongest = max(strength[wave] for wave in left_out)
    assert strongest < 0.3 * max(strength[wave] for name, wave in view.plot.marked() if name == "Ar")


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


def test_offsets_of_very_small_values(view: SpectrumView) -> None:
    spectra = [Spectrum(FLUX * 1e-19, None, WAVE, "W m-2 um-1", name) for name in ("one", "two")]
    view.show_spectra(spectra)
    view.bar.offset.setValue(2.5)
    assert view.bar.offset.text() == "2.500 × 1e-17"
    drawn = [curve.getOriginalDataset()[1] for curve in view.plot._curves]
    np.testing.assert_allclose(drawn[1] - drawn[0], 2.5e-17, rtol=1e-9)
    view.show_spectra([Spectrum(FLUX, None, WAVE, "electron", "one")])
    assert view.bar.offset.text() == "2.500"


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


def test_the_wheel_and_keys_zoom_wavelengths_and_values_fit(view: SpectrumView, qtbot: QtBot) -> None:
    plot = view.plot
    plot.show_whole()
    whole = plot.viewRange()[0]
    plot.setFocus()
    for _ in range(12):
        qtbot.keyClick(plot, Qt.Key.Key_Plus)
    (left, right), _ = plot.viewRange()
    assert right - left == pytest.approx((whole[1] - whole[0]) * 0.8**12, rel=1e-6)
    qtbot.keyClick(plot, Qt.Key.Key_Right)
    assert plot.viewRange()[0][0] == pytest.approx(left + 0.1 * (right - left))
    # nobody zoomed the values: they fit what is seen, here and in the next spectrum
    plot.setXRange(float(WAVE[206]), float(WAVE[212]), padding=0)  # on the side of the peak
    seen = np.array([FLUX[206:213].min(), FLUX[206:213].max()])
    for factor in (1.0, 30.0):
        view.show_spectra([Spectrum(FLUX * factor, None, WAVE, "electron", "one")])
        plot.grab()
        low, high = plot.viewRange()[1]
        assert low < seen[0] * factor
        assert seen[1] * factor < high < seen[1] * factor + np.ptp(seen) * factor
    qtbot.keyClick(plot, Qt.Key.Key_Up)
    kept = plot.viewRange()[1]
    view.show_spectra([Spectrum(FLUX * 500, None, WAVE, "electron", "one")])
    plot.grab()
    assert plot.viewRange()[1] == kept
    view.bar.log.trigger()
    plot.grab()
    low, high = plot.viewRange()[1]
    assert low < np.log10(FLUX[206:213].min() * 500) < np.log10(FLUX[206:213].max() * 500) < high < 6


def test_what_follows_the_cursor_stays_hidden_and_chosen(view: SpectrumView, qtbot: QtBot) -> None:
    def show(factor: float) -> None:
        spectra = [Spectrum(FLUX * n * factor, None, WAVE, "electron", f"{n} at {factor}") for n in (1, 2, 3)]
        view.show_spectra(spectra, ("first", "pin", "cursor"))

    show(1.0)
    view.legend.item(0).setCheckState(Qt.CheckState.Unchecked)
    view.legend.setCurrentRow(2)
    show(2.0)
    assert [trace.visible for trace in view.traces] == [False, True, True]
    assert len(view.plot._curves) == 2
    assert view.leader is view.traces[2]
    view.show_spectra([view.traces[0].spectrum], ("first",))
    assert view.leader is None
    show(3.0)
    assert [trace.visible for trace in view.traces] == [False, True, True]
    view.legend.setCurrentRow(1)
    qtbot.keyClick(view.legend, Qt.Key.Key_Delete)  # would come again with the cursor: it is hidden
    show(4.0)
    assert [trace.visible for trace in view.traces] == [False, False, True]
    view.show_spectra([Spectrum(FLUX, None, WAVE, "electron", "another file")])
    assert [trace.visible for trace in view.traces] == [True]


def test_the_chosen_spectrum_is_fitted_and_its_model_stays(view: SpectrumView, qtbot: QtBot) -> None:
    first, other = view.traces[0].spectrum, Spectrum(FLUX * 3, None, WAVE, "electron", "three")
    view.show_spectra([first, other], ("first", "pin"))
    view.legend.setCurrentRow(1)
    view.bar.offset.setValue(10.0)
    peak = int(np.argmax(FLUX))
    view.fit_between(float(WAVE[peak - 12]), float(WAVE[peak + 12]))
    qtbot.waitUntil(lambda: bool(view.fits.fits.fits))
    (fit,) = view.fits.fits.fits
    assert fit.name == "three"
    drawn = view.plot._fit.getOriginalDataset()[1]
    np.testing.assert_allclose(drawn, fit.peak.model + 10.0)
    # the cursor goes elsewhere: the spectrum that was fitted is still there
    view.show_spectra([first, other, Spectrum(FLUX * 2, None, WAVE, "electron", "two")], ("first", "pin", "cursor"))
    np.testing.assert_allclose(view.plot._fit.getOriginalDataset()[1], fit.peak.model + 10.0)
    view.bar.axis.setCurrentText("pixel")
    assert view.plot._fit.getOriginalDataset()[1] is None or not len(view.plot._fit.getOriginalDataset()[1])
    view.bar.axis.setCurrentText(fit.axis.split("(")[1].rstrip(")") + " vacuum")
    np.testing.assert_allclose(view.plot._fit.getOriginalDataset()[1], fit.peak.model + 10.0)
    view.show_spectra([other])
    assert view.plot._fit.getOriginalDataset()[1] is None or not len(view.plot._fit.getOriginalDataset()[1])
