"""Draws what good and bad look like, with the program's own views, for the pages of the calibrations.

    python tools/figures.py NIGHT OUT [NAME...]

NIGHT is a demo night of the usual size and seed; the pictures go to OUT, one for each calibration, and to the folders
beside it. With names (such as ``dark`` or ``algorithms/fit-ramp``) only these are drawn.
"""

import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from afterglowfigures import AfterglowMaker
from cubeskyfigures import CubeSkyMaker
from detectorfigures import DetectorMaker
from dispersionfigures import DispersionMaker
from distortionfigures import DistortionMaker
from flatfigures import FlatMaker
from fluxfigures import FluxMaker
from goodbad import Cards, Look, Maker, Side
from psffigures import PsfMaker
from PySide6.QtCore import QCoreApplication, QEvent, QItemSelectionModel, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget
from skyfigures import SkyMaker
from windowshots import WindowShots

from calgui.core.algorithms.registry import Curve
from calgui.core.frames.limits import Limits
from calgui.core.simulate import DemoNight
from calgui.core.spectra.spectrum import Spectrum
from calgui.views import settings
from calgui.views.app import application
from calgui.views.cube.view import CubeView
from calgui.views.help.reader import HelpReader
from calgui.views.image import ImageView
from calgui.views.observations.inspector import Inspector
from calgui.views.session import Pixel, Session
from calgui.views.spectrum.view import SpectrumView
from calgui.views.theme import SPACE, theme
from calgui.views.widgets.icons import icon
from calgui.views.workbench.plots import CurvePlot

_WIDTH = 1120
_HEIGHTS = {Look: 520, Cards: 440, Spectrum: 400, Curve: 320}
#: where three are beside one another
_HEIGHT_OF_THREE = 400
_QUIET, _PATIENCE = 0.4, 120.0


def main(folder: Path, out: Path, names: Sequence[str] = ()) -> None:
    """Draw all figures.

    Parameters
    ----------
    folder : pathlib.Path
        Of the demo night.
    out : pathlib.Path
        Where the pictures go.
    names : sequence of str
        Only these figures; all, and the shots of the views, if there are none.
    """
    application()
    with tempfile.TemporaryDirectory(prefix="calgui-figures-") as work:
        settings.keep_in(Path(work))
        session = Session()
        theme().apply(False)
        night = DemoNight(folder.absolute())
        maker = Maker(night, Path(work))
        out.mkdir(parents=True, exist_ok=True)
        try:
            figures = {out / f"{name}.png": make for name, make in maker.all().items() if _wanted(name, names)}
            makers = (
                DetectorMaker(night, Path(work)), CubeSkyMaker(night), SkyMaker(night), AfterglowMaker(night),
                FlatMaker(night), FluxMaker(night, Path(work)), PsfMaker(night), DistortionMaker(night, Path(work)),
                DispersionMaker(night),
            )  # fmt: skip
            some = {name: make for one in makers for name, make in one.all().items()}
            for name, make_some in some.items():
                if _wanted(name, names):
                    figures[out.parent / f"{name}.png"] = make_some
            for path, make in figures.items():
                path.parent.mkdir(exist_ok=True)
                _draw(session, night, make(), path)
            if names:
                return
            _draw_spectra(session, maker, out.parent / "spectrum-light.png")
            _draw_cube(session, maker.cube(), (18, 19, 111), out.parent / "cube-light.png")
            ramp = night.raw / "iris_20260311_skyramp_0001.fits"
            _draw_cube(session, ramp, (330, 300, 7), out.parent / "ramp-light.png")
            WindowShots(night, out.parent, _wait, _save).draw()
            _draw_help(session, out.parent / "help-light.png")
        finally:
            session.close()
            settings.keep_in(None)


def _wanted(name: str, names: Sequence[str]) -> bool:
    return not names or name in names


def _draw(session: Session, night: DemoNight, sides: Sequence[Side], path: Path) -> None:
    whole = QWidget()
    whole.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
    whole.resize(_WIDTH, _HEIGHTS[type(sides[0].shown)] if len(sides) < 3 else _HEIGHT_OF_THREE)
    row = QHBoxLayout(whole)
    row.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
    row.setSpacing(2 * SPACE)
    later: list[tuple[Any, object]] = []
    sessions: list[Session] = []
    for side in sides:
        column = QVBoxLayout()
        column.addLayout(_caption(side))
        own = Session()
        if isinstance(side.shown, Cards) and side.shown.as_rules:
            own.open_cache(night.cache)
            _wait(own)
        sessions.append(own)
        widget = _view(session, own, side)
        column.addWidget(widget, 1)
        row.addLayout(column, 1)
        later.append((widget, side.shown))
    whole.show()
    _wait(session, *sessions)
    for widget, shown in later:
        _finish(widget, shown)
    _wait(session, *sessions)
    _save(whole, path)
    for own in sessions:
        own.close()


def _caption(side: Side) -> QHBoxLayout:
    """Icon, word and colour, and what is seen."""
    if side.good is None:
        plain = QHBoxLayout()
        plain.addWidget(QLabel(f"<b>{side.text}</b>"), 1)
        return plain
    role = "good" if side.good else "error"
    sign, text = QLabel(), QLabel()
    sign.setPixmap(icon("good" if side.good else "error", role).pixmap(20, 20))
    colour = theme().colour(role).name()
    text.setText(f"<b style='color:{colour}'>{'Good' if side.good else 'Bad'}</b>&nbsp; {side.text}")
    row = QHBoxLayout()
    row.addWidget(sign)
    row.addWidget(text, 1)
    return row


def _view(session: Session, own: Session, side: Side) -> Any:
    """The view of one side; headers are read in a session of their own, where nothing takes their place."""
    shown = side.shown
    if isinstance(shown, Look):
        view = ImageView(session)
        for part in (view.bar, view.source_bar, view.readout):
            part.hide()
        view.bar.stretch.setCurrentText(shown.stretch)
        view.bar.limits.setCurrentText(shown.limits)
        view.bar.marked_at_first = shown.marked
        view.show_frame(shown.frame)
        return view
    if isinstance(shown, Cards):
        panel = Inspector(own)
        panel.show_file(shown.path)
        return panel
    if isinstance(shown, Curve):
        return CurvePlot(shown, session)
    curve = SpectrumView(session)
    curve.bar.hide()
    curve.show_spectra([shown])
    return curve


def _finish(widget: Any, shown: object) -> None:
    """What can only be chosen once the data are there."""
    if isinstance(shown, Look):
        if shown.between is not None:
            widget.set_limits(Limits(*shown.between))
        if shown.part is not None:
            widget.look_at(*shown.part)
    elif isinstance(shown, Spectrum):
        widget.plot.setYRange(-8, 8)
    elif isinstance(shown, Cards):
        widget.tabs.setCurrentIndex(0 if shown.as_rules else 1)
        widget.search.hide()
        widget.copy_button.hide()
        _mark(widget, shown.wrong)


def _mark(panel: Inspector, wrong: Sequence[str]) -> None:
    """Choose the cards that are wrong, so that the eye finds them."""
    rows = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
    for keyword in wrong:
        panel.tree.selectionModel().select(panel.model.find(None, keyword), rows)


def _draw_spectra(session: Session, maker: Maker, path: Path) -> None:
    view = SpectrumView(session)
    view.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
    view.resize(_WIDTH, 560)
    view.show_spectra(maker.spectra())
    for species in ("Ar", "Kr"):
        view.bar.species[species].setChecked(True)
    view.show()
    _wait(session)
    _save(view, path)


def _draw_cube(session: Session, path: Path, place: tuple[int, int, int], out: Path) -> None:
    """A cube or ramp with a picked pixel."""
    view = CubeView(session)
    view.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
    view.resize(_WIDTH, 640)
    view.show()
    view.show_file(path)
    _wait(session)
    x, y, plane = place
    session.pick(Pixel(path, x, y))
    view.show_plane(plane)
    _wait(session)
    # the plane that is shown has limits of its own
    view.bar.hold.setChecked(False)
    view.image.release_limits()
    view.image.bar.limits.setCurrentText("99.5%")
    view.image.bar.stretch.setCurrentText("sqrt")
    view.show_plane(plane)
    _wait(session)
    _save(view, out)
    session.pick(None)


def _draw_help(session: Session, path: Path) -> None:
    reader = HelpReader(session)
    reader.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
    reader.resize(_WIDTH, 700)
    reader.show()
    reader.show_page("calibrations/pinhole", "what-good-and-bad-look-like")
    _wait(session)
    reader.show_page("calibrations/pinhole", "what-good-and-bad-look-like")
    _save(reader, path)


def _save(widget: QWidget, path: Path) -> None:
    if not widget.grab().save(str(path), "PNG"):
        raise SystemExit(f"{path} could not be written")
    print(path)
    widget.close()
    widget.deleteLater()


def _wait(*sessions: Session) -> None:
    """Let Qt work until nothing has run for a while."""
    start = since = time.monotonic()
    while time.monotonic() - since < _QUIET:
        QCoreApplication.processEvents()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        now = time.monotonic()
        if any(session.tasks.running for session in sessions):
            since = now
        if now - start > _PATIENCE:
            raise SystemExit("A picture was not complete in time.")
        time.sleep(0.005)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
