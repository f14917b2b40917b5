"""The pictures of the file that is looked at: at its reasons, of the difference, and one of them large."""

from typing import Any

from PySide6.QtCore import QObject, Signal

from calgui.core.errors import Cancelled
from calgui.core.jobs import Job
from calgui.core.validation import Said
from calgui.views.rules.validate.known import Judged
from calgui.views.rules.validate.large import LargePicture
from calgui.views.rules.validate.looking import Looked, key_of, look
from calgui.views.rules.validate.reasons import Reasons
from calgui.views.session import Session
from calgui.views.workbench.comparison import ComparisonPanel

_KEY = "validate-look"
#: pixels of a frame that is not kept while the page is not seen
_LARGE = 4_000_000


class Pictures(QObject):
    """Has them made in the background, and puts them where they are seen.

    Parameters
    ----------
    session : Session
        Whose cache has the references in use.
    reasons : Reasons
    comparison : ComparisonPanel
    large : LargePicture
    parent : QObject

    Signals
    -------
    file_changed()
        Another file is looked at: what is large is of none.
    large_shown()
        A picture that was asked for is there.
    """

    file_changed = Signal()
    large_shown = Signal()

    def __init__(
        self, session: Session, reasons: Reasons, comparison: ComparisonPanel, large: LargePicture, parent: QObject
    ) -> None:
        super().__init__(parent)
        self.session, self.reasons, self.comparison, self.large = session, reasons, comparison, large
        self.looked: Looked | None = None
        self._at: tuple[Any, ...] = ()
        self._working = False

    @property
    def busy(self) -> bool:
        """Whether pictures are being made."""
        return self._working

    def forget(self) -> None:
        """No file is looked at."""
        self._at, self.looked, self._working = (), None, False
        self.session.tasks.supersede(_KEY)

    def let_go(self) -> None:
        """Nobody looks: many pixels are read again when somebody does."""
        frame = self.looked.frame if self.looked is not None else None
        if frame is not None and frame.data.size > _LARGE:
            self.looked, self._at = None, ()

    def look(self, one: Judged, visible: bool, wanted: Said | None = None) -> None:
        """Make the pictures of a file that are not there.

        Parameters
        ----------
        one : Judged
            With a validation.
        visible : bool
            Whether somebody looks.
        wanted : Said, optional
            A check whose picture is to be seen large.
        """
        validation = one.validation
        assert validation is not None
        key = (validation.found, validation.said)
        if not self._at or self._at[0] is not validation.found:
            self.looked = None
            self.large.clear()
            self.comparison.show_nothing("The difference is being made…")
            self.file_changed.emit()
        if not visible or (wanted is None and self._at == key):
            if self.looked is not None:
                self.reasons.show_pictures(self.looked.shown)
            return
        self._at = key
        before, cache, context = self.looked, self.session.cache, self.session.context

        def work(job: Job) -> Looked:
            return look(validation, before, cache, context, job, wanted)

        def done(made: Looked) -> None:
            self._working = False
            first, self.looked = self.looked is None, made
            self.reasons.show_pictures(made.shown)
            if first:
                self._show_comparison(one)
            if wanted is not None:
                self._show_large(one, wanted)

        def failed(error: Exception) -> None:
            self._working, self._at = False, ()
            if not isinstance(error, Cancelled):
                self.session.report(error, "Drawing the pictures of the reasons")

        self._working = True
        title = f"Pictures of {one.path.name}"
        self.session.tasks.start(title, work, done, failed, key=_KEY, quiet=True)

    def show(self, one: Judged, said: Said, visible: bool) -> None:
        """Show the picture of a check large; it is made where it is not there.

        Parameters
        ----------
        one : Judged
            With a validation.
        said : Said
        visible : bool
            Whether somebody looks.
        """
        if self.looked is not None and key_of(said) in self.looked.shown:
            self._show_large(one, said)
        else:
            self.look(one, visible, said)

    def _show_large(self, one: Judged, said: Said) -> None:
        shown = self.looked.shown.get(key_of(said)) if self.looked is not None else None
        if one.validation is not None and shown is not None:
            self.large.show_illustration(shown, said.text or f"{said.title}.", one.validation.found)
            self.large_shown.emit()

    def _show_comparison(self, one: Judged) -> None:
        made, validation = self.looked.comparison if self.looked is not None else None, one.validation
        if made is not None:
            self.comparison.show_comparison(made, (one.path,))
        elif validation is not None:
            none = "Open a CRDS cache to compare the file with the reference in use."
            self.comparison.show_nothing(" ".join(validation.notes) or none)
