"""Of a field of spectra the one that is looked at is answered first, and all others follow."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from calgui.core.algorithms.registry import registry
from calgui.core.algorithms.spectrummarks import LINE_STATES, Spectra
from calgui.core.errors import AlgorithmError
from calgui.views.session import Session
from calgui.views.workbench.page import AlgorithmPage
from calgui.views.workbench.spectra.panel import SpectraPanel
from tests.views.workbench.fakearc import ARC, LISTED, write_field

EXCLUDED = LINE_STATES.index("excluded")


class Gate:
    """The fit of all spectra, which waits until it may."""

    def __init__(self) -> None:
        self.open, self.refuses = threading.Event(), False
        self.open.set()

    def refit(self, measured: Any, config: Any, job: Any) -> Any:
        self.open.wait(20)
        job.check()
        if self.refuses:
            raise AlgorithmError("No.", cure="Never.")
        assert ARC.refit is not None
        return ARC.refit(measured, config, job)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    made = Gate()
    monkeypatch.setitem(registry(), ARC.name, replace(ARC, refit=made.refit))  # type: ignore[arg-type]
    yield made
    made.open.set()


@pytest.fixture
def page(qtbot: QtBot, session: Session, tmp_path: Path, gate: Gate) -> AlgorithmPage:
    made = AlgorithmPage(session, registry()[ARC.name])
    qtbot.addWidget(made)
    made.resize(1280, 800)
    made.show()
    qtbot.waitExposed(made)
    made.inputs.set_paths([write_field(tmp_path / "field.fits")])
    qtbot.waitUntil(lambda: made.report is not None)
    return made


def panel(page: AlgorithmPage) -> SpectraPanel:
    return page.output.spectra.panel


def spectra(page: AlgorithmPage) -> Spectra:
    shown = panel(page).shown
    assert shown is not None
    return shown.spectra


def excluded(page: AlgorithmPage, spectrum: int) -> int:
    lines = spectra(page).lines
    return int((lines.state[lines.of(spectrum)] == EXCLUDED).sum())


def test_it_is_drawn_before_all_others_are_fitted(qtbot: QtBot, page: AlgorithmPage, gate: Gate) -> None:
    before, other = page.report, 3
    main = panel(page).spectrum
    gate.open.clear()
    page.options.set_value("exclude", f"{LISTED[3]:.3f}")
    qtbot.waitUntil(lambda: excluded(page, main) == 1)
    # the others, the figures and what would be saved are those of the fit before
    assert excluded(page, other) == 0
    assert page.report is before
    gate.open.set()
    qtbot.waitUntil(lambda: page.report is not before)
    assert excluded(page, main) == excluded(page, other) == 1
    assert page.report is not None
    assert page.report.options["exclude"] == f"{LISTED[3]:.3f}"


def test_only_the_last_wish_counts(qtbot: QtBot, page: AlgorithmPage, gate: Gate) -> None:
    before, main = page.report, panel(page).spectrum
    gate.open.clear()
    page.options.set_value("exclude", f"{LISTED[3]:.3f}")
    qtbot.waitUntil(lambda: excluded(page, main) == 1)
    page.options.set_value("exclude", f"{LISTED[3]:.3f}; {LISTED[5]:.3f}")
    qtbot.waitUntil(lambda: excluded(page, main) == 2)
    page.session.history.undo()
    qtbot.waitUntil(lambda: excluded(page, main) == 1)
    gate.open.set()
    qtbot.waitUntil(lambda: page.report is not before)
    assert page.report is not None
    assert page.report.options["exclude"] == f"{LISTED[3]:.3f}"
    qtbot.wait(50)
    assert excluded(page, main) == excluded(page, 3) == 1


def test_another_order_is_another_curve_at_once(qtbot: QtBot, page: AlgorithmPage, gate: Gate) -> None:
    main, waves = panel(page).spectrum, spectra(page).wavelengths(panel(page).spectrum)
    gate.open.clear()
    page.options.set_value("order", 4)
    qtbot.waitUntil(lambda: spectra(page).coefficients.shape[1] == 5)
    assert not np.array_equal(spectra(page).wavelengths(main), waves)
    assert np.isfinite(spectra(page).wavelengths(3)).all()


def test_what_is_refused_in_the_end_is_not_left_standing(qtbot: QtBot, page: AlgorithmPage, gate: Gate) -> None:
    gate.open.clear()
    gate.refuses = True
    page.options.set_value("exclude", f"{LISTED[3]:.3f}")
    qtbot.waitUntil(lambda: excluded(page, panel(page).spectrum) == 1)
    gate.open.set()
    qtbot.waitUntil(lambda: panel(page).shown is None)
    assert page.report is None


def test_no_spectrum_comes_first_where_another_tab_is_seen(qtbot: QtBot, page: AlgorithmPage, gate: Gate) -> None:
    page.output.tabs.setCurrentWidget(panel(page).wall)
    before = spectra(page)
    gate.open.clear()
    page.options.set_value("exclude", f"{LISTED[3]:.3f}")
    qtbot.wait(60)
    assert spectra(page) is before
    gate.open.set()
    qtbot.waitUntil(lambda: excluded(page, 3) == 1)
