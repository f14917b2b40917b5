"""Which reference the rules select for a header: crds's own answer, type by type."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from calgui.core.errors import InputError
from calgui.core.rules.files.mapping_file import NOT_APPLICABLE, SPECIAL
from calgui.core.rules.selection.answer import Answer, ask
from calgui.core.rules.selection.header import Plan, plan_of
from calgui.core.rules.selection.sentence import explain_answer
from calgui.core.rules.values import Selection, Status

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache


def best_references(
    cache: "Cache", context: str, header: Mapping[str, Any], types: Sequence[str] | None = None
) -> tuple[Selection, ...]:
    """The references that the rules select for a header.

    Parameters
    ----------
    cache : Cache
        The rules.
    context : str
        Name of a ``.pmap`` of the cache.
    header : mapping of str to object
        As in a file: FITS keywords and parkeys, in any case.
    types : sequence of str, optional
        Reference types in any case; by default all of the header's instrument.

    Returns
    -------
    tuple of Selection
        One for each type, in the given or the mapping's order. A header without a known instrument, or of one whose
        mapping cannot be read, gives errors; those of other instruments are answered.

    Raises
    ------
    UsageError
        When the cache has no such context.
    InputError
        When the context itself cannot be read, or none of its instruments.
    """
    cache.load(context)
    try:
        plan = plan_of(cache, context, header)
    except InputError as error:
        return without_instrument(cache, context, error, types)
    texts, minimal = plan.read(header)
    return tuple(select_one(cache, plan, kind.lower(), texts, minimal) for kind in (types or plan.names))


def all_types(cache: "Cache", context: str) -> list[str]:
    """Reference types of all instruments of a context whose mappings can be read."""
    found: dict[str, None] = {}
    for instrument in cache.instruments(context):
        try:
            found |= dict.fromkeys(cache.types(context, instrument))
        except InputError:
            continue
    return list(found)


def without_instrument(
    cache: "Cache", context: str, error: InputError, types: Sequence[str] | None = None
) -> tuple[Selection, ...]:
    """An error for each type, where the header's instrument is missing, unknown, or has no mapping that can be read."""
    if not types:
        types = all_types(cache, context)
        if not types:
            raise error
    mapping = None if error.path is None else error.path.name
    message = error.message if mapping is None else f"{mapping}: {error.message}"
    return tuple(Selection(kind.lower(), Status.ERROR, mapping=mapping, message=message) for kind in types)


def select_one(
    cache: "Cache", plan: Plan, kind: str, texts: Mapping[str, str], minimal: Mapping[str, str]
) -> Selection:
    """The selection for one type, given the header's values as text and as crds is given them."""
    early = without_rules(plan, kind)
    if early is not None:
        return early
    rmap = plan.rmaps[kind]
    return told(cache, plan, kind, ask(rmap, minimal), texts, minimal)


def without_rules(plan: Plan, kind: str) -> Selection | None:
    """The selection for a type that has no rules to ask, or None where it has some."""
    name = plan.names.get(kind)
    if name is None:
        listed = ", ".join(plan.names)
        message = f"{plan.context} has no reference type {kind!r} for {plan.instrument}; it has {listed}."
        return Selection(kind, Status.ERROR, message=message)
    if name in SPECIAL:
        word = "not applicable" if name in NOT_APPLICABLE else "left out"
        return Selection(kind, Status.NOT_APPLICABLE, message=f"{plan.context} declares this type {word}.")
    rmap = plan.rmaps[kind]
    if isinstance(rmap, InputError):
        return Selection(kind, Status.ERROR, mapping=name, message=f"{name} cannot be used: {rmap.message}")
    return None


def told(
    cache: "Cache", plan: Plan, kind: str, answer: Answer, texts: Mapping[str, str], minimal: Mapping[str, str]
) -> Selection:
    """An answer as a selection, with the reason in a sentence where there is no file."""
    name = plan.names[kind]
    if answer.file is not None:
        first = answer.file.split(",")[0]
        path, trust = cache.reference_path(first), cache.trust(first)
        return Selection(kind, answer.status, answer.file, path, trust, name)
    return Selection(
        kind, answer.status, mapping=name, message=explain_answer(plan, plan.rmaps[kind], answer, texts, minimal)
    )
