"""Spectra as values: residuals in three units, template, orders, maps, and rows of the wall as pixels."""

from dataclasses import replace

import numpy as np
import pytest

from calgui.core.algorithms.spectrummarks import Spectra
from calgui.views.spectrum.trace import Axis
from calgui.views.workbench.spectra.axes import Scale, typed, written
from calgui.views.workbench.spectra.edits import deed, excluded, identified, taken_back
from calgui.views.workbench.spectra.shown import ORDERS, Shown
from calgui.views.workbench.spectra.walldrawing import Inks, Rows, Span, whole
from tests.views.workbench import fakearc
from tests.views.workbench.fakearc import COLUMNS, EMPTY, LISTED, PIXELS, field, found_in, spectra_of


@pytest.fixture(scope="module")
def spectra() -> Spectra:
    return spectra_of(found_in(field(3)))


@pytest.fixture
def shown(spectra: Spectra) -> Shown:
    return Shown(spectra)


def test_residuals_agree_in_all_units(shown: Shown) -> None:
    main = shown.spectra.main
    which = shown.index(main)
    which = which[np.isfinite(shown.spectra.lines.residual[which])]
    pixel, error = shown.residuals(which, "pixel")
    nm, nm_error = shown.residuals(which, "nm")
    speed, _ = shown.residuals(which, "km/s")
    waves = shown.spectra.wavelengths(main)
    slope = np.interp(shown.spectra.lines.pixel[which], np.arange(PIXELS), np.gradient(waves))
    np.testing.assert_allclose(nm, pixel * slope, rtol=1e-3)
    np.testing.assert_allclose(nm_error, error * slope, rtol=1e-3)
    np.testing.assert_allclose(speed, nm / shown.spectra.lines.wavelength[which] * 299792.458, rtol=1e-12)


def test_errors_are_positive_where_wavelengths_fall(spectra: Spectra) -> None:
    turned = Shown(replace(spectra, coefficients=spectra.coefficients * np.array([1, -1, 1])))
    which = turned.index(spectra.main)
    which = which[np.isfinite(spectra.lines.residual[which])]
    assert (turned.residuals(which, "nm")[1] > 0).all()
    assert (turned.dispersion(spectra.main, np.arange(5.0)) < 0).all()
    assert turned.pixel_of(spectra.main, float(turned.wavelength_at(spectra.main, 100.0))) == pytest.approx(
        100, abs=1e-3
    )


def test_the_template_is_as_strong_as_the_lines_are(shown: Shown) -> None:
    main = shown.spectra.main
    made = shown.template(main)
    assert made is not None
    flux = shown.spectra.flux[main]
    # the unlisted line alone is not in it, and the line that is not in the lamp is
    at = int(shown.pixel_of(main, fakearc.UNLISTED))
    seen = np.ones(PIXELS, bool)
    seen[at - 8 : at + 9] = False
    lost = int(shown.pixel_of(main, LISTED[fakearc.UNSEEN]))
    seen[lost - 8 : lost + 9] = False
    assert np.abs(made - flux)[seen].max() < 0.05 * flux.max()
    assert made[lost] > 1000
    assert made[at] < 100
    assert shown.template(EMPTY[0] * COLUMNS + EMPTY[1]) is None


def test_orders_and_places(shown: Shown) -> None:
    worst = shown.ordered("worst first")
    rms = shown.spectra.rms[worst[1:-1]]
    assert (np.diff(rms) <= 0).all()
    assert shown.ordered("worst first", frozenset(("solved",))).size == 2
    for order in ORDERS:
        assert sorted(shown.ordered(order).tolist()) == list(range(48))
    assert shown.find("2, 3") == 2 * COLUMNS + 3
    assert shown.find("7") == 6
    assert shown.find("nonsense") is shown.find("99, 1") is shown.find("0") is None
    assert list(shown.maps)[:2] == ["RMS (pixel)", "resolution"]
    grid = shown.maps["coefficient 0 (nm)"]
    assert np.isnan(grid[EMPTY])
    assert grid[0, 0] == shown.spectra.coefficients[0, 0]


def test_axes_keep_places(shown: Shown) -> None:
    for axis in (Axis(), Axis("um"), Axis("Angstrom", "air")):
        scale = Scale(shown, 5, axis)
        for pixel in (0.0, 17.3, 399.0):
            assert scale.to_pixel(float(scale.of_pixel(pixel))) == pytest.approx(pixel, abs=2e-3)
    assert typed(written(1211.564, Axis("Angstrom", "air")), Axis("Angstrom", "air")) == pytest.approx(
        1211.564, abs=1e-3
    )
    assert typed("abc", Axis()) is typed("-4", Axis()) is typed("", Axis()) is None
    # one without a solution has pixels only
    assert Scale(shown, EMPTY[0] * COLUMNS + EMPTY[1], Axis("nm")).axis.unit == "pixel"


def test_texts_of_options_follow_clicks(shown: Shown) -> None:
    out = excluded(shown, 1, {}, True)
    assert out == {"exclude": "1211.564"}
    both = excluded(shown, 0, out, True)
    assert both == {"exclude": "1205.1; 1211.564"}
    assert excluded(shown, 0, both, True) == {}
    assert excluded(shown, 1, both, False) == {"exclude": "1205.1"}
    # a text that cannot be read is replaced
    assert excluded(shown, 1, {"exclude": "what?"}, True) == out
    # what is identified as a listed line is taken in again; one wavelength is at one place
    assert identified(shown, 72.5, 1211.564, both) == {"identify": "72.50=1211.564", "exclude": "1205.1"}
    moved = identified(shown, 90.0, 1211.564, {"identify": "72.50=1211.564"})
    assert moved == {"identify": "90.00=1211.564"}
    assert taken_back(shown, 89.0, moved) == {"identify": ""}
    assert taken_back(shown, 50.0, moved) == {}
    assert deed(shown, "exclude", "1205.1", "1205.1; 1211.564") == "exclude the line Kr 1211.564 nm"
    assert deed(shown, "identify", "", "72.5=1239") == "identify the line at pixel 72.5 as 1239.000 nm"
    assert deed(shown, "identify", "72.5=1239", "") == "take back what the line at pixel 72.5 is"


# -- the wall ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def inks() -> Inks:
    return Inks(np.arange(256, dtype=np.uint32), 1000, 1001, 1002, np.arange(2000, 2005, dtype=np.uint32))


@pytest.mark.parametrize("columns", [20, 57, 100, 133, 399, 400, 1000])
def test_no_line_is_lost_however_many_pixels_fall_on_a_column(shown: Shown, columns: int) -> None:
    which = np.array([3, 40, 11])
    flux = shown.spectra.flux[which]
    least, most = Rows(shown).columns(which, Span(-0.5, PIXELS - 0.5, False), columns)
    assert most.shape == (3, columns)
    assert (least <= most).all()
    np.testing.assert_array_equal(most.max(axis=1), flux.max(axis=1))
    centres = (np.arange(columns) + 0.5) * PIXELS / columns - 0.5
    for row, one in enumerate(flux):
        for peak in np.flatnonzero((one[1:-1] > 1000) & (one[1:-1] > one[2:]) & (one[1:-1] >= one[:-2])) + 1:
            near = np.abs(centres - peak) <= max(PIXELS / columns, 1)
            assert most[row, near].max() >= one[peak]


def test_rows_lie_so_that_wavelengths_are_below_one_another(shown: Shown) -> None:
    which = shown.ordered("by number")
    which = which[(shown.spectra.state[which] == 0)]
    span = whole(shown, True)
    assert span.wavelength
    _, most = Rows(shown).columns(which, span, 400)
    inside = (LISTED[1] - span.low) / (span.high - span.low) * 400
    peaks = np.nanargmax(most[:, int(inside) - 12 : int(inside) + 13], axis=1)
    assert np.ptp(peaks) <= 2
    # by pixels they do not
    _, most = Rows(shown).columns(which, whole(shown, False), 400)
    at = int(shown.pixel_of(shown.spectra.main, LISTED[1]))
    assert np.ptp(np.argmax(most[:, at - 12 : at + 13], axis=1)) > 2


def test_falling_wavelengths_turn_the_row(spectra: Spectra) -> None:
    turned = Shown(replace(spectra, coefficients=spectra.coefficients * np.array([1, -1, 1])))
    span = whole(turned, True)
    _, most = Rows(turned).columns(np.array([spectra.main]), span, 400)
    _, straight = Rows(Shown(spectra)).columns(np.array([spectra.main]), whole(Shown(spectra), True), 400)
    assert abs(int(np.nanargmax(most)) - (399 - int(np.nanargmax(straight)))) < 8


def test_each_row_has_its_own_tones_or_all_have_the_same(shown: Shown, inks: Inks) -> None:
    flux = shown.spectra.flux.copy()
    flux[7] = 50 + (flux[7] - 50) * 0.05
    flux[8, :] = np.nan
    dim = Shown(replace(shown.spectra, flux=flux))
    rows, which = Rows(dim), np.array([6, 7, 8])
    own = rows.draw(which, whole(dim, False), 400, 5, False, inks)
    alike = rows.draw(which, whole(dim, False), 400, 5, True, inks)
    assert own.shape == (15, 400)
    assert own[5:10].max() == 255
    assert alike[5:10].max() < 100
    assert (own[10:] == inks.between).all()


def test_a_hot_pixel_makes_its_row_no_darker(shown: Shown, inks: Inks) -> None:
    flux = shown.spectra.flux.copy()
    usual = Rows(shown).draw(np.array([6]), whole(shown, False), 400, 5, False, inks)
    flux[6, 30] = 1e7
    hot = Rows(Shown(replace(shown.spectra, flux=flux))).draw(np.array([6]), whole(shown, False), 400, 5, False, inks)
    assert np.abs(np.delete(hot.astype(int) - usual.astype(int), 30, axis=1)).max() <= 25


@pytest.mark.parametrize("wavelength", [False, True])
def test_ticks_stand_over_their_lines(shown: Shown, inks: Inks, wavelength: bool) -> None:
    span = whole(shown, wavelength)
    height = 20
    which = np.array([shown.spectra.main, EMPTY[0] * COLUMNS + EMPTY[1]])
    made = Rows(shown).draw(which, span, 800, height, False, inks)
    ticks = np.flatnonzero(made[0] >= 2000)
    lines = shown.spectra.lines
    index = shown.index(shown.spectra.main)
    seen = index[lines.state[index] != 4]
    at = shown.wavelength_at(shown.spectra.main, lines.pixel[seen]) if wavelength else lines.pixel[seen]
    columns = (at - span.low) / (span.high - span.low) * 800
    assert len(ticks) == 2 * len(seen)
    np.testing.assert_allclose(ticks[::2], np.floor(np.sort(columns)), atol=1)
    assert set(made[0][ticks].tolist()) == {2000, 2003}
    assert not (made[height : height + 3] >= 2000).any(), "the empty one has no line"


def test_high_rows_are_curves_that_are_not_broken(shown: Shown, inks: Inks) -> None:
    made = Rows(shown).draw(np.array([shown.spectra.main]), whole(shown, False), 400, 60, False, inks)
    inked = made == inks.curve
    assert inked.any(axis=0).mean() > 0.97
    tall = inked.sum(axis=0)
    assert tall.max() > 20
    assert set(np.unique(made).tolist()) <= {inks.ground, inks.curve, inks.between, 2000, 2003}
