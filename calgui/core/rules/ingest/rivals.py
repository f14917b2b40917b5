"""How new rules get on with those beside them: which hide each other, which tie, which never win. Told before."""

import contextlib
from typing import TYPE_CHECKING, Any

from calgui.core.errors import CalguiError
from calgui.core.jobs import Job
from calgui.core.rules.files.mapping_file import MappingFile
from calgui.core.rules.ingest.problems import clean, error, warning
from calgui.core.rules.lint.grid import Grid, GridRow
from calgui.core.rules.lint.joins import Joins
from calgui.core.rules.lint.lines import Lines
from calgui.core.rules.lint.overlaps import Overlap, overlaps
from calgui.core.rules.lint.rules import MOST_RULES
from calgui.core.rules.lint.shadows import Hidden, shadows
from calgui.core.rules.observatories.setup import crds_module
from calgui.core.rules.questions.witness import instrument_value, witness
from calgui.core.rules.selection.header import plan_for
from calgui.core.rules.values import Finding, Place

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache
    from calgui.core.rules.ingest.values import NewMapping, NewRule, Proposal

_TIED = "Correct its header, so that its rule is that of the others or asks for more or less than they do."
_CURE = "Look whether that is meant; else correct its header."


def rivals(cache: "Cache", proposal: "Proposal", job: Job) -> list[Finding]:
    """What the new rules do to others of their mappings, and others to them.

    Parameters
    ----------
    cache : Cache
        That the proposal was made for.
    proposal : Proposal
        With its mappings.
    job : Job
        Progress and cancel.

    Returns
    -------
    list of Finding
        Errors for a file that no observation would get and for rules between which crds cannot choose; warnings for
        rules that hide each other, or share observations with equal weight.
    """
    from calgui.core.rules.ingest.proposed import ProposedCache

    with contextlib.closing(ProposedCache(cache, proposal)) as proposed:
        return _all(cache, proposed, proposal, job)


def _all(cache: "Cache", proposed: "Cache", proposal: "Proposal", job: Job) -> list[Finding]:
    found: list[Finding] = []
    news = [new for new in proposal.mappings if new.type]
    for number, new in enumerate(news):
        part = job.part(number / len(news), (number + 1) / len(news))
        rules = [rule for rule in proposal.rules if rule.mapping == new.name]
        if not rules:
            continue
        try:
            found += _Mapping(cache, proposed, proposal, new, rules, part).findings()
        except CalguiError as problem:
            if problem.exit_code == 130:
                raise
            found.append(error("refused", new.name, problem.message, problem.cure or "Mend the mapping."))
    return found


class _Mapping:
    def __init__(
        self,
        cache: "Cache",
        proposed: "Cache",
        proposal: "Proposal",
        new: "NewMapping",
        rules: "list[NewRule]",
        job: Job,
    ) -> None:
        self.cache, self.proposed, self.proposal, self.new, self.rules, self.job = (
            cache,
            proposed,
            proposal,
            new,
            rules,
            job,
        )
        self.parsed: MappingFile = proposed.parsed(new.name)
        self.lines = Lines(self.parsed)
        self.files = {rule.source.name for rule in rules}

    def findings(self) -> list[Finding]:
        found: list[Finding] = []
        rmap = self.proposed.load(self.new.name)
        before = self.cache.load(self.new.derived_from) if self.new.derived_from else None
        if type(rmap.selector).__name__ == "MatchSelector" and len(rmap.selector.choices()) <= MOST_RULES:
            now, then = self._looked(rmap, 0, 0.4), self._looked(before, 0.4, 0.7) if before is not None else ((), ())
            found += self._shadows(now[0], {_entry(one) for one in then[0]})
            special = self._special(rmap.selector, before.selector if before is not None else None)
            found += special
            if not special:
                found += self._overlaps(now[1], {_pair(one) for one in then[1]})
        told = {one.place for one in found if one.code == "never-wins"}
        for number, rule in enumerate(self.rules):
            self.job.report(0.7 + 0.3 * number / len(self.rules), "proving the new rules")
            if rule.source.name not in told:
                found += self._proved(rule)
        return found

    def _looked(self, rmap: Any, start: float, stop: float) -> tuple[list[Hidden], list[Overlap]]:
        if type(rmap.selector).__name__ != "MatchSelector" or not rmap.selector._parameters:
            return [], []
        grid = Grid(rmap.selector)
        joins = Joins(grid)
        hidden, _ = shadows(grid, joins, self.job.part(start, (start + stop) / 2))
        pairs, _ = overlaps(grid, joins, self.job.part((start + stop) / 2, stop))
        return hidden, pairs

    def _shadows(self, now: list[Hidden], then: set[Any]) -> list[Finding]:
        found = []
        for one in now:
            if _entry(one) in then:
                continue
            place = self._place(one.row, one.date, one.file)
            since = f" from {one.date}" if one.date else ""
            if one.file in self.files:
                make = error if one.always or not self._alive(one.file) else warning
                text = (
                    f"Its rule {_shown(one.row)}{since} is hidden by {_shown(one.by)}: whatever it matches, that one"
                    " matches too and is preferred."
                )
                found.append(
                    make("never-wins", one.file, text, "Replace that rule's file, or correct the header.", (place,))
                )
            else:
                text = f"The rule {_shown(one.row)}{since} with {one.file} would be hidden by the new {_shown(one.by)}."
                hider = next((rule.source.name for rule in self.rules if rule.key == one.by.key), self.new.name)
                found.append(warning("shadows", hider, text, _CURE, (place,)))
        return found

    def _special(self, selector: Any, before: Any) -> list[Finding]:
        """New rules that are a special case of another one of equal weight, or have one: crds's certify refuses those.

        crds refuses them when they are inserted, too, but only where the special one comes last.
        """
        if self.cache.observatory.name == "hst" and selector._merge_overlaps:
            return []  # whose rules are made so
        selectors = crds_module("core.selectors")
        keys = selector.keys()
        known = set(before.keys()) if before is not None else set()
        found = []
        for new in (key for key in keys if key not in known):
            mine = next((r for r in self.rules if tuple(selector.condition_key(r.key)) == tuple(new)), self.rules[0])
            for other in keys:
                pair = ((new, other), (other, new))
                if new != other and any(
                    selectors.match_superset(wide, narrow) and not selectors.different_match_weight(narrow, wide)
                    for narrow, wide in pair
                ):
                    one, two = (clean(f"({', '.join(map(str, key))})", 160) for key in (new, other))
                    text = (
                        f"Its rule {one} and {two} weigh the same, and whatever one of them matches, the other matches"
                        " too: crds's certify refuses such a mapping."
                    )
                    found.append(error("tie", mine.source.name, text, _TIED, (self._place_of(other),)))
                    break
        return found

    def _place_of(self, key: tuple[str, ...]) -> Place:
        return Place(self.new.name, self.lines.line(key, None), key, None, None)

    def _alive(self, file: str) -> bool:
        """Whether some observation gets a file."""
        rule = next(rule for rule in self.rules if rule.source.name == file)
        return self._witness(rule).wins is not False

    def _overlaps(self, now: list[Overlap], then: set[Any]) -> list[Finding]:
        found = []
        for one in now:
            keys = {one.first.key, one.second.key}
            mine = [rule for rule in self.rules if rule.key in keys]
            if _pair(one) in then or not mine:
                continue
            said = ", ".join(f"{name} = {value}" for name, value in one.header)
            pair = f"{_shown(one.first)} and {_shown(one.second)} both match {clean(said, 120)} with equal weight"
            place = self._place(one.first, None, None, one.header)
            name = mine[0].source.name
            if one.merged:
                text = f"The rules {pair}: crds merges their dates, and the later file wins."
                found.append(warning("tie", name, text, _CURE, (place,)))
            else:
                text = f"The rules {pair}: crds stops with an error there."
                found.append(
                    error("tie", name, text, "Correct its header, so that one of the two asks for more.", (place,))
                )
        return found

    def _witness(self, rule: "NewRule") -> Any:
        plan = plan_for(self.proposed, self.proposal.new_context, rule.instrument)
        named = instrument_value(self.proposed, self.proposal.new_context, rule.instrument)
        key = next((entry.key for entry in self.parsed.choices.entries if self._holds(entry, rule)), rule.key)
        return witness(plan, rule.type, key, rule.date, rule.source.name, named)

    def _holds(self, entry: Any, rule: "NewRule") -> bool:
        return any(name == rule.source.name for name, _ in entry.files())

    def _proved(self, rule: "NewRule") -> list[Finding]:
        """That some observation gets the file, by asking crds."""
        told = self._witness(rule)
        if told.wins:
            return []
        if told.wins is False:
            text = f"No observation would get it. {told.reason}"
            return [error("never-wins", rule.source.name, text, "Correct its header, or the rules beside it.")]
        text = f"It could not be shown that an observation would get it. {told.reason}"
        return [warning("unproved", rule.source.name, text, "Try it on the observations that it is meant for.")]

    def _place(
        self, row: GridRow, date: str | None, file: str | None, header: tuple[tuple[str, str], ...] = ()
    ) -> Place:
        return Place(self.new.name, self.lines.line(row.key, date), row.key, date, file, header=header)


def _entry(one: Hidden) -> Any:
    return one.row.key, one.date, one.file, one.by.key


def _pair(one: Overlap) -> Any:
    return frozenset((one.first.key, one.second.key))


def _shown(row: GridRow) -> str:
    return clean(f"({', '.join(row.key)})", 160) if row.key else "for every observation"
