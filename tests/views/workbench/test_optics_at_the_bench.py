"""Whole tasks of the imager's optics at the bench, on a demo night: pinholes, rectifying, PSF and flux stars."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from click.testing import CliRunner
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from calgui.cli.main import cli
from calgui.core.algorithms.registry import registry
from calgui.core.simulate import DemoNight
from calgui.views.session import Session
from calgui.views.workbench.page import AlgorithmPage

Open = Callable[[str], AlgorithmPage]


@pytest.fixture
def open_page(qtbot: QtBot, session: Session) -> Open:
    """Opens the page of an algorithm by its name."""

    def open_it(name: str) -> AlgorithmPage:
        made = AlgorithmPage(session, registry()[name])
        qtbot.addWidget(made)
        made.resize(1400, 900)
        made.show()
        qtbot.waitExposed(made)
        return made

    return open_it


def exposure(night: DemoNight, kind: str, number: int = 1) -> Path:
    return night.raw / f"iris_20260311_{kind}_{number:04d}.fits"


def answered(qtbot: QtBot, page: AlgorithmPage) -> None:
    """Wait until the answer to what the form says is on the screen."""
    qtbot.waitUntil(
        lambda: (
            not page.busy
            and page.report is not None
            and all(page.report.options[name] == value for name, value in page.options.values().items())
            and page.report.inputs == page.inputs.paths
            and page.output.picture.look.drawing is not None
        )
    )


def metric(page: AlgorithmPage, name: str) -> Any:
    assert page.report is not None
    return page.report.metrics[name].value


def on_the_page(page: AlgorithmPage, name: str) -> str:
    """A metric as it stands in the table."""
    table = page.output.metrics
    for row in range(table.rowCount()):
        if table.item(row, 0).toolTip().endswith(f"In reports: {name}"):
            return table.item(row, 1).text()
    raise AssertionError(f"{name} is not among the metrics")


def click(qtbot: QtBot, page: AlgorithmPage, x: float, y: float) -> None:
    """With the mouse, at a place of the picture."""
    canvas = page.output.picture.canvas
    # what came and went above the picture has its room first
    qtbot.wait(30)
    point = canvas.mapFromScene(canvas.box_view.mapViewToScene(QPointF(x, y)))
    assert canvas.viewport().rect().contains(point)
    qtbot.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(point.x(), point.y()))


def save(qtbot: QtBot, page: AlgorithmPage, out: Path) -> None:
    """Save by the form."""
    qtbot.mouseClick(page.actions_bar.save, Qt.MouseButton.LeftButton)
    dialog = page._dialog
    assert dialog is not None
    dialog.file.setText(str(out))
    qtbot.mouseClick(dialog.findChild(QPushButton, "bench_save_ok"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: any(f"{out.name} was saved" in notice.text for notice in page.session.notices))


def by_command_line(page: AlgorithmPage) -> dict[str, Any]:
    """What the copied command prints, as JSON."""
    page.copy_command()
    words = shlex.split(QGuiApplication.clipboard().text())
    assert words[0] == "calgui"
    made = CliRunner().invoke(cli, [*words[1:], "--json"])
    assert made.exit_code == 0, made.stderr
    document: dict[str, Any] = json.loads(made.stdout)
    return document


def marks_of(page: AlgorithmPage) -> Any:
    shown = page.output.marks.shown
    assert shown is not None
    return shown.marks


def state_at(page: AlgorithmPage, x: float, y: float) -> str:
    """Of the mark that is nearest to a place."""
    marks = marks_of(page)
    nearest = int(np.nanargmin(np.hypot(np.asarray(marks.x) - x, np.asarray(marks.y) - y)))
    return str(marks.states[int(marks.state[nearest])])


def test_a_solution_by_hand_is_saved_and_an_image_rectified_with_it(
    qtbot: QtBot, session: Session, open_page: Open, demo_night: DemoNight, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    page = open_page("distortion-solution")
    page.inputs.set_paths([exposure(demo_night, "pinhole")])
    answered(qtbot, page)
    first, pinholes = metric(page, "rms_pixel"), metric(page, "n_pinholes")
    assert pinholes > 150
    assert page.solutions is not None
    qtbot.mouseClick(page.solutions.keep_button, Qt.MouseButton.LeftButton)

    # one pinhole is excluded by a click on it, and comes back by Undo
    marks = marks_of(page)
    used = np.flatnonzero(np.asarray(marks.state) == marks.states.index("used"))
    lengths = np.hypot(*(np.asarray(part)[used] for part in marks.vectors))
    worst = int(used[np.argmax(lengths)])
    x, y = float(marks.x[worst]), float(marks.y[worst])
    qtbot.mouseClick(page.output.marks.bar.pick, Qt.MouseButton.LeftButton)
    click(qtbot, page, x, y)
    answered(qtbot, page)
    assert metric(page, "n_pinholes") == pinholes - 1
    assert metric(page, "n_excluded") == 1
    assert metric(page, "rms_pixel") < first, "the one that lay farthest off"
    assert on_the_page(page, "n_pinholes") == str(pinholes - 1)
    assert state_at(page, x, y) == "excluded"
    session.history.undo()
    answered(qtbot, page)
    assert (metric(page, "n_pinholes"), metric(page, "rms_pixel")) == (pinholes, first)
    session.history.redo()
    answered(qtbot, page)

    # a lower order fits this field; the one that was kept comes back with all of its options
    page.options.set_value("order", "3")
    answered(qtbot, page)
    assert metric(page, "order") == 3
    assert metric(page, "solution_error_pixel") < 0.004
    page.solutions.keep_button.click()
    best = metric(page, "rms_pixel")
    page.solutions.list.setCurrentRow(0)
    page.solutions.back.click()
    answered(qtbot, page)
    assert (metric(page, "order"), metric(page, "rms_pixel")) == (5, first)
    page.solutions.list.setCurrentRow(1)
    page.solutions.back.click()
    answered(qtbot, page)
    assert metric(page, "rms_pixel") == best

    # saved as a reference; the copied command makes the same
    out = tmp_path / "from_the_window.fits"
    save(qtbot, page, out)
    document = by_command_line(page)
    assert document["metrics"]["rms_pixel"] == best
    assert document["metrics"]["n_excluded"] == 1
    with fits.open(out) as window, fits.open(tmp_path / "distortion_solution.fits") as line:
        assert window[0].header["REFTYPE"] == "DISTORTION"
        assert [hdu.name for hdu in window] == [hdu.name for hdu in line]
        for name in ("A_2_0", "B_1_1", "AP_2_0", "BP_1_1"):
            assert window[1].header[name] == line[1].header[name], name

    # and an image is rectified with it
    other = open_page("rectify")
    other.references.give_all({"DISTORTION": out})
    other.inputs.set_paths([exposure(demo_night, "starfield")])
    qtbot.waitUntil(other.actions_bar.run.isEnabled)
    qtbot.mouseClick(other.actions_bar.run, Qt.MouseButton.LeftButton)
    answered(qtbot, other)
    assert other.report is not None
    frame = other.report.result.frame
    assert frame is not None
    assert frame.dq is not None
    assert frame.shape == (256, 256)
    assert f"DISTORTION={out}" in other.command()
    assert "the product" in [other.output.marks.bar.inputs.itemText(at) for at in range(2)]
    layer, scale = other.output.marks.layer, other.output.marks.bar.scale.value()
    straight, bent = (np.column_stack(item._ends[:2]) for item in (layer.lines, layer.bent))
    longest = np.hypot(*(bent - straight).T).max()
    assert longest == pytest.approx(scale * metric(other, "max_shift_pixel"), rel=0.1), "as large as the arrows"
    assert other.actions_bar.save.isEnabled()
    save(qtbot, other, tmp_path / "straight.fits")
    with fits.open(tmp_path / "straight.fits") as product:
        assert {"SCI", "DQ"} <= {hdu.name for hdu in product}
        assert product[0].header["R_DISTOR"].endswith(out.name)


def test_stars_are_mapped_added_and_excluded(
    qtbot: QtBot, session: Session, open_page: Open, demo_night: DemoNight
) -> None:
    page = open_page("measure-psf")
    page.options.put_values({"flux_radius": 200.0, "most_stars": 12})
    page.inputs.set_paths([exposure(demo_night, "starfield")])
    answered(qtbot, page)
    before = metric(page, "n_stars")
    assert before >= 3
    panel = page.output.marks.map
    page.output.tabs.setCurrentWidget(panel)
    assert panel.value.currentText() == "Strehl"
    shown = page.output.marks.shown
    assert shown is not None
    measured = int(np.isfinite(shown.values["Strehl"]).sum())
    assert panel.map.points.points().size == panel.cuts.count() == measured > 2
    panel.cuts.setCurrentRow(0)
    chosen = page.output.marks.chosen
    assert chosen is not None
    assert shown.values["Strehl"][chosen] == np.nanmin(shown.values["Strehl"]), "the worst comes first"

    page.output.tabs.setCurrentIndex(0)
    page.output.picture.canvas.fit()
    marks = marks_of(page)
    x, y = float(marks.x[chosen]), float(marks.y[chosen])
    qtbot.mouseClick(page.output.marks.bar.pick, Qt.MouseButton.LeftButton)
    click(qtbot, page, x, y)
    answered(qtbot, page)
    assert page.options.values()["exclude"] != ""
    assert metric(page, "n_stars") == before - 1
    assert state_at(page, x, y) == "excluded"
    session.history.undo()
    answered(qtbot, page)
    assert metric(page, "n_stars") == before
    qtbot.mouseClick(page.solutions.keep_button, Qt.MouseButton.LeftButton)  # type: ignore[union-attr]
    assert page.actions_bar.save.isEnabled()


def test_a_click_on_the_sky_names_the_star_to_measure(qtbot: QtBot, open_page: Open, demo_night: DemoNight) -> None:
    page = open_page("measure-psf")
    # so high a threshold leaves only the brightest
    page.options.put_values({"flux_radius": 200.0, "threshold": 900.0})
    page.inputs.set_paths([exposure(demo_night, "starfield")])
    answered(qtbot, page)
    few = metric(page, "n_found")
    truth = json.loads(demo_night.truth.read_text(encoding="utf-8"))["kinds"]["psfstars"]["field"]
    places = np.array(truth["stars"])[:, :2]
    listed = np.column_stack([marks_of(page).x, marks_of(page).y])

    def alone(at: int) -> bool:
        others = np.vstack([np.delete(places, at, axis=0), listed])
        return bool(np.hypot(*(others - places[at]).T).min() > 20 and np.abs(places[at] - 128).max() < 90)

    (x, y) = places[next(at for at in range(len(places)) if alone(at))]
    qtbot.mouseClick(page.output.marks.bar.pick, Qt.MouseButton.LeftButton)
    click(qtbot, page, x, y)
    answered(qtbot, page)
    assert page.options.values()["stars"] != ""
    marks = marks_of(page)
    assert np.nanmin(np.hypot(np.asarray(marks.x) - x, np.asarray(marks.y) - y)) < 1
    assert metric(page, "n_found") != few or few == 1


def test_a_flux_star_gives_its_flux_and_with_a_magnitude_a_zero_point(
    qtbot: QtBot, open_page: Open, demo_night: DemoNight, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    truth = json.loads(demo_night.truth.read_text(encoding="utf-8"))["kinds"]["fluxstars"]["exposures"][0]
    page = open_page("extract-star")
    page.inputs.set_paths([exposure(demo_night, "fluxstar", 2)])
    answered(qtbot, page)
    error = metric(page, "flux_error_e_per_s")
    # the truth counts it within 1000 mas; beyond the star's own circle lies less than a fifth of it
    share = metric(page, "flux_e_per_s") / truth["flux_e_per_s"]
    assert 0.7 < share < 1
    assert metric(page, "x_pixel") == pytest.approx(truth["x_pixel"], abs=0.05)
    assert metric(page, "snr") > 500
    assert error > 0
    save(qtbot, page, tmp_path / "star.fits")
    assert fits.getheader(tmp_path / "star.fits")["REFTYPE"] == "FLUXSTAR"

    other = open_page("zero-point")
    other.inputs.set_paths([exposure(demo_night, "fluxstar", 2)])
    qtbot.waitUntil(lambda: "Give the option magnitude" in other.inputs.problem.text())
    assert not other.actions_bar.save.isEnabled()
    other.options.put_values({"magnitude": truth["mag_vega"], "magnitude_system": "Vega"})
    answered(qtbot, other)
    zero = metric(other, "zero_point_ab_mag")
    assert not other.actions_bar.save.isVisible(), "it is a figure, not a file"
    assert on_the_page(other, "zero_point_ab_mag") == f"{zero:.5g}"
    assert by_command_line(other)["metrics"]["zero_point_ab_mag"] == zero


def blank(path: Path, night: DemoNight) -> Path:
    with fits.open(exposure(night, "pinhole")) as hdus:
        hdus["SCI"].data[...] = 100.0
        hdus.writeto(path)
    return path


def unscaled(path: Path, night: DemoNight) -> Path:
    with fits.open(exposure(night, "psfstar")) as hdus:
        del hdus[0].header["SCALE"]
        hdus.writeto(path)
    return path


@pytest.mark.parametrize(
    ("name", "make", "options", "said"),
    [
        ("distortion-solution", blank, {}, ("blank", "Choose a picture with light")),
        ("distortion-solution", "starfield", {}, ("Choose a picture of the pinhole mask",)),
        ("measure-psf", unscaled, {}, ("plate scale", "pixel_scale_mas")),
    ],
)
def test_what_cannot_be_used_is_told_on_the_page_with_its_cure(
    qtbot: QtBot, session: Session, open_page: Open, demo_night: DemoNight, tmp_path: Path,
    name: str, make: Any, options: dict[str, Any], said: tuple[str, ...],
) -> None:  # fmt: skip
    path = exposure(demo_night, make) if isinstance(make, str) else make(tmp_path / "input.fits", demo_night)
    page = open_page(name)
    page.options.put_values(options)
    page.inputs.set_paths([path])

    def told() -> str:
        return f"{page.output.banner.reasons.text()} {page.inputs.problem.text()}"

    qtbot.waitUntil(lambda: page.output.banner.word.text() == "No result" and not page.busy)
    for words in said:
        assert words in told()
    assert path.name in told()
    assert "Traceback" not in told()
    assert page.report is None
    assert not page.actions_bar.save.isEnabled()
    assert session.notices == [], "it stands on the page, once"


@pytest.mark.parametrize(
    ("name", "options"),
    [("extract-star", {}), ("zero-point", {"magnitude": 12.8, "magnitude_system": "Vega"})],
)
def test_a_saturated_star_is_bad_and_the_page_says_why(
    qtbot: QtBot, session: Session, open_page: Open, demo_night: DemoNight, name: str, options: dict[str, Any]
) -> None:
    page = open_page(name)
    page.options.put_values(options)
    page.inputs.set_paths([exposure(demo_night, "fluxstar", 3)])
    answered(qtbot, page)
    assert page.output.banner.word.text() == "Bad"
    assert "the star is saturated" in page.output.banner.reasons.text()
    assert session.notices == []


def test_too_high_an_order_is_refused_and_a_lower_one_answers(
    qtbot: QtBot, session: Session, open_page: Open, demo_night: DemoNight
) -> None:
    page = open_page("distortion-solution")
    page.inputs.set_paths([exposure(demo_night, "pinhole")])
    answered(qtbot, page)
    marks = marks_of(page)
    used = np.flatnonzero(np.asarray(marks.state) == marks.states.index("used"))[:-40]
    places = "; ".join(f"{marks.x[at]:.2f},{marks.y[at]:.2f}" for at in used)
    page.options.put_values({"exclude": places, "order": "9"})
    qtbot.waitUntil(lambda: page.output.banner.word.text() == "No result")
    assert "order" in page.output.banner.reasons.text()
    assert not page.actions_bar.save.isEnabled()
    page.options.put_values({"order": "2"})
    answered(qtbot, page)
    assert metric(page, "n_pinholes") == 40
    assert page.actions_bar.save.isEnabled()
    assert session.notices == []
