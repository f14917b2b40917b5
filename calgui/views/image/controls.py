"""The choosers above the picture: what is shown, and how it is drawn."""

from collections.abc import Collection

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSizePolicy,
    QSpinBox,
    QToolBar,
    QToolButton,
    QWidget,
)

from calgui.core.frames.display import STRETCHES
from calgui.core.frames.dq import FLAGS, Flag
from calgui.core.frames.fits import HduInfo
from calgui.core.frames.reduction import Reduction
from calgui.core.regions.shapes import KINDS
from calgui.views.image.colours import COLOUR_MAPS, flag_swatch
from calgui.views.theme import SPACE
from calgui.views.widgets.staying_menu import StayingMenu

LIMITS = ("zscale", "99.5%", "98%", "min-max", "manual")
_LIMITS_HELP = (
    "Which values are drawn darkest and brightest. zscale: the faint structure about the median. 99.5%, 98%: the "
    "central part of all pixels. min-max: every pixel. manual: as set on the histogram."
)
_STRETCH_HELP = (
    "How values between the limits become tones. linear: in proportion. asinh, log, sqrt: faint values get more of the "
    "tones. histogram: every tone is used for as many pixels."
)
_REDUCTIONS = {
    "outliers": "The mean level, but a pixel that stands out, hot or dead, never vanishes.",
    "maximum": "A hot pixel never vanishes when the picture is shown smaller than it is; the noise looks brighter.",
    "mean": "True mean level; a single hot pixel fades when the picture is shown smaller than it is.",
    "minimum": "A dead pixel never vanishes when the picture is shown smaller than it is.",
}
_DEFAULT_REDUCTION: Reduction = "outliers"


def reduction_words(name: Reduction, what: str = "") -> str:
    """A way to join pixels, in words.

    Parameters
    ----------
    name : str
        The way.
    what : str
        Of what, such as ``4 × 4 pixels``.

    Returns
    -------
    str
    """
    kept = ", outliers kept" if name == "outliers" else ""
    return f"{'mean' if kept else name}{f' of {what}' if what else ''}{kept}"


def chooser(name: str, title: str, tip: str, items: tuple[str, ...]) -> QComboBox:
    """A named combo box.

    Parameters
    ----------
    name, title, tip : str
        Object name, accessible name, tool tip.
    items : tuple of str
        What can be chosen.

    Returns
    -------
    QComboBox
    """
    box = QComboBox()
    box.setObjectName(name)
    box.setAccessibleName(title)
    box.setToolTip(tip)
    box.addItems(items)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    return box


class SourceBar(QWidget):
    """HDU, layer and plane; each is there only where it has a choice.

    Signals
    -------
    hdu_chosen(int), layer_chosen(str), plane_chosen(tuple)
        By the user.
    """

    hdu_chosen = Signal(int)
    layer_chosen = Signal(str)
    plane_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self.hdu = chooser("picture_hdu", "HDU", "Which image of the file is shown.", ())
        self.layer = chooser(
            "picture_layer",
            "Layer",
            "SCI: the values. ERR: one standard deviation of each. DQ: the data-quality bits as numbers.",
            (),
        )
        self._planes: list[QSpinBox] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(SPACE // 2)
        self._row.addWidget(self.hdu)
        self._row.addWidget(self.layer)
        self.plane_label = QLabel("plane")
        self._row.addWidget(self.plane_label)
        self.hdu.activated.connect(lambda index: self.hdu_chosen.emit(self.hdu.itemData(index)))
        self.layer.textActivated.connect(self.layer_chosen)
        self.set_hdus((), None)
        self.set_layers((), "")
        self.set_planes((), ())

    def set_hdus(self, hdus: tuple[HduInfo, ...], current: int | None) -> None:
        """Offer the images of a file.

        Parameters
        ----------
        hdus : tuple of HduInfo
            Images only.
        current : int or None
            Number of the one that is shown.
        """
        with QSignalBlocker(self.hdu):
            self.hdu.clear()
            for info in hdus:
                size = " × ".join(str(length) for length in reversed(info.shape))
                version = f" {info.version}" if info.version > 1 else ""
                self.hdu.addItem(f"[{info.index}] {info.name or 'image'}{version}   {size}", info.index)
            self.hdu.setCurrentIndex(self.hdu.findData(current))
        self.hdu.setVisible(len(hdus) > 1)

    def set_layers(self, layers: tuple[str, ...], current: str) -> None:
        """Offer the layers of a frame.

        Parameters
        ----------
        layers : tuple of str
            ``SCI``, ``ERR``, ``DQ``.
        current : str
            The one that is shown.
        """
        with QSignalBlocker(self.layer):
            if tuple(self.layer.itemText(index) for index in range(self.layer.count())) != layers:
                self.layer.clear()
                self.layer.addItems(layers)
            self.layer.setCurrentText(current)
        self.layer.setVisible(len(layers) > 1)

    def set_planes(self, lengths: tuple[int, ...], current: tuple[int, ...]) -> None:
        """Offer the planes of a cube or ramp.

        Parameters
        ----------
        lengths : tuple of int
            Lengths of the leading axes.
        current : tuple of int
            Index along each, from 0.
        """
        while len(self._planes) < len(lengths):
            self._planes.append(self._plane_field(len(self._planes)))
        for field, length, at in zip(self._planes, lengths, current, strict=False):
            with QSignalBlocker(field):
                field.setRange(0, length - 1)
                field.setSuffix(f" / {length - 1}")
                field.setValue(at)
        for number, field in enumerate(self._planes):
            field.setVisible(number < len(lengths) and lengths[number] > 1)
        self.plane_label.setVisible(any(length > 1 for length in lengths))
        self._lengths = lengths

    def _plane_field(self, number: int) -> QSpinBox:
        field = QSpinBox()
        field.setObjectName(f"picture_plane_{number}")
        field.setAccessibleName(f"Plane along axis {number}")
        field.setToolTip("Which plane of the cube or ramp is shown, counted from 0; one field for each leading axis.")
        field.setKeyboardTracking(False)
        field.valueChanged.connect(self._plane_changed)
        self._row.addWidget(field)
        return field

    def _plane_changed(self) -> None:
        self.plane_chosen.emit(tuple(field.value() for field in self._planes[: len(self._lengths)]))


class ViewBar(QToolBar):
    """How the picture is drawn.

    Signals
    -------
    flags_changed(), reduction_chosen()
        By the user.
    hint(str)
        What to do with the tool that was chosen; empty for nothing.
    """

    flags_changed = Signal()
    reduction_chosen = Signal()
    hint = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("picture_tools")
        self.stretch = chooser("picture_stretch", "Stretch", _STRETCH_HELP, STRETCHES)
        self.limits = chooser("picture_limits", "Limits", _LIMITS_HELP, LIMITS)
        self.colours = chooser(
            "picture_colours", "Colours", "Colour map: grey, or one of equal perceived steps.", tuple(COLOUR_MAPS)
        )
        for box in (self.stretch, self.limits, self.colours):
            self.addWidget(box)
        self.addSeparator()
        self.fit = self.tool("picture_fit", "Fit", "Show the whole picture (0)")
        self.one = self.tool("picture_one", "1:1", "One pixel of the picture on one of the screen (1)")
        self.box = self.tool(
            "picture_box", "Box", "Drag a box to see its statistics (or hold Shift while dragging)", True
        )
        self.draw = QMenu(self)
        self.draw.setObjectName("picture_draw_menu")
        self.shapes = {kind: self._shape(kind, word) for kind, word in KINDS.items()}
        self._menu_button("picture_draw", "Draw", "Draw a region: box, circle, annulus, line or polygon", self.draw)
        self.measure = self.tool(
            "picture_measure_tool", "Measure", "Regions with their figures, profiles, values about the cursor", True
        )
        self.flags = StayingMenu(self)
        self.flags.setObjectName("picture_flags_menu")
        self.flags.setToolTipsVisible(True)
        self._flags_action = self._menu_button(
            "picture_flags_tool", "Flags", "Mark flagged pixels, by the colour of each data-quality bit", self.flags
        )
        self.more = QMenu(self)
        self.more.setToolTipsVisible(True)
        self._fill_more()
        self._menu_button("picture_more", "More", "Invert, reduction, copy and save", self.more)
        self._name_extension()
        #: names of flags that are marked when a picture has them for the first time
        self.marked_at_first: frozenset[str] = frozenset()
        self._offered: set[str] = set()
        self.set_flags({})

    def _name_extension(self) -> None:
        """Qt's own button for what does not fit has no name, and a sign that cannot be seen on a dark window."""
        rest = self.findChild(QToolButton, "qt_toolbar_ext_button")
        if rest is not None:
            rest.setText("»")
            rest.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
            rest.setToolTip("Further tools, for which there is no room")
            rest.setAccessibleName("Further tools")
            rest.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def tool(self, name: str, text: str, tip: str, checkable: bool = False) -> QAction:
        """Add a button.

        Parameters
        ----------
        name, text, tip : str
            Object name, word on it, tool tip.
        checkable : bool
            Whether it stays down.

        Returns
        -------
        QAction
        """
        action = self.addAction(text)
        action.setObjectName(name)
        action.setToolTip(tip)
        action.setCheckable(checkable)
        self._name(action, tip)
        return action

    def _menu_button(self, name: str, text: str, tip: str, menu: QMenu) -> QAction:
        """An action and no widget: Qt lists only actions behind the » of what there is no room for."""
        action = self.addAction(text)
        action.setObjectName(name)
        action.setToolTip(tip)
        action.setMenu(menu)
        self._name(action, tip).setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        return action

    def _name(self, action: QAction, tip: str) -> QToolButton:
        """Name the button of an action; the Tab key reaches it, which it does not by itself in a toolbar."""
        button = self.widgetForAction(action)
        assert isinstance(button, QToolButton)
        button.setObjectName(f"{action.objectName()}_button")
        button.setAccessibleName(tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _fill_more(self) -> None:
        self.invert = self._entry("picture_invert", "Invert", "Low values bright")
        self.invert.setCheckable(True)
        self.more.addSeparator()
        self.reductions = QActionGroup(self)
        for name, tip in _REDUCTIONS.items():
            entry = self._entry(f"picture_reduce_{name}", f"Zoomed out: {reduction_words(name)}", tip)
            entry.setCheckable(True)
            entry.setChecked(name == _DEFAULT_REDUCTION)
            entry.setData(name)
            entry.triggered.connect(lambda _on: self.reduction_chosen.emit())
            self.reductions.addAction(entry)
        self.more.addSeparator()
        self.compass = self._entry("picture_show_compass", "Compass and scale", "North, east and a scale bar")
        self.compass.setCheckable(True)
        self.compass.setChecked(True)
        self.placed = self._entry(
            "picture_placed",
            "In the full detector",
            "Show a subarray where it lies on the detector (SUBSTRT1, SUBSTRT2)",
        )
        self.placed.setCheckable(True)
        #: what else is drawn over the picture goes before it
        self.drawn_over = self.more.addSeparator()
        self.copy = self._entry("picture_copy", "Copy the picture", "Copy what is seen to the clipboard")
        self.save = self._entry("picture_save", "Save the picture…", "Save what is seen as a PNG file")

    def _shape(self, kind: str, word: str) -> QAction:
        action = self.draw.addAction(word)
        action.setObjectName(f"picture_draw_{kind}")
        action.setCheckable(True)
        return action

    @property
    def reduction(self) -> Reduction:
        """How pixels are joined when the picture is shown smaller than it is."""
        chosen = self.reductions.checkedAction()
        return _DEFAULT_REDUCTION if chosen is None else chosen.data()

    def _entry(self, name: str, text: str, tip: str) -> QAction:
        entry = self.more.addAction(text)
        entry.setObjectName(name)
        entry.setToolTip(tip)
        return entry

    def set_flags(self, counts: dict[str, int]) -> None:
        """Offer the flags that the frame has; those that were chosen stay chosen.

        Parameters
        ----------
        counts : dict of str to int
            Flag name to number of pixels.
        """
        chosen = self.chosen_flags()
        self.flags.clear()
        present = [flag for flag in FLAGS if flag.name in counts]
        for flag in present:
            entry = self.flags.addAction(f"{flag.name}   {counts[flag.name]:,}")
            entry.setObjectName(f"picture_flag_{flag.name}")
            entry.setData(flag)
            entry.setIcon(flag_swatch(flag.colour))
            entry.setToolTip(flag.meaning)
            entry.setCheckable(True)
            entry.setChecked(flag in chosen or (flag.name in self.marked_at_first and flag.name not in self._offered))
            entry.toggled.connect(lambda _on: self.flags_changed.emit())
        self._offered |= {flag.name for flag in present}
        if present:
            self.flags.addSeparator()
            for text, state in (("Mark all", True), ("Mark none", False)):
                self.flags.addAction(text).triggered.connect(lambda _checked, on=state: self.mark_all(on))
        self._flags_action.setEnabled(bool(present))
        total = "no pixel is flagged here" if not present else "mark them by the colour of each data-quality bit"
        self._flags_action.setToolTip(f"Flagged pixels: {total}")

    def mark_all(self, on: bool) -> None:
        """Mark every flag, or none.

        Parameters
        ----------
        on : bool
            Which.
        """
        self.mark({entry.data().name for entry in self._flag_entries()} if on else ())

    def mark(self, names: Collection[str]) -> None:
        """Mark these flags, and no others.

        Parameters
        ----------
        names : collection of str
            Those that the frame does not have are passed over.
        """
        before = self.chosen_flags()
        for entry in self._flag_entries():
            with QSignalBlocker(entry):
                entry.setChecked(entry.data().name in names)
        if self.chosen_flags() != before:
            self.flags_changed.emit()

    def _flag_entries(self) -> list[QAction]:
        return [entry for entry in self.flags.actions() if isinstance(entry.data(), Flag)]

    def chosen_flags(self) -> tuple[Flag, ...]:
        """The flags that are marked.

        Returns
        -------
        tuple of Flag
        """
        return tuple(entry.data() for entry in self.flags.actions() if entry.isChecked() and entry.data() is not None)
