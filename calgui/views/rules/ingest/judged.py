"""Whether each file that goes in is good, beside what would become of it: the verdict of its validation."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from calgui.core.validation import known_types
from calgui.views.rules.ingest.answer import Row
from calgui.views.rules.ingest.cards import Card
from calgui.views.rules.validate.judge import Judge
from calgui.views.rules.validate.known import Judged
from calgui.views.rules.validate.verdicts import VERDICTS
from calgui.views.session import Session

#: verdicts that are told
_TOLD = ("bad", "doubtful", "failed")


class Verdicts(QObject):
    """Has the files of a draft validated in the background, and tells how they fare.

    Parameters
    ----------
    session : Session
    parent : QObject

    Signals
    -------
    changed()
        More is known of one of the files.
    """

    changed = Signal()

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self.session = session
        self.judge = Judge.of(session)
        self._paths: tuple[Path, ...] = ()
        self._types: dict[Path, str] = {}
        self._stopped: set[Path] = set()
        self.judge.changed.connect(self._known_more)

    def want(self, paths: Sequence[Path], kinds: dict[Path, str]) -> None:
        """Have other files judged.

        Parameters
        ----------
        paths : sequence of pathlib.Path
            Those that go in.
        kinds : dict of pathlib.Path to str
            Types that the user gave.
        """
        self._paths = tuple(paths)
        # crds certify is asked by what would be in the new cache: `Certifying`
        self.judge.want(paths, kinds, certify=False, first=True)
        self.changed.emit()

    def follow(self, rows: Sequence[Row]) -> None:
        """Know what the files are, and of which a finding says already why nothing can be made of them.

        Parameters
        ----------
        rows : sequence of Row
            Of all files.
        """
        types = {row.path: row.type for row in rows if row.path is not None}
        stopped = {row.path for row in rows if row.path is not None and row.state == "stopped"}
        if (types, stopped) != (self._types, self._stopped):
            self._types, self._stopped = types, stopped
            self.changed.emit()

    def known(self) -> dict[Path, Judged]:
        """What is known of each file.

        Returns
        -------
        dict of pathlib.Path to Judged
        """
        return {path: self.judge.known(path) for path in self._paths}

    @property
    def waits(self) -> bool:
        """Whether a file has yet to be judged."""
        return any(one.verdict in ("waiting", "working") for one in self.known().values())

    def cards(self) -> list[Card]:
        """A card for each file that is judged and not good.

        Returns
        -------
        list of Card
        """
        known = self.known().items()
        return [
            _card(one, self._types.get(path, ""))
            for path, one in known
            if one.verdict in _TOLD and not (one.verdict == "failed" and path in self._stopped)
        ]

    def told(self) -> str:
        """How many are not good, in words; empty where none is.

        Returns
        -------
        str
        """
        verdicts = [one.verdict for one in self.known().values()]
        parts = [f"{verdicts.count(word)} {VERDICTS[word].word}" for word in ("bad", "doubtful") if word in verdicts]
        return f"Validation: {', '.join(parts)}." if parts else ""

    def open(self, path: Path) -> None:
        """Go to the whole report of a file.

        Parameters
        ----------
        path : pathlib.Path
        """
        self.session.ask_page("validate", (path,))

    def _known_more(self, paths: tuple[Path, ...]) -> None:
        if set(self._paths).intersection(paths):
            self.changed.emit()


def _card(one: Judged, kind: str) -> Card:
    mark = VERDICTS[one.verdict]
    text = ""
    if kind and kind.upper() not in known_types():
        text = f"There are no checks for references of the type {kind}: look at it yourself."
    elif one.path.suffix.lower() in (".asdf", ".json"):
        text = "There are checks for FITS files only: look at it yourself."
    if one.verdict == "failed" and text:
        return Card(mark, f"{one.path.name} (validation)", text, path=one.path)
    reasons = one.validation.reasons if one.validation is not None else ()
    message = reasons[0] if reasons else one.error
    rest = len(reasons) - 1
    more = f"and {rest:,} more reason{'' if rest == 1 else 's'}, with pictures, in the report." if rest > 0 else ""
    return Card(mark, f"{one.path.name} (validation)", message, more, one.path, kind="report")
