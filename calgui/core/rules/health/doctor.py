"""Everything that is wrong with a cache, each at the place that it concerns, with what it means and a cure.

Real caches are broken and open all the same: nothing found here stops the rest.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from calgui.core.errors import InputError
from calgui.core.jobs import Job
from calgui.core.rules.files.configuration import bad_files
from calgui.core.rules.files.contents import Contents
from calgui.core.rules.files.loading import check_header
from calgui.core.rules.files.mapping_file import NOT_APPLICABLE, SPECIAL, Entry, MappingFile, safe_name
from calgui.core.rules.files.reach import CHILD, Reach, reach
from calgui.core.rules.files.trust import Verdict
from calgui.core.rules.health.checks import check_derivation, check_mapping
from calgui.core.rules.observatories.teaching import is_stock
from calgui.core.rules.values import Finding, Severity, Trust

_RANK = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}
_RESTORE = "Restore the file from where the cache came."
_TRUST_CURES = {
    Trust.MISSING: "Fetch the file into the cache's references.",
    Trust.LFS_POINTER: "Run 'git lfs pull' in the cache's repository.",
    Trust.CORRUPT: "Fetch the file anew.",
    Trust.CHECKSUM_MISMATCH: "Fetch the file anew; if it was changed on purpose, give it a new name and new sums.",
}


class Doctor:
    """Finds what is wrong with the parts of a cache, as seen from one context.

    Parameters
    ----------
    cache : Contents
    context : str or None
        What it reaches is judged strictly; what it does not is at most a warning.
    """

    def __init__(self, cache: Contents, context: str | None) -> None:
        self.cache = cache
        self.context = context
        self.reach: Reach = reach(cache.texts, context)
        self._references: dict[tuple[str, Verdict], tuple[Finding, ...]] = {}
        self._bad = bad_files(cache.server_config)
        self._mappings_only = not cache.has_references and not cache.layout.reference_names()

    def _judged(self, finding: Finding, strict: bool) -> Finding:
        if strict or finding.severity is not Severity.ERROR:
            return finding
        return replace(finding, severity=Severity.WARNING)

    def mapping(self, name: str) -> tuple[Finding, ...]:
        """What is wrong with one mapping file.

        Parameters
        ----------
        name : str
            File name.

        Returns
        -------
        tuple of Finding
        """
        strict = name in self.reach.mappings
        return tuple(self._judged(finding, strict) for finding in self._mapping(name, strict))

    def _mapping(self, name: str, strict: bool) -> Iterator[Finding]:
        if not safe_name(name):
            yield _unsafe(name)
            return
        if self.cache.mapping_path(name) is None:
            text = "The mapping is named but not in the cache: everything that it would select is not found."
            yield Finding(Severity.ERROR, "missing-mapping", name, text, _RESTORE)
            return
        try:
            parsed = self.cache.parsed(name)
        except InputError as error:
            yield self._unreadable(name, error)
            return
        try:
            check_header(parsed, self.cache.observatory.name)
            if strict:
                self.cache.load(name)
        except InputError as error:
            yield Finding(Severity.ERROR, "refused", name, error.message, error.cure or _RESTORE)
        yield from check_mapping(parsed)
        origin = parsed.header.get("derived_from")
        there = isinstance(origin, str) and self.cache.mapping_path(origin) is not None and origin != name
        yield from check_derivation(parsed, there)
        if self.context and name in self._bad:
            yield Finding(
                Severity.WARNING, "bad-file", name, "server_config lists the file as bad.", "Choose another context."
            )

    def _unreadable(self, name: str, error: InputError) -> Finding:
        try:
            pointer = self.cache.raw(name).startswith(b"version https://git-lfs")
        except InputError as other:
            return Finding(Severity.ERROR, "unreadable", name, other.message, other.cure)
        if pointer:
            text = "The mapping is a Git LFS pointer: its place is there, its text is not."
            return Finding(Severity.ERROR, "lfs-pointer", name, text, _TRUST_CURES[Trust.LFS_POINTER])
        return Finding(Severity.ERROR, "syntax", name, error.message, error.cure)

    def entry(self, parsed: MappingFile, entry: Entry) -> tuple[Finding, ...]:
        """What there is to say of one entry of a ``.pmap`` or ``.imap``, apart from the file that it names.

        Parameters
        ----------
        parsed : MappingFile
            The mapping that holds it.
        entry : Entry

        Returns
        -------
        tuple of Finding
        """
        strict = parsed.name in self.reach.mappings
        return tuple(self._judged(finding, strict) for finding in self._entry(parsed, entry))

    def _entry(self, parsed: MappingFile, entry: Entry) -> Iterator[Finding]:
        label = ", ".join(entry.key)
        wanted = CHILD[parsed.kind]
        value = entry.value
        if isinstance(value, str) and value in SPECIAL:
            what = "not applicable" if value in NOT_APPLICABLE else "left out"
            text = f"{label} is declared {value}: it is {what} for every observation, and no file is looked for."
            yield Finding(Severity.INFO, "not-applicable", parsed.name, text, "Nothing to do if that is meant.")
            return
        if not isinstance(value, str) or not value.endswith(wanted):
            shown = value if isinstance(value, str) else "no single file"
            text = f"{label} in line {entry.line} selects {shown!r}, where only {wanted} files belong: it is not used."
            yield Finding(Severity.ERROR, "wrong-kind", parsed.name, text, _RESTORE)
            return
        child = self.cache.texts.tried(value)
        key, own = ("instrument", "instrument") if parsed.kind == ".pmap" else ("type", "filekind")
        if child is not None and child.word(own) and child.word(own) != label.lower():
            text = (
                f"It is selected as {key} {label} by {parsed.name}, but its header says"
                f" {child.header[own]!r}: one of the two is wrong."
            )
            yield Finding(Severity.WARNING, key, value, text, "Correct the header, or the table that names the file.")
        if parsed.kind == ".imap" and child is not None and child.word("instrument") != parsed.word("instrument"):
            text = f"The rules are for {child.header.get('instrument')!r}, but {parsed.name} selects them for another."
            yield Finding(Severity.WARNING, "instrument", value, text, "Correct the header, or the table.")

    def reference(self, name: str, verdict: Verdict | None = None) -> tuple[Finding, ...]:
        """What is wrong with one reference file that a mapping names.

        Parameters
        ----------
        name : str
            As in the mapping.
        verdict : Verdict, optional
            What the cache says of it, where that was asked already.

        Returns
        -------
        tuple of Finding
        """
        verdict = verdict or self.cache.verdict(name)
        known = self._references.get((name, verdict))
        if known is None:
            strict = name in self.reach.references
            known = tuple(self._judged(finding, strict) for finding in self._reference(name, verdict))
            self._references[name, verdict] = known
        return known

    def _reference(self, name: str, verdict: Verdict) -> Iterator[Finding]:
        if not safe_name(name):
            yield _unsafe(name)
            return
        if verdict.trust in _TRUST_CURES and not (self._mappings_only and verdict.trust is Trust.MISSING):
            text = verdict.reason
            if verdict.real_size is not None:
                text = f"{text[:-1]} ({_size(verdict.real_size)})."
            code = "missing-reference" if verdict.trust is Trust.MISSING else verdict.trust.value
            cure = _TRUST_CURES[verdict.trust]
            yield Finding(Severity.ERROR, code, name, f"{text} It can be selected, but not used.", cure)
        if name in self._bad:
            text = "server_config lists the file as bad: it should not be used for calibration."
            yield Finding(Severity.WARNING, "bad-file", name, text, "Use a context that selects another.")
        observatory = self.cache.observatory
        if not observatory.derived and not is_stock(observatory.name):
            good = rf"{re.escape(observatory.name)}_[a-z0-9]+_[a-z0-9_-]+_\d{{4,}}\.[a-z0-9.]+\Z"
            if not re.match(good, name):
                text = (
                    f"The name is not of CRDS's form {observatory.name}_<instrument>_<type>_<number>.fits: tools that"
                    " read instrument and type from names fail on it."
                )
                yield Finding(Severity.WARNING, "naming", name, text, "Rename it when the next version is made.")

    def whole(self) -> Iterator[Finding]:
        """What is wrong with the cache as such: its configuration, its folders."""
        yield from self._configuration()
        if not self.cache.contexts:
            text = "The cache has no .pmap: there is no context to select references in."
            yield Finding(Severity.ERROR, "no-context", self.cache.name, text, _RESTORE)
        for name in self.cache.layout.odd_names():
            text = "The name of this mapping file cannot be printed: nothing can name it, and it is not read."
            yield Finding(Severity.WARNING, "unsafe-name", name, text, "Rename or remove the file.")
        if self._mappings_only:
            text = "The cache has mappings only: rules can be asked, but no reference file can be opened."
            yield Finding(Severity.INFO, "no-references", self.cache.name, text, "Add the folder 'references'.")

    def told_of(self, name: str) -> tuple[Finding, ...]:
        """All that there is to say of one mapping file and its entries.

        Parameters
        ----------
        name : str
            File name.

        Returns
        -------
        tuple of Finding
        """
        found = dict.fromkeys(self.mapping(name))
        parsed = self.cache.texts.tried(name)
        if parsed is not None and parsed.kind in CHILD:
            for entry in parsed.choices.entries:
                found.update(dict.fromkeys(self._with_child(parsed, entry)))
        return tuple(found)

    def _with_child(self, parsed: MappingFile, entry: Entry) -> Iterator[Finding]:
        yield from self.entry(parsed, entry)
        value = entry.value
        if isinstance(value, str) and value.endswith(CHILD[parsed.kind]) and self.cache.mapping_path(value) is None:
            yield from self.mapping(value)

    def examine(self, job: Job | None = None) -> tuple[Finding, ...]:
        """What is wrong with the whole cache: with what the context reaches, and with all other files in it.

        Parameters
        ----------
        job : Job, optional
            Progress and cancel.

        Returns
        -------
        tuple of Finding
            Errors first, then by place; each once.
        """
        found = dict.fromkeys(self._all(job or Job()))
        return tuple(sorted(found, key=lambda finding: (_RANK[finding.severity], finding.place)))

    def _all(self, job: Job) -> Iterator[Finding]:
        yield from self.whole()
        references: dict[str, None] = {}
        names = dict.fromkeys([*sorted(self.reach.mappings), *self.cache.mappings])
        for name in job.part(0, 0.6).track(names, len(names), "reading mappings"):
            yield from self.told_of(name)
            parsed = self.cache.texts.tried(name)
            if parsed is not None and parsed.kind == ".rmap":
                references.update((file, None) for file, _ in parsed.files())
        for name in job.part(0.6, 1).track(references, len(references), "looking at references"):
            yield from self.reference(name)

    def _configuration(self) -> Iterator[Finding]:
        cache, place = self.cache, "server_config"
        config = cache.server_config
        if isinstance(config, InputError):
            yield Finding(Severity.WARNING, "server-config", place, config.message, config.cure)
            return
        if config is None:
            return
        used = cache.default_context
        for key in ("operational_context", "edit_context", "versions_context"):
            stated = config.get(key)
            operational = key == "operational_context"
            is_context = isinstance(stated, str) and (operational or stated.endswith(".pmap"))
            if (is_context or (operational and key in config)) and stated not in cache.contexts:
                severity = Severity.ERROR if operational else Severity.WARNING
                text = f"{key!r} is {stated!r}, which the cache does not have: stock crds stops here; {used} is used."
                yield Finding(severity, "server-config", place, text, f"Write {used!r} there.")
        named = config.get("mappings")
        lost = [name for name in named if cache.mapping_path(str(name)) is None] if isinstance(named, list) else []
        if lost:
            text = f"'mappings' lists {len(lost)} files that the cache does not have, {lost[0]!r} first."
            yield Finding(Severity.WARNING, "server-config", place, text, "List those that are there.")
        stated = config.get("observatory")
        if isinstance(stated, str) and stated.lower() != cache.observatory.name:
            text = f"'observatory' is {stated!r}, but the mappings belong to {cache.observatory.name!r}."
            yield Finding(Severity.WARNING, "server-config", place, text, "Correct it.")


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 10**5 else f"{count / 1e3:.1f} kB"


def _unsafe(name: str) -> Finding:
    text = f"{name[:80]!r} is no plain file name: it was not followed, so that it cannot lead out of the cache."
    return Finding(Severity.ERROR, "unsafe-name", name, text, "Do not use a cache that names such files.")
