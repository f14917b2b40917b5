"""What is to be told of the rules of one mapping: which never win, which overlap, which take what others leave."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from calgui.core.errors import CalguiError, InputError
from calgui.core.jobs import Job
from calgui.core.rules.cache import Cache
from calgui.core.rules.files.mapping_file import SPECIAL
from calgui.core.rules.lint.grid import Grid, GridRow
from calgui.core.rules.lint.joins import Joins
from calgui.core.rules.lint.lines import Lines, walk
from calgui.core.rules.lint.overlaps import Overlap, overlaps
from calgui.core.rules.lint.report import found
from calgui.core.rules.lint.shadows import Hidden, shadows
from calgui.core.rules.questions import moments
from calgui.core.rules.values import Finding, Place, Severity

#: rules of one mapping that are compared with each other
MOST_RULES = 150_000
_LONGEST = 28


@dataclass
class Wins:
    """How many entries name each reference, and how many of those never win.

    Attributes
    ----------
    entries, hidden : Counter of str
    places : dict of str to list of Place
        The entries that never win.
    """

    entries: Counter[str] = field(default_factory=Counter)
    hidden: Counter[str] = field(default_factory=Counter)
    places: dict[str, list[Place]] = field(default_factory=dict)

    def never(self) -> Iterator[Finding]:
        """References that no observation gets, though mappings name them."""
        for file, count in sorted(self.hidden.items()):
            if count >= self.entries[file]:
                place = self.places[file][0]
                text = f"Only rules that never win name {file}: no observation gets it."
                yield found("never-selected", [Place(file, note=f"named in {place.file}, line {place.line}")], text)


def rules(cache: Cache, names: Sequence[str], job: Job) -> Iterator[Finding]:
    """Findings on the rules of some mappings.

    Parameters
    ----------
    cache : Cache
    names : sequence of str
        ``.rmap`` files; those that crds refuses are left out, which is told elsewhere.
    job : Job
        Progress and cancel.

    Yields
    ------
    Finding
    """
    wins = Wins()
    for number, name in enumerate(names):
        part = job.part(number / len(names), (number + 1) / len(names))
        part.report(0.0, f"comparing the rules of {name}")
        parsed = cache.texts.tried(name)
        if parsed is None:
            continue
        wins.entries.update(file for file, _ in parsed.files())
        yield from _no_change(cache, name)
        try:
            selector = cache.load(name).selector
        except InputError:
            continue
        if type(selector).__name__ == "MatchSelector" and selector._parameters:
            yield from _Mapping(cache, name, selector, wins, part).findings()
    yield from wins.never()


class _Mapping:
    """The rules of one mapping."""

    def __init__(self, cache: Cache, name: str, selector: object, wins: Wins, job: Job) -> None:
        self.cache, self.name, self.wins, self.job = cache, name, wins, job
        self.grid = Grid(selector)
        self.lines = Lines(cache.parsed(name))
        self.axis = moments.axis(selector)
        self.whose = _instrument(cache, name)

    def _date(self, pair: Overlap) -> tuple[tuple[str, str], ...]:
        """A date on which both rules have a file, so that the header can be tried; nothing where that is not told."""
        begins = [moments.parse(row.first) for row in (pair.first, pair.second)]
        found = [begin for begin in begins if begin is not None]
        return tuple(moments.words(self.axis, max(found)).items()) if len(found) == 2 and self.axis else ()

    def findings(self) -> Iterator[Finding]:
        if len(self.grid.rows) > MOST_RULES:
            yield self._in_part(f"It has more than {MOST_RULES:,} rules, which are not compared with each other.")
            return
        joins = Joins(self.grid)
        hidden, whole = shadows(self.grid, joins, self.job.part(0, 0.5))
        yield from self._hidden(hidden)
        yield from self._dead()
        yield from self._unmatchable()
        if not whole:
            yield self._in_part(
                "Only the first rules were looked at for ones that never win: too many accept the same."
            )
        pairs, all_pairs = overlaps(self.grid, joins, self.job.part(0.5, 1))
        yield from self._overlaps(pairs, all_pairs)
        yield from self._catch_all()

    def _in_part(self, text: str) -> Finding:
        return found("not-looked-at", [Place(self.name)], text)

    def _place(self, row: GridRow, date: str | None, file: str | None, note: str) -> Place:
        return Place(self.name, self.lines.line(row.key, date), row.key, date, file, note)

    def _shown(self, row: GridRow) -> str:
        line = self.lines.line(row.key)
        where = f" in line {line}" if line else ""
        return f"{_key(row.key)}{where}"

    def _lost(self, place: Place) -> Place:
        if place.reference is not None and place.reference not in SPECIAL:
            self.wins.hidden[place.reference] += 1
            self.wins.places.setdefault(place.reference, []).append(place)
        return place

    def _hidden(self, hidden: list[Hidden]) -> Iterator[Finding]:
        for code, always in (("never-wins", True), ("wins-only-by-na", False)):
            some = [one for one in hidden if one.always is always]
            if not some:
                continue
            places = [self._place(one.row, one.date, one.file, self._reason(one)) for one in some]
            if always:
                places = [self._lost(place) for place in places]
            first = some[0]
            date = f" from {first.date}" if first.date else ""
            what = f"The entry {first.file}{date} of the rule {self._shown(first.row)}"
            if always:
                text = f"{what} can never win: {places[0].note}."
            else:
                text = f"{what} wins only for an observation that says N/A: {places[0].note}."
            yield found(code, places, text + _more(len(some), "entry", "entries", "the same holds"))

    def _reason(self, one: Hidden) -> str:
        by = self._shown(one.by)
        name = one.by.latest_names.get(one.date or "", "")
        if name > one.file:
            return f"whatever it matches, the rule {by} matches too, and of two files of one date the later name counts"
        since = f" and has a file since {one.by.first}" if one.by.first else ""
        return f"whatever else it matches, the rule {by} matches with more weight{since}"

    def _dead(self) -> Iterator[Finding]:
        places = [
            self._lost(self._place(row, date, file, "a substitution makes another rule the same, and crds drops this"))
            for row in self.grid.rows
            if not row.alive
            for date, file in row.entries or ((None, ""),)
        ]
        if places:
            text = (
                f"The rule {_key(places[0].rule)} in line {places[0].line} can never win: 'substitutions' in the header"
                " make another rule the same as this, and crds silently drops one of them."
            )
            yield found("never-wins", places, text, cure="Remove one of the two rules.")

    def _unmatchable(self) -> Iterator[Finding]:
        for column, parameter in enumerate(self.grid.parameters):
            rows = [
                row for row in self.grid.rows if row.cells[column].kind == "W" and not row.cells[column].words
                and not row.cells[column].plain
            ]  # fmt: skip
            if not rows:
                continue
            places = [
                self._lost(self._place(row, date, file, f"no value of {parameter} gets as far as this rule"))
                for row in rows
                for date, file in row.entries or ((None, ""),)
            ]
            asked = rows[0].cells[column].text
            text = (
                f"No observation reaches the rule {self._shown(rows[0])}: crds refuses a {parameter} that no rule lists"
                f" as a word before it looks at {asked!r}, and none that is listed fits it."
            )
            yield found("unmatchable", places, text)

    def _overlaps(self, pairs: list[Overlap], all_pairs: bool) -> Iterator[Finding]:
        for merged in (True, False):
            some = [pair for pair in pairs if pair.merged is merged]
            if not some:
                continue
            places = [
                Place(
                    self.name,
                    self.lines.line(pair.first.key),
                    pair.first.key,
                    note=f"overlaps {self._shown(pair.second)}",
                    header=(*self.whose, *pair.header, *self._date(pair)),
                )
                for pair in some
            ]
            first = some[0]
            header = ", ".join(f"{name}={value}" for name, value in first.header)
            rest = len(some) - 1
            least = "" if all_pairs else "at least "
            more = f" So do {least}{rest} more pairs." if rest > 1 else " So does one more pair." if rest else ""
            end = "crds merges their dates, and the newer file wins" if merged else "crds stops with an error"
            text = (
                f"The rules {self._shown(first.first)} and {self._shown(first.second)} both match {header} with equal"
                f" weight: {end}.{more}"
            )
            told = found("overlap" if merged else "ambiguous", places, text)
            yield self._by_design(told) if merged else told
        if not all_pairs:
            yield self._in_part("Not all pairs of rules were compared for overlaps: there are too many alike.")

    def _by_design(self, told: Finding) -> Finding:
        """HST's rules overlap on purpose, and crds certifies them."""
        from dataclasses import replace

        if self.cache.observatory.name != "hst":
            return told
        return replace(told, severity=Severity.INFO, cure="Nothing to do if that is meant, as HST's rules often are.")

    def _catch_all(self) -> Iterator[Finding]:
        special = [row for row in self.grid.rows if any(cell.kind not in "NA" for cell in row.cells)]
        if not special:
            return
        for row in self.grid.rows:
            if row.alive and all(cell.kind in "NA" for cell in row.cells):
                files = [file for _, file in row.entries or ()]
                if files and not SPECIAL.issuperset(files):
                    text = f"The rule {self._shown(row)} takes any observation that the other rules leave."
                    yield found("catch-all", [self._place(row, None, files[-1], text)], text)


def _instrument(cache: Cache, name: str) -> tuple[tuple[str, str], ...]:
    """What makes an observation one of the mapping's instrument."""
    instrument = cache.parsed(name).word("instrument")
    try:
        key = str(cache.load(cache.default_context or "").instrument_key).upper()
    except CalguiError:
        return ()
    return ((key, instrument.upper()),) if instrument else ()


def _key(key: tuple[str, ...]) -> str:
    """A rule's key to be read; long lists of values are cut."""
    words = (word if len(word) <= _LONGEST else f"{word[: _LONGEST - 4]}...|" for word in key)
    return f"({', '.join(words)})" if key else "for every observation"


def _more(count: int, one: str, several: str, verb: str) -> str:
    if count <= 1:
        return ""
    rest = count - 1
    return f" Of {rest} more {one if rest == 1 else several} {verb}."


def _no_change(cache: Cache, name: str) -> Iterator[Finding]:
    """Dates of a rule that select the same file as the date before."""
    before: dict[tuple[str, ...], tuple[str, str]] = {}
    for entry in sorted(walk(cache.parsed(name)), key=lambda entry: (entry.rule, entry.date or "")):
        if entry.selector != "UseAfter" or entry.date is None:
            continue
        last = before.get(entry.rule)
        if last is not None and last[1] == entry.file:
            text = (
                f"From {entry.date} the rule {_key(entry.rule)} selects {entry.file}, as it does since"
                f" {last[0]}: nothing changes on that date."
            )
            yield found("no-change", [Place(name, entry.line, entry.rule, entry.date, entry.file, text)], text)
        before[entry.rule] = (entry.date, entry.file)
