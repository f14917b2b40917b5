"""Whether each file that goes in is good, beside what would become of it: the verdict of its validation."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from calgui.views.rules.ingest.cards import Card
from calgui.views.rules.validate.judge import Judge, Judged
from calgui.views.rules.validate.verdicts import VERDICTS
from calgui.views.session import Session


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
        # crds certify takes seconds, and is asked for the report
        self.judge.want(paths, kinds, certify=False)
        self.changed.emit()

    def known(self) -> dict[Path, Judged]:
        """What is known of each file.

        Returns
        -------
        dict of pathlib.Path to Judged
        """
        return {path: self.judge.known(path) for path in self._paths}

    def cards(self) -> list[Card]:
        """A card for each file that is judged and not good.

        Returns
        -------
        list of Card
        """
        return [_card(one) for one in self.known().values() if one.verdict in ("bad", "doubtful", "failed")]

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


def _card(one: Judged) -> Card:
    mark = VERDICTS[one.verdict]
    reasons = one.validation.reasons if one.validation is not None else ()
    message = reasons[0] if reasons else one.error
    rest = len(reasons) - 1
    more = f"and {rest:,} more reason{'' if rest == 1 else 's'}, with pictures, in the report." if rest > 0 else ""
    return Card(mark, f"{one.path.name} (validation)", message, more, one.path, kind="report")
