"""What a new reference says of itself: whether it is whole, what it is called, its type and instrument."""

import contextlib
import os
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calgui.core.errors import CalguiError
from calgui.core.rules.files.mapping_file import SPECIAL, safe_name
from calgui.core.rules.files.trust import look
from calgui.core.rules.ingest.problems import asks, clean, error, note, warning
from calgui.core.rules.observatories.teaching import is_stock
from calgui.core.rules.values import Finding, Trust

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache

from calgui.core.rules.ingest.values import Source

_TYPE_KEYS = ("META.REFTYPE", "META.REF_TYPE", "ROMAN.META.REFTYPE", "REFTYPE", "META.REFTYPE.NAME")
_SUFFIX = re.compile(r"\.(fits|fit|fits\.gz|asdf|json)\Z")
#: letters that crds takes in the name of a file
_CRDS_NAME = re.compile(r"[A-Za-z0-9._-]{1,128}\Z")
#: what a mapping's text quotes and could be a file
_QUOTED = re.compile(rb"""['"]([^'"\n]{1,255}\.[A-Za-z0-9]{1,8})['"]""")
_WORDS = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\Z")


@dataclass(frozen=True)
class Incoming:
    """A new file and what it says.

    Attributes
    ----------
    source : Source
    texts : mapping of str to str
        Keywords and parkeys to values, as text; what the user set is among them.
    type, instrument : str
        Lower and upper case; empty where the file does not say it.
    findings : tuple of Finding
    """

    source: Source
    texts: Mapping[str, str] = field(repr=False)
    type: str = ""
    instrument: str = ""
    findings: tuple[Finding, ...] = ()


def read_incoming(
    cache: "Cache", context: str, path: Path, settings: Mapping[str, Any], kind: str | None
) -> tuple[Incoming | None, tuple[Finding, ...]]:
    """Look at one new file.

    Parameters
    ----------
    cache : Cache
        Where it is to go.
    context : str
        Whose instruments count.
    path : pathlib.Path
        The file.
    settings : mapping of str to object
        What the user says beside, by keyword or parkey; wins over the file.
    kind : str or None
        Its type, where the user says it.

    Returns
    -------
    Incoming or None
        None where nothing can be said of it.
    tuple of Finding
        What is wrong with it. Never raises for what a file holds.
    """
    name = path.name
    try:
        real = path.expanduser().resolve(strict=True)
        status = os.stat(real)  # noqa: PTH116
    except (OSError, RuntimeError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or str(problem)
        return None, (error("unreadable", name, f"{path} cannot be read: {reason}.", "Name a file that is there."),)
    if not _SUFFIX.search(name.lower()):
        text = "Its name does not end as that of a reference does: .fits, .fits.gz, .asdf or .json."
        return None, (error("naming", name, text, "Name a reference file, or give it its ending."),)
    verdict = look(real)
    cures = {
        Trust.LFS_POINTER: "Run 'git lfs pull' where it lies.",
        Trust.MISSING: "Name a file that is there.",
        Trust.CORRUPT: "Make or fetch the file anew.",
    }
    if verdict.trust in cures:
        return None, (error(verdict.trust.value, name, verdict.reason, cures[verdict.trust]),)
    try:
        header = _header(real)
    except CalguiError as problem:
        cure = problem.cure or "Make or fetch the file anew."
        return None, (error("header", name, f"Its header cannot be read: {problem.message}", cure),)
    from calgui.core.rules.selection.header import parkey_texts, with_settings

    texts = parkey_texts(with_settings(header, settings, cache.observatory), cache.observatory)
    source = Source(real, name, status.st_size, status.st_mtime_ns)
    found: list[Finding] = []
    if not _is_fits(real):
        text = "Headers are read of FITS files only: what the rules ask for is to be set."
        found.append(note("not-read", name, text, "Set it (--set KEYWORD=VALUE)."))
    said = kind.lower() if kind else next((texts[key].strip().lower() for key in _TYPE_KEYS if key in texts), "")
    instrument = _instrument(cache, context, texts, name, found)
    found += _check_type(cache, context, instrument, said, name)
    found += _own_verdict(texts, name)
    bad_type = not said or any(one.code in ("type", "instrument") for one in found)
    return Incoming(source, texts, "" if bad_type else said, instrument), tuple(found)


def _own_verdict(texts: Mapping[str, str], name: str) -> Iterator[Finding]:
    """A warning where the algorithm that made the file did not call it good."""
    said = texts.get("CALVERD", "").strip().lower()
    if said in ("bad", "doubtful"):
        text = f"The algorithm that made it calls it {said} (CALVERD); its HISTORY says why."
        yield warning("verdict", name, text, "Validate it first (calgui validate).")


def _is_fits(path: Path) -> bool:
    return path.name.lower().endswith((".fits", ".fit", ".fits.gz"))


def _header(path: Path) -> dict[str, Any]:
    if _is_fits(path):
        from calgui.core.frames.headers import rule_header

        return rule_header(path)
    return {}


def _instrument(cache: "Cache", context: str, texts: Mapping[str, str], name: str, found: list[Finding]) -> str:
    known = cache.instruments(context)
    key = str(cache.load(context).instrument_key).upper()
    keyword = cache.observatory.keyword_of(key) or key
    said = next((texts[one].strip().upper() for one in (key, keyword, "INSTRUME") if texts.get(one, "").strip()), "")
    listed = ", ".join(known) or "none"
    if not said:
        text = f"Its header does not say the instrument ({keyword}); {context} knows {listed}."
        found.append(
            error("instrument", name, text, f"Write {keyword} into its header, or set it.", asks(name, keyword))
        )
    elif said not in known:
        text = f"Its instrument is {clean(said, 40)!r}, which {context} does not know; it knows {listed}."
        found.append(
            error("instrument", name, text, f"Correct {keyword}, or choose another cache.", asks(name, keyword, said))
        )
    return said if said in known else ""


def _check_type(cache: "Cache", context: str, instrument: str, said: str, name: str) -> list[Finding]:
    if not said:
        text = "Its header does not say which type of reference it is (REFTYPE)."
        return [error("type", name, text, "Write REFTYPE into its header, or name the type.", asks(name, "REFTYPE"))]
    if not instrument:
        return []
    try:
        known = {kind for kind, _ in cache.types(context, instrument).items()}
    except CalguiError as problem:
        return [error("instrument", name, f"{instrument}: {problem.message}", problem.cure)]
    if said not in known and (said.upper() not in cache.observatory.types or not _WORDS.match(said)):
        listed = ", ".join(sorted({*known, *(kind.lower() for kind in cache.observatory.types)}))
        text = f"Its type is {clean(said, 40)!r}, which {instrument} does not have; it has {clean(listed, 300)}."
        return [
            error("type", name, text, "Correct REFTYPE in its header, or name the type.", asks(name, "REFTYPE", said))
        ]
    return []


# ---------------------------------------------------------------------- names


def taken_names(cache: "Cache") -> frozenset[str]:
    """All names of references that a cache has or names, in lower case."""
    found = {name.lower() for name in cache.layout.reference_names()}
    for name in cache.mappings:
        if name.endswith(".rmap"):
            # looked for and not parsed: a cache with its whole history has tens of thousands, some of them broken
            with contextlib.suppress(CalguiError):
                found.update(match.decode("utf-8", "replace").lower() for match in _QUOTED.findall(cache.raw(name)))
    return frozenset(found)


def taken_mappings(cache: "Cache") -> frozenset[str]:
    """All names of mappings that a cache has, or names without having them: a new file would take their place."""
    found = set(cache.mappings)
    for name in cache.mappings:
        if not name.endswith(".rmap"):
            with contextlib.suppress(CalguiError):
                words = (match.decode("utf-8", "replace") for match in _QUOTED.findall(cache.raw(name)))
                found.update(word for word in words if word.endswith((".pmap", ".imap", ".rmap")))
    return frozenset(found)


def check_name(cache: "Cache", one: Incoming, taken: Collection[str]) -> list[Finding]:
    """Whether a new file's name can stand in the cache.

    Parameters
    ----------
    cache : Cache
    one : Incoming
        With type and instrument known.
    taken : collection of str
        All names that the cache knows, lower case, and those of the files before in the batch.

    Returns
    -------
    list of Finding
    """
    name = one.source.name
    free = free_name(cache, one, taken)
    cure = f"Call it {free} (--rename does so)."
    if not safe_name(name) or not _CRDS_NAME.match(name) or name.startswith((".", "-")) or not _SUFFIX.search(name):
        text = "Its name is not one that crds takes: letters, digits, '.', '_', '-' and an ending such as .fits."
        return [error("naming", name, text, cure)]
    found = []
    if name in SPECIAL:
        found.append(error("naming", name, "Its name stands for no file in mappings.", cure))
    if name.lower() in taken:
        text = "A reference of this name is in the cache already, or named by its mappings: contexts rely on it."
        found.append(error("name-taken", name, text, cure))
    if is_stock(cache.observatory.name) or cache.observatory.derived:
        return found
    words = (cache.observatory.name, one.instrument.lower(), one.type)
    if not re.match(rf"{'_'.join(map(re.escape, words))}_\d{{4,}}\.[a-z0-9.]+\Z", name):
        form = f"{'_'.join(words)}_<number>.fits"
        if re.match(rf"{re.escape(words[0])}_[a-z0-9]+_[a-z0-9_-]+_\d{{4,}}\.[a-z0-9.]+\Z", name):
            text = f"Its name is that of another instrument or type, and not {form}: tools read both from it."
            found.append(error("naming", name, text, cure))
        else:
            text = f"Its name is not of CRDS's form {form}: tools that read instrument and type from names fail on it."
            found.append(warning("naming", name, text, cure))
    return found


def free_name(cache: "Cache", one: Incoming, taken: Collection[str]) -> str:
    """The next free name of CRDS's form for a file."""
    stem = f"{cache.observatory.name}_{one.instrument.lower()}_{one.type}"
    ending = _SUFFIX.search(one.source.name.lower())
    pattern = re.compile(rf"{re.escape(stem)}_(\d{{4,9}})\.(?![pir]map\Z)")
    numbers = [int(found.group(1)) for found in map(pattern.match, taken) if found]
    return f"{stem}_{max(numbers, default=0) + 1:04d}{ending.group(0) if ending else '.fits'}"
