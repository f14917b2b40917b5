"""A ramp at the bench: chosen, previewed on a part, fitted whole; other kinds refused where they stand."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QTableWidget
from pytestqt.qtbot import QtBot

from calgui.core.algorithms.registry import Result, Table
from calgui.core.frames.frame import Frame
from calgui.core.frames.writing import write_frame
from calgui.views.image.content import Origin
from calgui.views.session import Session
from calgui.views.workbench.page import AlgorithmPage
from calgui.views.workbench.place import BenchPlace
from calgui.views.workbench.results import readable

SIDE = 160


@pytest.fixture
def ramp(tmp_path: Path) -> Path:
    rng = np.random.default_rng(1)
    charge = np.cumsum(rng.poisson(60.0, (1, 6, SIDE, SIDE)), axis=1) + rng.normal(0, 9, (1, 6, SIDE, SIDE))
    header = {
        "INSTRUME": "IRIS", "DETECTOR": "IRIS1", "SUBARRAY": "CUSTOM", "SUBSTRT1": 101, "SUBSTRT2": 101, "TGROUP": 3.0,
        "GAIN": 2.0, "READNOIS": 9.0, "BUNIT": "adu", "EXPTIME": 18.0,
    }  # fmt: skip
    return write_frame(Frame((charge / 2 + 5000).astype(np.float32), header=header), tmp_path / "ramp.fits")


@pytest.fixture
def page(qtbot: QtBot, session: Session) -> AlgorithmPage:
    place = BenchPlace(session)
    qtbot.addWidget(place)
    place.resize(1500, 900)
    place.show()
    qtbot.waitExposed(place)
    titles = [place.list.topLevelItem(number).text(0) for number in range(place.list.topLevelItemCount())]
    assert "Detector and ramps" in titles
    return place.show_algorithm("fit-ramp")


def test_a_ramp_is_previewed_on_a_part_and_fitted_whole(qtbot: QtBot, page: AlgorithmPage, ramp: Path) -> None:
    page.region.side.setCurrentIndex(0)
    page.inputs.set_paths([ramp])
    qtbot.waitUntil(lambda: page.output._preview is not None, timeout=60000)
    result, cut, _title = page.output._preview
    assert cut.text == "cut-out 128 × 128 from x 16, y 16"
    assert result.frame.shape == (128, 128)
    assert float(np.median(result.frame.data)) == pytest.approx(20, rel=0.02)
    assert page.inputs.problem.text().startswith("✓ 1 file")
    qtbot.waitUntil(page.actions_bar.run.isEnabled, timeout=30000)
    qtbot.mouseClick(page.actions_bar.run, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.report is not None, timeout=60000)
    whole = page.report.result.frame  # type: ignore[union-attr]
    assert whole is not None
    np.testing.assert_allclose(whole.data[cut.box.slices], result.frame.data, rtol=2e-5)


def test_an_image_is_refused_where_it_stands(qtbot: QtBot, page: AlgorithmPage, tmp_path: Path) -> None:
    path = tmp_path / "image.fits"
    fits.PrimaryHDU(np.zeros((8, 8), np.float32)).writeto(path)
    page.inputs.set_paths([path])
    qtbot.waitUntil(lambda: page.inputs.problem.text().startswith("✕"), timeout=20000)
    assert "takes ramps" in page.inputs.problem.text()
    assert not page.actions_bar.run.isEnabled()


def test_what_is_missing_is_named_and_options_give_it(qtbot: QtBot, page: AlgorithmPage, ramp: Path) -> None:
    with fits.open(ramp, mode="update") as hdus:
        for hdu in hdus:
            hdu.header.remove("TGROUP", ignore_missing=True)
    page.inputs.set_paths([ramp])
    qtbot.waitUntil(lambda: "TGROUP" in page.inputs.problem.text(), timeout=20000)
    page.options.put_values({"group_time": 3.0})
    qtbot.waitUntil(lambda: page.output._preview is not None, timeout=60000)
    assert page.inputs.problem.text().startswith("✓ 1 file")


@pytest.mark.parametrize(("name", "side"), [("fit-ramp", 128), ("photon-transfer", 128), ("master-dark", 256)])
def test_previews_of_ramps_begin_on_a_smaller_part(page: AlgorithmPage, name: str, side: int) -> None:
    place = page.window()
    assert isinstance(place, BenchPlace)
    assert place.show_algorithm(name).region.pixels == side


def test_what_is_not_given_is_not_said_to_be_in_the_header(page: AlgorithmPage) -> None:
    place = page.window()
    assert isinstance(place, BenchPlace)
    form = place.show_algorithm("photon-transfer").options
    shown = {field.objectName(): field.placeholderText() for field in form.findChildren(QLineEdit)}
    assert {text for name, text in shown.items() if name.endswith(("order", "saturation"))} == {"not given"}
    gain = [
        field.placeholderText() for field in page.options.findChildren(QLineEdit) if field.objectName().endswith("gain")
    ]
    assert gain == ["from the header"]


@pytest.mark.parametrize(
    ("name", "unit", "text"),
    [
        ("gain_error_e_per_adu", "e-/adu", "gain error"),
        ("saturation_adu", "adu", "saturation"),
        ("n_pixels", "pixel", "pixels"),
        ("n_hot", "pixel", "hot pixels"),
        ("hit_rate_per_cm2_s", "1/(cm² s)", "hit rate"),
        ("noise_e_per_s", "e-/s", "noise"),
        ("fwhm_error_mas", "mas", "FWHM error"),
        ("rms_cross_validated", "pixel", "RMS cross validated"),
    ],
)
def test_names_of_metrics_leave_the_unit_to_its_column(name: str, unit: str, text: str) -> None:
    assert readable(name, unit) == text


def test_the_tab_of_tables_says_what_is_in_it(qtbot: QtBot, page: AlgorithmPage) -> None:
    output = page.output

    def shown(*titles: str) -> str:
        tables = tuple(Table(title, ("name", "value (e-)"), (("a", 1.0), ("b", 2.0))) for title in titles)
        output._show(Result(None, {}, "good", (), tables=tables), "", "", Origin((), 0, 0))
        return output.tabs.tabText(output.tabs.indexOf(output.tables))

    assert shown("Amplifiers") == "Amplifiers"
    assert shown("Exposure times", "Amplifiers") == "Tables"
    assert not output.tables.findChildren(QTableWidget)[-1].horizontalHeader().stretchLastSection()
    assert shown() == "Frames"
