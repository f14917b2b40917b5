"""Fixtures that every test may use: a home of its own, and the real data where it is at hand."""

import fcntl
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from pytestqt.qtbot import QtBot

from calgui.core.simulate import DemoNight, make_demo

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# The processes that tests run in, and those that they start, have one thread each for matrices: there are as many as
# processors, and threads that wait for one another do so busily.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

#: milliseconds after which a test that waits for something gives up; only a failure takes so long
PATIENCE = 60_000

# A busy machine is no fault of what is tested, and what fixtures make serves all examples. Where CI is set, hypothesis
# tries the same examples each time (a profile of its own), so that a run fails for what was changed.
hypothesis.settings.register_profile(
    "calgui",
    hypothesis.settings(),
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.function_scoped_fixture],
)
hypothesis.settings.load_profile("calgui")


#: files that change the look again and again come before all: each time the menus of all plots that ever were, which
#: pyqtgraph leaves behind, are looked at anew
LOOKS = ("views/test_look.py", "views/test_boxes.py", "views/test_palette.py", "security/test_pages.py")
#: files that change it now and then, and make more plots themselves
SOME_LOOKS = (
    "views/test_undo.py",
    "odd/test_rounds.py",
    "help/test_reader.py",
    "workbench/test_plots.py",
    "workbench/test_layers_at_the_bench.py",
    "workbench/test_ramp_pixel.py",
    "workbench/test_spectra_at_the_bench.py",
    "workbench/test_bench.py",
    "rules/validate/test_page.py",
    "rules/ingest/test_whole_task.py",
)
#: files that take the longest are begun with: at the end one process would work on one of them, and the others wait
LONGEST = (
    "odd/test_soak.py",
    "cli/test_window.py",
    "psf/test_strehl.py",
    "whatif/test_page.py",
    "quicklook/test_chain.py",
    "flats/test_normalizing.py",
    "dispersion/test_adc.py",
    "arcs/field/test_field.py",
    "algorithms/test_combine.py",
    "cli/test_stars_of_the_night.py",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Changes of the look first, then the longest files; the others as they come."""

    def turn(item: pytest.Item) -> int:
        path = item.path.as_posix()
        turns = (LOOKS, SOME_LOOKS, LONGEST)
        return next((number for number, names in enumerate(turns) if path.endswith(names)), len(turns))

    items.sort(key=turn)


class PatientBot(QtBot):
    """Waits as long as it must, whatever a test thinks will do."""

    def waitUntil(self, callback: Callable[[], Any], *, timeout: int = PATIENCE) -> None:
        """As that of pytest-qt."""
        super().waitUntil(callback, timeout=max(timeout, PATIENCE))

    def waitSignal(self, signal: Any, *, timeout: int = PATIENCE, **more: Any) -> Any:
        """As that of pytest-qt."""
        # assertNotEmitted waits here too, without raising: nothing is to come, and patience would be time lost
        patience = PATIENCE if more.get("raising", True) is not False else 0
        return super().waitSignal(signal, timeout=max(timeout, patience), **more)


@pytest.fixture
def qtbot(qapp: Any, request: pytest.FixtureRequest) -> QtBot:
    """That of pytest-qt, with more patience."""
    return PatientBot(request)


REAL_DATA = Path(os.environ.get("CALGUI_REAL_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder for this test alone, so that no setting or index of the user is read or written."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    for name in ("CACHE", "CONFIG", "DATA", "STATE"):
        folder = home / name.lower()
        folder.mkdir()  # astropy ignores, with a warning, a folder that is not there
        monkeypatch.setenv(f"XDG_{name}_HOME", str(folder))
    return home


@pytest.fixture(autouse=True)
def released_keys() -> Iterator[None]:
    """Qt holds the modifiers of the last simulated press for held, and selecting would add to what is selected."""
    yield
    widgets = sys.modules.get("PySide6.QtWidgets")
    application = widgets.QApplication.instance() if widgets is not None else None
    if application is not None and application.keyboardModifiers():
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest

        QTest.keyClick(widgets.QWidget(), Qt.Key.Key_F24)
        assert not application.keyboardModifiers()


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data; the test is skipped where it is absent."""
    if not REAL_DATA.is_dir():
        pytest.skip(f"the real data are not at {REAL_DATA.name}; set CALGUI_REAL_DATA to their folder")
    return REAL_DATA


@pytest.fixture(scope="session")
def demo_night(tmp_path_factory: pytest.TempPathFactory) -> DemoNight:
    """A small demo night, made once by one of the processes that tests run in; tests read it and never change it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with (shared / "night.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # whoever comes second finds the night made
        return make_demo(shared / "shared-night" / "demo", size=256)
