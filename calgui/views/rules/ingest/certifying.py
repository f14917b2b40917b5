"""What ``crds certify`` says of the new files, asked in the background before they can be written."""

from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from calgui.core.errors import Cancelled
from calgui.core.jobs import Job
from calgui.core.rules.certify import Certified
from calgui.core.rules.ingest.certifying import Asked, certify_proposal, told_of
from calgui.core.rules.ingest.values import Proposal
from calgui.core.rules.values import Severity
from calgui.views.rules.ingest.answer import Answer, Row
from calgui.views.rules.ingest.cards import Card
from calgui.views.rules.marks import SEVERITIES
from calgui.views.session import Session

_KEY = "ingest-certify"
_CANCELLED = Certified(problem="crds certify was not asked: cancelled.")


class Certifying(QObject):
    """Asks about the newest proposal that is ready; one that is the same is not asked about again.

    Parameters
    ----------
    session : Session
    parent : QObject

    Signals
    -------
    changed()
        It is asked, or has answered.
    """

    changed = Signal()

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self.session = session
        self.asked: tuple[Asked, ...] = ()
        #: how many files it is being asked about
        self.waits = 0
        self._key: tuple[Any, ...] = ()

    @property
    def busy(self) -> bool:
        """Whether it has yet to answer."""
        return self.waits > 0

    @property
    def refused(self) -> frozenset[str]:
        """Names, in the new cache, of the files that it refuses."""
        return frozenset(one.name for one in self.asked if one.certified.errors)

    def marked(self, rows: tuple[Row, ...]) -> tuple[Row, ...]:
        """Rows of the files, those that it refuses marked.

        Parameters
        ----------
        rows : tuple of Row

        Returns
        -------
        tuple of Row
        """
        bad = self.refused
        return tuple(replace(row, state="refused") if row.path and row.name in bad else row for row in rows)

    def want(self, answer: Answer | None) -> bool:
        """Ask about the files of an answer, unless they are those that were asked about.

        Parameters
        ----------
        answer : Answer or None
            Of one that is not ready, and of none, nothing is asked.

        Returns
        -------
        bool
            Whether they are others.
        """
        ready = answer is not None and answer.proposal.ready
        key = _key_of(answer) if answer is not None and ready else ()
        if key == self._key:
            return False
        self._key, self.asked, self.waits = key, (), 0
        self.session.tasks.supersede(_KEY)
        if answer is not None and ready and answer.proposal.rules:
            self._ask(answer)
        self.changed.emit()
        return True

    def _ask(self, answer: Answer) -> None:
        cache, proposal = answer.cache, answer.proposal
        self.waits = len(proposal.rules)

        def work(job: Job) -> tuple[Asked, ...]:
            return certify_proposal(cache, proposal, job)

        def done(asked: tuple[Asked, ...]) -> None:
            self.asked, self.waits = asked, 0
            self.changed.emit()

        def failed(error: Exception) -> None:
            if isinstance(error, Cancelled):
                self._key = ()  # it is asked when somebody looks again
                done(_none(proposal, _CANCELLED))
            else:
                done(_none(proposal, Certified(problem=f"crds certify was not asked: {error}")))
                self.session.report(error, "crds certify")

        what = proposal.rules[0].source.name if self.waits == 1 else f"{self.waits:,} references"
        self.session.tasks.start(f"crds certify of {what}", work, done, failed, key=_KEY, quiet=True)

    def cards(self) -> tuple[list[Card], list[Card]]:
        """What it says.

        Returns
        -------
        tuple of (list of Card, list of Card)
            What it refuses; what it warns of, or could not be asked about.
        """
        made: tuple[list[Card], list[Card]] = ([], [])
        for one in told_of(self.asked):
            card = Card(SEVERITIES[one.severity], one.place, one.message, one.cure)
            made[one.severity is not Severity.ERROR].append(card)
        return made

    def note(self) -> str:
        """That it has nothing against the files, in a sentence; empty where it has, or was not asked.

        Returns
        -------
        str
        """
        good = bool(self.asked) and not any(one.certified.errors or one.certified.problem for one in self.asked)
        return f"crds certify accepts {'it' if len(self.asked) == 1 else 'all of them'}." if good else ""

    def told(self) -> str:
        """What it comes to, in a sentence; empty where it refuses nothing and warns of nothing.

        Returns
        -------
        str
        """
        refused, unknown = len(self.refused), sum(bool(one.certified.problem) for one in self.asked)
        warned = sum(bool(one.certified.warnings) and not one.certified.errors for one in self.asked)
        parts = (("refuses", refused), ("warns of", warned), ("could not be asked about", unknown))
        said = [f"{word} {count:,} file{'' if count == 1 else 's'}" for word, count in parts if count]
        return f"crds certify {', '.join(said)}: see the findings." if said else ""


def _key_of(answer: Answer) -> tuple[Any, ...]:
    proposal = answer.proposal
    return answer.cache, tuple(rule.source for rule in proposal.rules), tuple(proposal.texts.items())


def _none(proposal: Proposal, why: Certified) -> tuple[Asked, ...]:
    return tuple(Asked(rule.source.name, rule.source.path, why) for rule in proposal.rules)
