"""The nearest miss of one file: the fewest header changes that would have selected it, proved by asking crds."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from calgui.core.rules.questions.matches import base_name
from calgui.core.rules.selection.header import plan_of
from calgui.core.rules.selection.nearmiss import near_misses
from calgui.core.rules.selection.select import select_one, without_rules
from calgui.core.rules.values import NearMiss

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache


def near_miss_of(cache: "Cache", context: str, type: str, header: Mapping[str, Any], file: str) -> NearMiss | None:
    """The fewest header changes that would have selected a file.

    Parameters
    ----------
    cache : Cache
        The rules.
    context : str
        Name of a ``.pmap`` of the cache.
    type : str
        Reference type, in any case.
    header : mapping of str to object
        As in a file.
    file : str
        Name of a reference that the mapping names; folders before it are ignored.

    Returns
    -------
    NearMiss or None
        Without changes where the file is selected now; None where it is not in the mapping, or nothing was found.

    Raises
    ------
    UsageError
        When the cache has no such context.
    InputError
        When the context cannot be read, or the header's instrument is missing or unknown.
    """
    kind, wanted = type.lower(), base_name(file)
    cache.check_context(context)
    plan = plan_of(cache, context, header)
    if without_rules(plan, kind) is not None:
        return None
    texts, minimal = plan.read(header)
    now = select_one(cache, plan, kind, texts, minimal).file
    if now == wanted:
        return NearMiss(wanted, ())
    found = near_misses(plan, kind, header, now, most=1, only=wanted)
    return found[0] if found else None
