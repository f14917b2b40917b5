"""The verdicts of a session: files are validated one after another in the background, and kept until they change."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from calgui.core.errors import CalguiError, Cancelled
from calgui.core.frames.source import stamp
from calgui.core.jobs import Job
from calgui.core.rules.certify import Certified, certify
from calgui.core.validation import Validation, examine, judged
from calgui.core.validation.checks import CheckList, checks_for
from calgui.views.rules.validate.known import CANCELLED, Judged, slim
from calgui.views.rules.validate.thresholds import Thresholds
from calgui.views.session import Session
from calgui.views.tasks import Task

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache

#: how the command line asks for a type
_TYPE = " (--type)"


@dataclass(frozen=True)
class _Wish:
    """What a verdict depends on, besides thresholds."""

    kind: str
    cache: "Cache | None"
    context: str | None
    stamp: tuple[int, int]


class Judge(QObject):
    """Files and their verdicts, shared by the pages of one session.

    Parameters
    ----------
    session : Session
        Whose cache has the references in use.

    Signals
    -------
    changed(object)
        More is known of these files (a tuple of paths).
    busy_changed()
        Work began or ended.
    """

    changed = Signal(object)
    busy_changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.session = session
        self.thresholds = Thresholds(session, self)
        self._known: dict[Path, Judged] = {}
        self._wishes: dict[Path, _Wish] = {}
        self._certified: dict[Path, Certified] = {}
        self._queue: list[Path] = []
        self._to_certify: list[Path] = []
        self._for_crds: set[Path] = set()
        self._task: Task | None = None
        self._count = 0
        self.thresholds.changed.connect(self.judge_again)
        session.context_changed.connect(self._other_context)

    @classmethod
    def of(cls, session: Session) -> "Judge":
        """The judge of a session; the first call makes it.

        Parameters
        ----------
        session : Session

        Returns
        -------
        Judge
        """
        found = session.findChild(cls)
        return found if found is not None else cls(session)

    # ---- asking

    @property
    def busy(self) -> bool:
        """Whether a file is being judged, or is to be."""
        return self._task is not None or bool(self._queue)

    def known(self, path: Path) -> Judged:
        """What is known of a file; it is waiting where nothing is.

        Parameters
        ----------
        path : pathlib.Path

        Returns
        -------
        Judged
        """
        return self._known.get(path, Judged(path))

    def want(
        self,
        paths: Iterable[Path],
        kinds: dict[Path, str] | None = None,
        *,
        certify: bool = True,
        first: bool = False,
    ) -> None:
        """Have files judged that are not, or that changed since.

        Parameters
        ----------
        paths : iterable of pathlib.Path
        kinds : dict of pathlib.Path to str, optional
            Types of files whose headers do not say it.
        certify : bool
            Whether crds certify is asked about references, too.
        first : bool
            Whether they come before all others that wait.
        """
        fresh = []
        paths = list(dict.fromkeys(paths))
        for path in paths:
            before = self._wishes.get(path)
            kind = (kinds or {}).get(path) or (before.kind if before is not None else "")
            wish = _Wish(kind, self.session.cache, self.session.context, stamp(path))
            if wish != before:
                self._wishes[path] = wish
                fresh.append(path)
        if certify:
            self._ask_crds(paths)
        self._take(fresh)
        if first:
            wanted = set(paths)
            self._queue.sort(key=lambda path: path not in wanted)

    def forget(self, path: Path) -> None:
        """Know nothing of a file, nor of its type; it is judged anew when it is wanted.

        Parameters
        ----------
        path : pathlib.Path
        """
        self._wishes.pop(path, None)

    def again(self, paths: Iterable[Path]) -> None:
        """Judge files anew, whatever is known.

        Parameters
        ----------
        paths : iterable of pathlib.Path
        """
        paths = list(paths)
        kinds = {path: self._wishes[path].kind for path in paths if path in self._wishes}
        for path in paths:
            self._wishes.pop(path, None)
        self.want(paths, kinds)

    def cancel(self) -> None:
        """Stop; what is judged already stays."""
        left, self._queue = self._queue, []
        waited, self._to_certify = self._to_certify, []
        self._not_certified(waited)
        for path in left:
            # it is wished still, or coming back to the page would undo the cancelling
            self._known[path] = Judged(path, "failed", error=CANCELLED)
        if left:
            self.changed.emit(tuple(left))
        if self._task is not None:
            self._task.job.cancel()
        self.busy_changed.emit()

    def progress(self) -> tuple[int, int]:
        """How many of the files that were asked for are done, and of how many.

        Returns
        -------
        tuple of int
        """
        left = len(self._queue) + (self._task is not None)
        return max(self._count - left, 0), self._count

    def _other_context(self) -> None:
        """Files are compared with what another context selects."""
        kinds = {path: wish.kind for path, wish in self._wishes.items()}
        self.want(kinds, kinds)

    def _ask_crds(self, paths: Sequence[Path]) -> None:
        """Have crds asked about references that are judged without it."""
        self._for_crds.update(paths)
        late = []
        for path in paths:
            one = self._known.get(path)
            made = one.validation if one is not None else None
            if one is None or made is None or not made.is_reference or self.session.cache is None:
                continue
            if path not in self._certified and not one.certifying:
                self._known[path] = replace(one, certifying=True)
                late.append(path)
        if late:
            self._to_certify += late
            self.changed.emit(tuple(late))
            self._next()

    # ---- working

    def _take(self, fresh: Sequence[Path]) -> None:
        if not fresh:
            return
        if not self.busy:
            self._count = 0
        self._count += len([path for path in fresh if path not in self._queue])
        self._queue += [path for path in fresh if path not in self._queue]
        for path in fresh:
            self._certified.pop(path, None)
            self._known[path] = Judged(path)
        self.changed.emit(tuple(fresh))
        self._next()

    def _next(self) -> None:
        if self._task is not None:
            return
        if not self._queue:
            self._certify()
            self.busy_changed.emit()
            return
        path = self._queue.pop(0)
        wish = self._wishes.get(path)
        if wish is None:
            self._next()
            return
        self._known[path] = replace(self.known(path), state="working")
        self.changed.emit((path,))
        changes = self.thresholds.file

        def work(job: Job) -> Validation:
            found = slim(examine(path, wish.kind or None, wish.cache, wish.context, job, changes))
            return judged(found, checks_for(found.type, changes))

        def done(made: Validation) -> None:
            self._task = None
            if self._wishes.get(path) == wish:
                asks = made.is_reference and wish.cache is not None and path in self._for_crds
                self._known[path] = Judged(path, "judged", made, certifying=asks)
                if asks:
                    self._to_certify.append(path)
                self.changed.emit((path,))
            self._next()

        def failed(error: Exception) -> None:
            self._task = None
            self._failed(path, wish, error)
            self._next()

        self._task = self.session.tasks.start(f"Validating {path.name}", work, done, failed, quiet=True)
        self.busy_changed.emit()

    def _failed(self, path: Path, wish: _Wish, error: Exception) -> None:
        if self._wishes.get(path) != wish:
            return
        untyped = isinstance(error, CalguiError) and _TYPE in error.cure
        if isinstance(error, Cancelled):
            text = CANCELLED
        elif isinstance(error, CalguiError):
            text = f"{error.message} {error.cure}".replace(_TYPE, "").strip()
        else:
            text = f"{type(error).__name__}: {error}"
            self.session.report(error, f"Validating {path.name}")
        self._known[path] = Judged(path, "failed", error=text, untyped=untyped)
        self.changed.emit((path,))

    def _certify(self) -> None:
        """Ask crds about all references at once, as it takes seconds to start."""
        asked = [path for path in self._to_certify if path in self._wishes]
        self._to_certify = []
        cache, context = self.session.cache, self.session.context
        if not asked or cache is None:
            return

        def work(job: Job) -> dict[Path, Certified]:
            return dict(zip(asked, certify(cache, asked, context, job), strict=True))

        def done(made: dict[Path, Certified]) -> None:
            self._task = None
            if (cache, context) == (self.session.cache, self.session.context):
                self._certified |= made
                self.judge_again()
            self._next()

        def failed(error: Exception) -> None:
            self._task = None
            if isinstance(error, Cancelled):
                self._not_certified(asked)
            else:
                for path in asked:
                    self._known[path] = replace(self.known(path), certifying=False)
                self.changed.emit(tuple(asked))
                self.session.report(error, "crds certify")
            self._next()

        what = asked[0].name if len(asked) == 1 else f"{len(asked):,} references"
        self._task = self.session.tasks.start(f"crds certify of {what}", work, done, failed, quiet=True)

    def _not_certified(self, paths: Sequence[Path]) -> None:
        """The user did not want to wait for crds."""
        if paths:
            none = Certified(problem="crds certify was not asked: cancelled.")
            self._certified |= dict.fromkeys(paths, none)
            self.judge_again()

    def judge_again(self) -> None:
        """Hold the thresholds, as they are now, against what was found; no file is read."""
        found = {
            path: one.validation.found
            for path, one in self._known.items()
            if one.validation is not None and one.validation.found is not None
        }
        changes, certified = self.thresholds.file, dict(self._certified)

        def work(job: Job) -> dict[Path, Validation]:
            lists: dict[str, CheckList] = {}
            made: dict[Path, Validation] = {}
            for path, one in found.items():
                job.check()
                if one.type not in lists:
                    lists[one.type] = checks_for(one.type, changes)
                made[path] = judged(one, lists[one.type], certified.get(path))
            return made

        def done(made: dict[Path, Validation]) -> None:
            changed = []
            for path, validation in made.items():
                known = self._known.get(path)
                if known is None or known.validation is None or known.validation.found is not found[path]:
                    continue  # it was read anew meanwhile
                waits = known.certifying and path not in certified
                self._known[path] = replace(known, validation=validation, certifying=waits)
                changed.append(path)
            self.changed.emit(tuple(changed))

        if found:
            # a mistake of the user's file is told by the thresholds
            self.session.tasks.start("Judging again", work, done, lambda _error: None, key="judge-again", quiet=True)
