"""Draws the window at work, where that takes more than opening files: for the tour and the pages of the views."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import Qt

from calgui.core.algorithms.registry import registry
from calgui.core.frames.fits import read_frame
from calgui.core.frames.limits import Limits
from calgui.core.regions.shapes import Annulus, Circle, Line, Rectangle, Region
from calgui.core.simulate import DemoNight
from calgui.views.session import Pixel, Session
from calgui.views.window import MainWindow

#: waits until nothing is at work
Wait = Callable[..., None]
#: writes the picture of a widget into a file
Save = Callable[[Any, Path], None]


class WindowShots:
    """Pictures of a window on the demo night.

    Parameters
    ----------
    night : DemoNight
        Made with its usual size and seed.
    out : pathlib.Path
        Where the pictures go.
    wait, save : callable
        Let Qt work until nothing runs; write a picture.
    """

    def __init__(self, night: DemoNight, out: Path, wait: Wait, save: Save) -> None:
        self.night, self.out, self.wait, self.save = night, out, wait, save

    def draw(self) -> None:
        """Draw all of them."""
        for name in ("pixel", "regions", "difference", "search_headers", "what_if", "steps", "marks", "spectra"):
            session = Session()
            window = MainWindow(session)
            window.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
            window.resize(1440, 900)
            window.show()
            window.observe.complete()
            session.open_cache(self.night.cache)
            getattr(self, name)(window)
            session.close()

    def _raw(self, name: str) -> Path:
        return self.night.raw / f"iris_20260311_{name}.fits"

    def _open(self, window: MainWindow, *names: str) -> list[Path]:
        """Open files, or the whole night where none is named, and select the named ones."""
        paths = [self._raw(name) for name in names]
        window.open_paths(paths or [self.night.raw])
        self.wait(window.session)
        window.session.select(paths)
        self.wait(window.session)
        return paths

    def pixel(self, window: MainWindow) -> None:
        """A hot pixel that is picked in a ramp: the references at it, and the reads behind it."""
        window.resize(1600, 1040)
        self._open(window)
        path = self._raw("skyramp_0001")
        window.observe.table.select_path(path)
        self.wait(window.session)
        data = read_frame(path, plane=(0, 7)).data[100:400, 100:400]
        y, x = np.unravel_index(np.argmax(data), data.shape)
        window.observe.viewer.tabs.setCurrentIndex(0)
        view = window.observe.viewer.picture
        view.look_at(int(x) + 100, int(y) + 100, 60)
        window.session.pick(Pixel(path, int(x) + 100, int(y) + 100, (0, 0)))
        self.wait(window.session)
        self.save(window, self.out / "pixel-light.png")

    def steps(self, window: MainWindow) -> None:
        """The quick look at the bench, before its sky is subtracted."""
        window.resize(1440, 940)
        paths = self._open(window, "sciramp_0001")
        window.go("bench")
        bench: Any = window.place("bench")
        page = bench.show_algorithm("quick-look")
        page.inputs.set_paths(paths)
        self.wait(window.session)
        steps = page.output.findChild(object, "bench_steps")
        steps.choose_step("sky")
        steps.show_side("before")
        self.wait(window.session)
        self.save(window, self.out / "bench-steps-light.png")

    def marks(self, window: MainWindow) -> None:
        """A distortion solution: an excluded pinhole, arrows, solutions that were kept; the map of the residuals."""
        names = sorted(path.stem for path in self.night.raw.glob("iris_20260311_pinhole_*.fits"))[:2]
        if "distortion-solution" not in registry():
            return
        paths = self._open(window, *(name.removeprefix("iris_20260311_") for name in names))
        window.go("bench")
        bench: Any = window.place("bench")
        page = bench.show_algorithm("distortion-solution")
        page.options.set_value("order", "3")
        page.inputs.set_paths(paths)
        self.wait(window.session)
        page.solutions.keep()
        page.options.set_value("order", "5")
        self.wait(window.session)
        page.solutions.keep()
        marks = page.output.marks
        lengths = np.where(marks.shown.state == 0, marks.shown.lengths, 0)
        page.options.put_values(marks.shown.toggled(int(np.nanargmax(lengths)), page.options.values()))
        self.wait(window.session)
        page.solutions.keep()
        page.output.side.setCurrentWidget(page.solutions)
        marks.bar.pick.setChecked(True)
        marks.bar.rescale.click()
        marks.choose(int(np.nanargmax(lengths)))
        x, y = (float(part[marks.chosen]) for part in (marks.shown.marks.x, marks.shown.marks.y))
        page.output.picture.look_at(x, y, 170)
        self.wait(window.session)
        # the window is wanted once more
        window.grab().save(str(self.out / "bench-marks-light.png"))
        page.output.tabs.setCurrentWidget(marks.map)
        marks.map.value.setCurrentText("residual (pixel)")
        self.wait(window.session)
        self.save(window, self.out / "bench-map-light.png")

    def spectra(self, window: MainWindow) -> None:
        """A wavelength solution of a field: the spectrum with a line left out, the field, and the wall."""
        names = sorted(path.stem for path in self.night.raw.glob("iris_20260311_lensletarc_*.fits"))[:1]
        if "wavelength-solution" not in registry() or not names:
            return
        paths = self._open(window, *(name.removeprefix("iris_20260311_") for name in names))
        window.go("bench")
        bench: Any = window.place("bench")
        page = bench.show_algorithm("wavelength-solution")
        page.inputs.set_paths(paths)
        self.wait(window.session)
        spectra, output = page.output.spectra.panel, page.output
        shown = spectra.shown
        which = shown.index(spectra.spectrum)
        used = which[shown.spectra.lines.state[which] == 0]
        spectra.choose(int(used[used.size // 2]))
        spectra.part.identify.toggle.click()
        self.wait(window.session)
        spectra.part.bar.template.setChecked(True)
        output.side.setCurrentWidget(spectra.table)
        self.wait(window.session)
        window.grab().save(str(self.out / "bench-spectrum-light.png"))
        spectra.choose_spectrum(int(spectra.shown.ordered("worst first")[0]))
        output.tabs.setCurrentWidget(spectra.field)
        self.wait(window.session)
        window.grab().save(str(self.out / "bench-field-light.png"))
        output.tabs.setCurrentWidget(spectra.wall)
        self.wait(window.session)
        self.save(window, self.out / "bench-wall-light.png")

    def regions(self, window: MainWindow) -> None:
        """A star, the sky about it, a box of sky and a cut, with their figures."""
        window.resize(1440, 1020)
        paths = self._open(window, "psfstar_0001")
        page = window.place("compare")
        window.go("compare")
        page.compare(paths)
        self.wait(window.session)
        view = page.pictures.cells[0].view
        view.bar.stretch.setCurrentText("log")
        view.set_limits(Limits(0.0, 4800.0))
        view.look_at(258, 250, 120)
        view.bar.measure.setChecked(True)
        shapes = {
            "star": Circle(258, 250, 14),
            "sky about it": Annulus(258, 250, 22, 32),
            "sky": Rectangle(215, 225, 24, 18),
            "cut": Line(228, 262, 290, 237),
        }
        for name, shape in shapes.items():
            view.measuring.regions.add(Region(shape, name))
        page.pictures.split.setSizes([430, 330])
        self.wait(window.session)
        self.save(window, self.out / "regions-light.png")

    def difference(self, window: MainWindow) -> None:
        """Two darks, one of which had a light leak."""
        paths = [self.night.raw / f"iris_20260305_dark_000{number}.fits" for number in (3, 1)]
        window.open_paths(paths)
        self.wait(window.session)
        page = window.place("compare")
        window.go("compare")
        page.compare(paths)
        self.wait(window.session)
        page.pictures.bar.set_way("difference")
        self.wait(window.session)
        self.save(window, self.out / "compare-difference-light.png")

    def search_headers(self, window: MainWindow) -> None:
        """What the turbulence was in all images of the night."""
        self._open(window)
        page = window.place("compare")
        window.go("compare")
        page.tabs.setCurrentIndex(2)
        page.search.ask("EXP_TYPE=*IMAGE LGS*")
        page.search.search()
        self.wait(window.session)
        self.save(window, self.out / "search-headers-light.png")

    def what_if(self, window: MainWindow) -> None:
        """The image without a flat, and the same with another filter."""
        session = window.session
        self._open(window, "image_0006")
        window.observe.table.view.selectRow(0)
        session.ask_page("whatif")
        self.wait(session)
        rules: Any = window.place("rules")
        page = rules.page("whatif")
        page.duplicate()
        page.board.apply(1, (("META.INSTRUMENT.FILTER", "K"),))
        page.board.rename(1, "the same with K")
        self.wait(session)
        self.save(window, self.out / "rules-whatif-light.png")
