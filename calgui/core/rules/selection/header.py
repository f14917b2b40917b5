"""From a file's header to what crds is given: parkeys, values as text, nothing that is not needed."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from calgui.core.errors import InputError
from calgui.core.rules.files.mapping_file import SPECIAL
from calgui.core.rules.observatories.observatory import Observatory
from calgui.core.rules.observatories.setup import crds_module

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache

UNDEFINED = "UNDEFINED"
_LATEST = 16
_PLANS: "WeakKeyDictionary[Any, dict[str, Plan]]" = WeakKeyDictionary()
_LOCK = threading.RLock()


def with_settings(header: Mapping[str, Any], settings: Mapping[str, Any], observatory: Observatory) -> dict[str, Any]:
    """A header with some values set by the user, who wins over the file.

    Parameters
    ----------
    header : mapping of str to object
        As in a file.
    settings : mapping of str to object
        FITS keyword or parkey, in any case, to value.
    observatory : Observatory
        Whose table says which parkeys a FITS keyword stands for.

    Returns
    -------
    dict of str to object
        A copy; the input is not changed.
    """
    changed = dict(header)
    for key, value in settings.items():
        names = {key.upper(), *observatory.parkeys_of(key)}
        for old in [old for old in changed if str(old).upper() in names]:
            del changed[old]
        changed |= dict.fromkeys(names, value)
    return changed


def parkey_texts(header: Mapping[str, Any], observatory: Observatory) -> dict[str, str]:
    """All that a header says, by parkey, unconditioned: keys in upper case, values as text.

    Parameters
    ----------
    header : mapping of str to object
        FITS keywords and parkeys, in any case; where one stands in both cases, crds takes the lower.
    observatory : Observatory
        Whose table says which parkeys a FITS keyword stands for.

    Returns
    -------
    dict of str to str
    """
    return observatory.parkeys(dict(sorted(header.items(), key=lambda item: str(item[0]).islower())))


@dataclass(frozen=True, eq=False)
class Plan:
    """What a context asks of one instrument's headers, and the rules behind each type.

    Attributes
    ----------
    context, instrument : str
        Name of the ``.pmap``; instrument in upper case.
    parkeys : tuple of str
        All that any rule of the instrument reads, and the instrument's own; upper case.
    names : mapping of str to str
        Reference type in lower case to name of the ``.rmap``, or ``N/A`` and the like.
    rmaps : mapping of str to object
        crds's object for each type, or the `InputError` that says why there is none; special ones are left out.
    """

    context: str
    instrument: str
    observatory: Observatory
    parkeys: tuple[str, ...]
    names: Mapping[str, str]
    rmaps: Mapping[str, Any]
    locate: Any = field(repr=False)
    _latest: dict[Any, tuple[Mapping[str, str], Mapping[str, str]]] = field(default_factory=dict, repr=False)

    def texts(self, header: Mapping[str, Any]) -> dict[str, str]:
        """All values of a header by parkey, as text."""
        return dict(self.read(header)[0])

    def minimise(self, texts: Mapping[str, str]) -> dict[str, str]:
        """The header that crds is given: only what rules read, conditioned, UNDEFINED where it is missing."""
        condition = crds_module("core.utils").condition_value
        return {key: condition(texts.get(key, UNDEFINED)) for key in self.parkeys}

    def read(self, header: Mapping[str, Any]) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """`texts` of a header, and that `minimise`d: remembered for the latest headers, as each type asks anew."""
        if None in header.values():
            # a card without a value is missing; as a text it would be taken for the word None
            header = {name: value for name, value in header.items() if value is not None}
        key = (tuple(header), tuple(map(str, header.values())))
        found = self._latest.get(key)
        if found is None:
            given = self.locate.fits_to_parkeys(parkey_texts(header, self.observatory))
            texts = {str(name).upper(): str(value) for name, value in given.items()}
            if len(self._latest) >= _LATEST:
                self._latest.clear()
            found = self._latest[key] = (texts, self.minimise(texts))
        return found


def find_instrument(cache: "Cache", context: str, header: Mapping[str, Any]) -> str:
    """The instrument that a header belongs to, as crds finds it.

    Parameters
    ----------
    cache : Cache
        The rules.
    context : str
        Name of a ``.pmap`` of the cache.
    header : mapping of str to object
        As in a file.

    Returns
    -------
    str
        Upper case; one that the context has.

    Raises
    ------
    InputError
        When the header names no instrument, or one that the context does not know.
    """
    pmap = cache.load(context)
    found = pmap.locate.fits_to_parkeys(parkey_texts(header, cache.observatory))
    known = cache.instruments(context)
    listed = ", ".join(known) or "none"
    try:
        name = str(pmap.get_instrument(found)).strip().upper()
    except crds_module("core.exceptions").CrdsError as error:
        key = str(pmap.instrument_key).upper()
        keyword = cache.observatory.keyword_of(key)
        also = f" ({keyword})" if keyword and keyword != key else ""
        raise InputError(
            f"The header lacks the instrument, {key}{also}; {context} knows {listed}.",
            cure=f"Set {keyword or key} in the header, or choose another file.",
        ) from error
    name = {"WFII": "WFPC2"}.get(name, name)  # as crds does
    if name not in known:
        raise InputError(
            f"The instrument is {name}, which {context} does not know; it knows {listed}.",
            cure="Choose a context or a cache that knows it.",
        )
    return name


def plan_of(cache: "Cache", context: str, header: Mapping[str, Any]) -> Plan:
    """What a context asks of a header, by the instrument that it names.

    Parameters
    ----------
    cache : Cache
        The rules.
    context : str
        Name of a ``.pmap``.
    header : mapping of str to object
        As in a file.

    Returns
    -------
    Plan

    Raises
    ------
    InputError
        When the instrument is missing or unknown, or a mapping cannot be read.
    """
    return plan_for(cache, context, find_instrument(cache, context, header))


def plan_for(cache: "Cache", context: str, instrument: str) -> Plan:
    """What a context asks of an instrument's headers; remembered as long as the cache holds its mappings.

    Parameters
    ----------
    cache : Cache
        The rules.
    context, instrument : str
        Name of a ``.pmap``, and an instrument that it has.

    Returns
    -------
    Plan

    Raises
    ------
    InputError
        When the context or the instrument's mapping cannot be read.
    """
    pmap = cache.load(context)
    imap = cache.load(cache.instruments(context)[instrument])
    with _LOCK:
        known = _PLANS.setdefault(pmap, {})
        if instrument not in known:
            known[instrument] = _make_plan(cache, context, instrument, pmap, imap)
        return known[instrument]


def _make_plan(cache: "Cache", context: str, instrument: str, pmap: Any, imap: Any) -> Plan:
    names = dict(cache.types(context, instrument))
    rmaps: dict[str, Any] = {}
    parkeys = {*imap.parkey, *imap.header.get("extra_keys", []), pmap.instrument_key}
    for kind, name in names.items():
        if name in SPECIAL:
            continue
        try:
            rmaps[kind] = cache.rmap(context, instrument, kind)
            parkeys |= set(rmaps[kind].get_required_parkeys())
        except InputError as error:
            rmaps[kind] = error
    upper = tuple(sorted({str(key).upper() for key in parkeys}))
    return Plan(context, instrument, cache.observatory, upper, names, rmaps, pmap.locate)


def rule_keywords(cache: "Cache", context: str, header: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Which values of a header the rules read.

    Parameters
    ----------
    cache : Cache
        The rules.
    context : str
        Name of a ``.pmap`` of the cache.
    header : mapping of str to object
        As in a file; says which instrument.

    Returns
    -------
    dict of str to tuple of str
        Parkey to the reference types whose rules, dates or conditions read it.

    Raises
    ------
    InputError
        When the header's instrument is missing or unknown.
    """
    plan = plan_of(cache, context, header)
    found: dict[str, list[str]] = {}
    for kind, rmap in plan.rmaps.items():
        if not isinstance(rmap, InputError):
            for key in names_read(rmap, plan.parkeys):
                found.setdefault(key, []).append(kind)
    return {key: tuple(kinds) for key, kinds in sorted(found.items())}


def has_hooks(rmap: Any) -> bool:
    """Whether crds may look at the whole header for this type."""
    none: Callable[..., None] = lambda *_: None  # noqa: E731
    return any(rmap.get_hook(name, none) is not none for name in ("precondition_header", "fallback_header"))


def conditions_of(rmap: Any) -> tuple[tuple[str, Any], ...]:
    """Source and code of the conditions of a mapping: when it is relevant, omitted, and each of its parkeys asked."""
    return (rmap._rmap_relevance_expr, rmap._rmap_omit_expr, *rmap._parkey_relevance_exprs.values())


def names_read(rmap: Any, parkeys: tuple[str, ...]) -> tuple[str, ...]:
    """Parkeys that decide what a mapping selects: its own, and those that its conditions name."""
    own = {str(key).upper() for key in rmap.get_required_parkeys()}
    named = {name for _, code in conditions_of(rmap) for name in code.co_names}
    return tuple(key for key in parkeys if key in own or key in named or key.replace(".", "_") in named)


def names_in_expressions(rmap: Any, parkeys: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Parkeys that the conditions of a mapping name, with the values that they are compared with."""
    found: dict[str, dict[str, None]] = {}
    for _, code in conditions_of(rmap):
        constants: list[str] = []
        for one in code.co_consts:
            constants += [
                str(part) for part in (one if isinstance(one, tuple | frozenset) else (one,)) if part is not None
            ]
        for key in parkeys:
            if key in code.co_names or key.replace(".", "_") in code.co_names:
                found.setdefault(key, {}).update(dict.fromkeys([*sorted(constants), "NONE"]))
    return {key: tuple(values) for key, values in found.items()}
