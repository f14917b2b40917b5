"""Turn a mapping's text into a ``crds`` mapping object, after everything that could fool crds was looked for."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from calgui.core.errors import CalguiError, InputError
from calgui.core.rules.files import regexes
from calgui.core.rules.files.mapping_file import KINDS, Choices, MappingFile
from calgui.core.rules.files.syntax import MAKING
from calgui.core.rules.observatories.observatory import Observatory
from calgui.core.rules.observatories.setup import crds_module
from calgui.core.rules.observatories.teaching import is_stock, teach

_HOOK = re.compile(r"(precondition_header|fallback_header|rmap_update_headers)(_[a-z0-9]+_[a-z0-9]+_v[0-9]+)?\Z")
_HOOK_KINDS = ("precondition_header", "fallback_header", "rmap_update_headers")
_LONGEST_KEY = 10_000
_RESTORE = "Restore the file from where it came."
_NEEDS = {".pmap": (), ".imap": ("instrument",), ".rmap": ("instrument", "filekind")}
_CLASSES = {".pmap": "PipelineContext", ".imap": "InstrumentContext", ".rmap": "ReferenceMapping"}


def check_header(parsed: MappingFile, observatory: str) -> None:
    """Refuse a mapping whose header crds cannot use, or could be fooled by.

    Parameters
    ----------
    parsed : MappingFile
        What its text says.
    observatory : str
        Name of the cache's observatory, lower case.

    Raises
    ------
    InputError
        Saying which entry of the header is wrong.
    """
    for key in ("mapping", "parkey", "name", "derived_from", "observatory", *_NEEDS[parsed.kind]):
        if key not in parsed.header:
            state = "is no plain value" if key in parsed.odd else "is missing"
            raise InputError(f"The header's {key!r} {state}, without which crds refuses the mapping.", cure=_RESTORE)
    if parsed.odd:
        raise InputError(f"The header's {parsed.odd[0]!r} is no plain value.", cure=_RESTORE)
    wanted = KINDS[parsed.kind]
    if parsed.word("mapping") != wanted.lower():
        raise InputError(
            f"The header says 'mapping': {parsed.header['mapping']!r}, but a {parsed.kind} is {wanted!r}.",
            cure=_RESTORE,
        )
    if parsed.word("observatory") != observatory:
        raise InputError(
            f"The mapping belongs to the observatory {parsed.header['observatory']!r}, the cache to {observatory!r}.",
            cure="Correct 'observatory' in the header, or move the file to its own cache.",
        )
    _check_parkeys(parsed)
    _check_hooks(parsed)
    _check_keys(parsed.choices)
    if parsed.kind != ".rmap" and parsed.choices.selector:
        raise InputError("The selector of a .pmap or .imap is a plain table of files.", cure=_RESTORE)
    if parsed.kind == ".rmap" and not parsed.choices.selector:
        raise InputError("The selector of an .rmap is a Match, UseAfter or the like.", cure=_RESTORE)


def _check_parkeys(parsed: MappingFile) -> None:
    parkey = parsed.header["parkey"]
    if not isinstance(parkey, tuple):
        raise InputError(f"The header's 'parkey' is {parkey!r}, not a tuple of parameters.", cure=_RESTORE)
    names = [name for part in parkey for name in (part if isinstance(part, tuple) else (part,))]
    if any(not isinstance(name, str) for name in names) or (parsed.kind != ".rmap" and not names):
        raise InputError("The header's 'parkey' names no parameters.", cure=_RESTORE)


def _check_hooks(parsed: MappingFile) -> None:
    hooks = parsed.header.get("hooks")
    if not hooks:
        return
    if not isinstance(hooks, dict) or not all(isinstance(text, str) for pair in hooks.items() for text in pair):
        raise InputError("The header's 'hooks' is no table of names.", cure=_RESTORE)
    for kind, name in hooks.items():
        if kind not in _HOOK_KINDS or not (name == "none" or (_HOOK.match(name) and name.startswith(kind))):
            raise InputError(
                f"The header asks for the hook {name!r}, which is none of crds's own; it was not called.",
                cure="Do not use this file; restore it from where it came.",
            )


def _check_keys(choices: Choices) -> None:
    # crds compiles keys before anybody can look at what became of them
    for entry in choices.entries:
        if any(len(word) > _LONGEST_KEY for word in entry.key):
            raise InputError(
                f"The rule in line {entry.line} has a value of more than {_LONGEST_KEY} letters.", cure=_RESTORE
            )
        if isinstance(entry.value, Choices):
            _check_keys(entry.value)


def hooks_in_vain(parsed: MappingFile) -> tuple[str, ...]:
    """Hooks that the header names and that do nothing here: crds has them only for the observatories it knows."""
    hooks = parsed.header.get("hooks")
    if not isinstance(hooks, dict) or is_stock(parsed.word("observatory")):
        return ()
    return tuple(str(name) for name in hooks.values() if name != "none")


def load_crds(parsed: MappingFile, path: Path, observatory: Observatory, loader: Callable[..., Any]) -> Any:
    """Make the crds object of a mapping that was read and parsed.

    Parameters
    ----------
    parsed : MappingFile
        What its text says.
    path : pathlib.Path
        Where it was read from.
    observatory : Observatory
        The cache's.
    loader : callable
        Called by crds with the name of a nested mapping when it is first needed.

    Returns
    -------
    crds.core.rmap.Mapping
        ``PipelineContext``, ``InstrumentContext`` or ``ReferenceMapping``.

    Raises
    ------
    InputError
        When crds refuses the mapping, or would be fooled by it.
    """
    try:
        check_header(parsed, observatory.name)
        own = parsed.word("instrument")
        teach(observatory, [own] if own else [])
        rmap = crds_module("core.rmap")
        with MAKING:
            made = getattr(rmap, _CLASSES[parsed.kind]).from_string(
                parsed.text, str(path), ignore_checksum=True, path=str(path.parent), loader=loader
            )
        if parsed.kind == ".rmap":
            regexes.check(_patterns(made.selector))
    except CalguiError as error:
        raise InputError(error.message, path=path, cure=error.cure) from error
    except (Exception, SystemExit) as error:  # crds raises whatever a broken text leads it to
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"crds refuses the mapping: {reason}", path=path, cure=_RESTORE) from error
    return made


def _patterns(selector: Any) -> Iterator[str]:
    """Raw regular expressions among the keys of a selector and of those nested in it."""
    for pair in getattr(selector, "_match_selections", {}).values():
        for matcher in pair[0]:
            yield from _matcher_patterns(matcher)
    for choice in selector.choices():
        if hasattr(choice, "choices"):
            yield from _patterns(choice)


def _matcher_patterns(matcher: Any) -> Iterator[str]:
    for name in ("_unnegated_matcher", "_matcher1", "_matcher2"):
        inner = getattr(matcher, name, None)
        if inner is not None:
            yield from _matcher_patterns(inner)
    # globs are made by fnmatch, which cannot run away
    if type(matcher).__name__ == "RegexMatcher":
        yield matcher._regex.pattern
