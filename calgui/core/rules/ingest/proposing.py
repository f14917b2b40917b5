"""What an ingest would do: rules from the files' own words, new mappings as small changes of the old."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calgui.core.errors import CalguiError, InputError, UsageError
from calgui.core.jobs import Job
from calgui.core.rules.files.loading import load_crds
from calgui.core.rules.files.mapping_file import SPECIAL, parse
from calgui.core.rules.ingest import textedit
from calgui.core.rules.ingest.comparing import digest, flat, unified
from calgui.core.rules.ingest.incoming import (
    Incoming,
    check_name,
    free_name,
    read_incoming,
    taken_mappings,
    taken_names,
)
from calgui.core.rules.ingest.keying import Keyed, key_of
from calgui.core.rules.ingest.naming import next_name
from calgui.core.rules.ingest.newtype import first_mapping
from calgui.core.rules.ingest.problems import clean, error, note
from calgui.core.rules.ingest.rivals import rivals
from calgui.core.rules.ingest.values import Action, Deletion, Given, NewMapping, NewRule, Proposal, Request
from calgui.core.rules.observatories.setup import crds_module, forget_memos
from calgui.core.rules.values import Finding, Severity

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache

_RANK = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}
#: how crds calls a rule of which another one matches all, with equal weight
_SPECIAL = "equal weight special case of"
#: files of one ingest
MOST_FILES = 5_000


def propose(cache: "Cache", request: Request, context: str | None = None, job: Job | None = None) -> Proposal:
    """Work out what an ingest would do.

    Parameters
    ----------
    cache : Cache
        Only read.
    request : Request
        What is to go in and out.
    context : str, optional
        The context that the new one follows; by default the cache's own.
    job : Job, optional
        Progress and cancel.

    Returns
    -------
    Proposal
        With everything that is wrong with the files and the rules among its findings. The cache need not be whole: only
        the mappings that the files go into have to be readable.

    Raises
    ------
    UsageError
        When the cache has no such context, or nothing is asked for.
    InputError
        When the context itself cannot be read.
    Cancelled
        When the job was cancelled.
    """
    context = context or cache.default_context
    if context is None:
        raise InputError("The cache has no context: no .pmap is in it.", path=cache.path, cure="Name another cache.")
    cache.check_context(context)
    if not request.references and not request.delete:
        raise UsageError("There is nothing to ingest and nothing to delete.", cure="Name a reference.")
    if len(request.references) + len(request.delete) > MOST_FILES:
        raise UsageError(f"More than {MOST_FILES:,} files at once are too many.", cure="Ingest them in several turns.")
    cache.load(context)
    return _Proposing(cache, context, request, job or Job("Looking at the references")).run()


@dataclass
class _Type:
    """One mapping that changes: its text, what crds read before files go in, and what crds makes of it with them."""

    instrument: str
    type: str
    before: str
    name: str
    base: str
    text: str
    rmap: Any
    rules: list[tuple[Incoming, Keyed]] = field(default_factory=list)
    inserted: Any = None
    valid: Any = None


class _Proposing:
    def __init__(self, cache: "Cache", context: str, request: Request, job: Job) -> None:
        self.cache, self.context, self.request, self.job = cache, context, request, job
        self.findings: list[Finding] = []
        self.types: dict[tuple[str, str], _Type] = {}
        self.rules: list[NewRule] = []
        self.deletions: list[Deletion] = []
        self.taken = set(taken_names(cache))
        self.names = set(taken_mappings(cache))
        self.called: dict[str, str] = {}

    def run(self) -> Proposal:
        for name in dict.fromkeys(self.request.delete):
            self._delete(name)
        count = len(self.request.references)
        for one in self.job.part(0, 0.7).track(self.request.references, count, "looking at references"):
            given = one if isinstance(one, Given) else Given(Path(one))
            known = len(self.findings)
            self._add(given)
            self.findings[known:] = [_whose(finding, given.path) for finding in self.findings[known:]]
        done = [kind for kind in self.types.values() if kind.text != kind.base]
        mappings: list[NewMapping] = []
        bases: dict[str, str] = {}
        for kind in () if self._stopped() else done:
            self._check(kind)
        if done and not self._stopped():
            try:
                mappings, bases = self._mappings(done)
            except InputError as problem:
                place = problem.path.name if problem.path else self.context
                self.findings.append(error("mapping", place, problem.message, problem.cure or "Mend the mapping."))
        new = mappings[-1].name if mappings else self.context
        forget_memos(kind.rmap for kind in self.types.values() if kind.text != kind.base)
        proposal = Proposal(
            self.cache.path,
            self.context,
            new,
            tuple(self.rules),
            tuple(self.deletions),
            tuple(mappings),
            (),
            bases,
            self.called,
        )
        if mappings:
            self.findings += rivals(self.cache, proposal, self.job.part(0.7, 1))
        findings = sorted(dict.fromkeys(self.findings), key=lambda one: (_RANK[one.severity], one.place, one.code))
        self.job.report(1.0, "done")
        return replace(proposal, findings=tuple(findings))

    def _stopped(self) -> bool:
        return any(one.severity is Severity.ERROR for one in self.findings)

    # ------------------------------------------------------------------ files

    def _delete(self, name: str) -> None:
        count = 0
        for instrument in self.cache.instruments(self.context):
            try:
                types = dict(self.cache.types(self.context, instrument))
            except CalguiError:
                continue
            for kind, mapping in types.items():
                parsed = self.cache.texts.tried(mapping) if mapping not in SPECIAL else None
                if parsed is None or all(file != name for file, _ in parsed.files()):
                    continue
                one = self._type(instrument, kind, None)
                if one is None:
                    continue
                try:
                    one.text, entries = textedit.delete(one.text, name)
                    before, one.rmap = one.rmap, self._loaded(one)
                    forget_memos((before,))
                except InputError as problem:
                    self.findings.append(error("mapping", mapping, problem.message, "Change this mapping by hand."))
                    continue
                count += entries
                self.deletions.append(Deletion(name, instrument, kind, one.name, entries))
        if not count:
            text = f"{self.context} does not select it by any rule: there is nothing to delete."
            self.findings.append(error("not-named", name, text, "Look at its spelling, or choose another context."))

    def _add(self, given: Given) -> None:
        request = self.request
        said = {**request.settings, **given.settings}
        one, found = read_incoming(self.cache, self.context, given.path, said, given.type or request.type)
        self.findings += found
        self.called[str(given.path)] = one.source.name if one is not None else given.path.name
        if one is None or not one.type or not one.instrument:
            if one is not None and one.source.name.lower() in self.taken:
                text = "A reference of this name is in the cache already."
                self.findings.append(error("name-taken", one.source.name, text, "Give it another name."))
            return
        if given.name is not None:
            one = replace(one, source=replace(one.source, name=given.name))
        elif request.rename:
            one = replace(one, source=replace(one.source, name=free_name(self.cache, one, self.taken)))
        self.called[str(given.path)] = one.source.name
        kind = self._type(one.instrument, one.type, one)
        if kind is None:
            return
        self.findings += check_name(self.cache, one, self.taken)
        self.taken.add(one.source.name.lower())
        keyed, found_there = key_of(kind.rmap, self.cache.observatory, one)
        self.findings += found_there
        if keyed is not None:
            self._put(kind, one, keyed)

    def _put(self, kind: _Type, one: Incoming, keyed: Keyed) -> None:
        name = one.source.name
        twin = next((other for other, place in kind.rules if place.path == keyed.path), None)
        if twin is not None:
            text = (
                f"It has the rule and date of {twin.source.name}, which goes in with it: one would replace the other."
            )
            self.findings.append(error("twice", name, text, "Leave one of them out, or correct their headers."))
            return
        if not self._by_crds(kind, one, keyed):
            return
        try:
            kind.text = textedit.insert(kind.text, keyed.path, kind.rmap.selector.class_list, name)
        except InputError as problem:
            self.findings.append(error("mapping", kind.before, problem.message, "Change this mapping by hand."))
            return
        kind.rules.append((one, keyed))
        action = Action.ADDS if keyed.found is None else Action.REPLACES
        key = tuple(parameter.value for parameter in keyed.parameters)
        self.rules.append(
            NewRule(
                one.source,
                kind.instrument,
                kind.type,
                kind.name,
                keyed.parameters,
                key,
                keyed.date,
                action,
                keyed.found,
            )
        )

    def _by_crds(self, kind: _Type, one: Incoming, keyed: Keyed) -> bool:
        """Have crds itself put the file into the mapping, besides those before it; whether it did."""
        header = dict(keyed.header)
        header |= {
            key: header[key.upper()] for level in kind.rmap.selector.parkey for key in level if key != key.upper()
        }
        try:
            if kind.inserted is None:  # as its insert() begins
                loaded = self._loaded(kind)
                kind.inserted = loaded.copy()
                forget_memos((loaded,))
            kind.valid = _valid(kind.rmap) if kind.valid is None else kind.valid
            kind.inserted.selector.insert(header, one.source.name, kind.valid)
            return True
        except (Exception, SystemExit) as problem:  # noqa: BLE001 - crds raises whatever it finds
            forget_memos((kind.inserted,))
            kind.inserted = None  # nobody knows how far it came
            lines = [line for line in str(problem).splitlines() if line.strip(" -")]
            special = _SPECIAL in str(problem)
            other = " ".join(str(problem).partition(_SPECIAL)[2].partition("Cancel the submission")[0].split())
            text = (
                "crds refuses its rule: another rule matches whatever it matches, with equal weight"
                f"{f': {clean(other, 160)}' if other else ''}."
                if special
                else f"crds refuses its rule: {clean(lines[-1] if lines else type(problem).__name__, 200)}"
            )
            cure = "Correct its header, so that its rule is that of the others or asks for what none of them does."
            self.findings.append(error("tie" if special else "refused", one.source.name, text, cure))
            return False

    def _check(self, kind: _Type) -> None:
        """What crds made of the mapping is to be what the changed text says."""
        if not kind.rules or kind.inserted is None:
            return
        name = kind.before or kind.name
        try:
            now = self._loaded(kind)
        except InputError as problem:
            self.findings.append(error("mapping", name, problem.message, "Change this mapping by hand."))
            return
        if flat(now.selector) != flat(kind.inserted.selector):
            text = "What crds makes of it with the new files is not what the changed text says."
            cure = "Change this mapping by hand, or let crds write it anew."
            self.findings.append(error("mapping", name, text, cure))
        forget_memos((now, kind.inserted))

    # ------------------------------------------------------------------ mappings

    def _type(self, instrument: str, kind: str, one: Incoming | None) -> _Type | None:
        """The mapping of a type, as it becomes; a first one where there is none and a file needs it."""
        known = self.types.get((instrument, kind))
        if known is not None:
            return known
        cache = self.cache
        usual = f"{cache.observatory.name}_{instrument.lower()}_{kind}"
        before = cache.types(self.context, instrument).get(kind, "")
        special = not before or before in SPECIAL
        name = next_name("" if special else before, usual, ".rmap", self.names)
        try:
            if not special:
                rmap = cache.rmap(self.context, instrument, kind)
                text = base = cache.parsed(before).text
            elif one is not None:
                base = ""
                text, source = first_mapping(cache, self.context, one, name, self.request.parkey)
                state = f"declares this type {before}" if before else "has no rules for this type"
                with_them = "without parameters" if source == "none" else f"its parameters are {source}"
                said = f"{self.context} {state}: {name} is made; {with_them}."
                self.findings.append(
                    note("new-type", one.source.name, said, "Look whether its parameters are those meant.")
                )
                rmap = load_crds(parse(text, name), cache.layout.mappings / name, cache.observatory, _none)
            else:
                return None
        except CalguiError as problem:
            place = one.source.name if one is not None else before
            text = f"The rules that it belongs to cannot be changed: {problem.message}"
            if problem.path is not None and problem.path.name not in text:
                text = f"{problem.path.name}: {text}"
            self.findings.append(error("mapping", place, text, problem.cure or "Mend the mapping."))
            return None
        self.names.add(name)
        made = _Type(instrument, kind, "" if special else before, name, base, text, rmap)
        self.types[instrument, kind] = made
        return made

    def _loaded(self, one: _Type) -> Any:
        """The mapping as it is now, as crds loads it."""
        name = one.before or one.name
        return load_crds(parse(one.text, name), self.cache.layout.mappings / name, self.cache.observatory, _none)

    def _mappings(self, done: Sequence[_Type]) -> tuple[list[NewMapping], dict[str, str]]:
        made: list[NewMapping] = []
        bases: dict[str, str] = {}
        tables: dict[str, dict[str, str]] = {}
        for one in done:
            made.append(self._new(one.name, one.before, one.text, one.base, one.instrument, one.type))
            tables.setdefault(one.instrument, {})[one.type] = one.name
        imaps: dict[str, str] = {}
        for instrument, types in tables.items():
            before = self.cache.instruments(self.context)[instrument]
            usual = f"{self.cache.observatory.name}_{instrument.lower()}"
            name, new = self._table(before, usual, ".imap", types, str.lower, instrument)
            imaps[instrument] = name
            made.append(new)
        made.append(self._table(self.context, self.cache.observatory.name, ".pmap", imaps, str.upper, "")[1])
        for new in made:
            if new.derived_from:
                bases[new.derived_from] = digest(self.cache.raw(new.derived_from))
        lines = {new.name: {file: line for file, line in parse(new.text, new.name).files()} for new in made}  # noqa: C416
        self.rules = [replace(rule, line=lines[rule.mapping].get(rule.source.name)) for rule in self.rules]
        return made, bases

    def _table(
        self, before: str, usual: str, kind: str, rows: Mapping[str, str], fold: Any, instrument: str
    ) -> tuple[str, NewMapping]:
        """The ``.imap`` or ``.pmap`` that names what is new."""
        parsed = self.cache.parsed(before)
        name = next_name(before, usual, kind, self.names)
        self.names.add(name)
        text = parsed.text
        written = {fold(entry.key[0]): entry.key[0] for entry in parsed.choices.entries if len(entry.key) == 1}
        for key, file in rows.items():
            text = textedit.set_entry(text, written.get(key, key.upper()), file)
        return name, self._new(name, before, text, parsed.text, instrument, "")

    def _new(self, name: str, before: str, text: str, base: str, instrument: str, kind: str) -> NewMapping:
        text = textedit.set_header(text, "name", name)
        text = textedit.set_header(text, "derived_from", before)
        if "last_modified" in parse(text, name).header:
            text = textedit.set_header(text, "last_modified", f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M:%S}")
        text = textedit.signed(text)
        parsed = parse(text, name)
        diff = unified(base, text, before or "/dev/null", name)
        return NewMapping(name, before, instrument, kind, text, diff, str(parsed.stated_sha1))


def _whose(finding: Finding, path: Path) -> Finding:
    """Where a value is asked for, which file lacks it: its name may be another by then, or that of two."""
    places = tuple(replace(one, note=str(path)) if one.header and not one.rule else one for one in finding.places)
    return replace(finding, places=places)


def _valid(rmap: Any) -> Any:
    """Values that crds allows when it inserts."""
    return {} if crds_module("core.config").ALLOW_BAD_PARKEY_VALUES else rmap.get_valid_values_map()


def _none(name: str, **_: Any) -> Any:
    raise InputError(f"{name!r} is not looked up here.", cure="Mend the mapping.")
