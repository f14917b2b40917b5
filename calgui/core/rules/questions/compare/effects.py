"""What a change of contexts means for observations: those whose selection changes, with the old and the new file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from calgui.core.errors import CalguiError
from calgui.core.jobs import Job
from calgui.core.rules.questions.whatif import differences
from calgui.core.rules.selection.bulk import best_references_many
from calgui.core.rules.selection.header import plan_for
from calgui.core.rules.values import Selection

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache


@dataclass(frozen=True)
class ChangedSelection:
    """One observation and type with another answer.

    Attributes
    ----------
    index : int
        The observation's place among the headers.
    type : str
        Lower case.
    old, new : Selection or None
        None where a context has no such type.
    """

    index: int
    type: str
    old: Selection | None
    new: Selection | None


def changed_selections(
    old_cache: "Cache",
    old: str,
    new_cache: "Cache",
    new: str,
    headers: Sequence[Mapping[str, Any]],
    types: Sequence[str] | None = None,
    job: Job | None = None,
) -> tuple[ChangedSelection, ...]:
    """Observations whose selection changes from one context to another.

    Parameters
    ----------
    old_cache, new_cache : Cache
        The same one for two contexts of one cache.
    old, new : str
        Names of two ``.pmap``.
    headers : sequence of mapping
        One for each observation.
    types : sequence of str, optional
        Reference types; by default all.
    job : Job, optional
        Progress and cancel.

    Returns
    -------
    tuple of ChangedSelection
        By observation and type: those with another file or another status; the reasons are not compared.

    Raises
    ------
    UsageError, InputError
        When there is no such context, or one cannot be read.
    Cancelled
        When the job was cancelled.
    """
    job = job or Job()
    old_cache.check_context(old)
    new_cache.check_context(new)
    kinds = tuple(types) if types else touched(old_cache, old, new_cache, new)
    if kinds is not None and not kinds:
        return ()
    before = best_references_many(old_cache, old, headers, kinds, job.part(0, 0.5))
    after = best_references_many(new_cache, new, headers, kinds, job.part(0.5, 1))
    found: list[ChangedSelection] = []
    for index, (one, two) in enumerate(zip(before, after, strict=True)):
        found += _changed(index, one, two)
    return tuple(found)


def _changed(index: int, before: tuple[Selection, ...], after: tuple[Selection, ...]) -> list[ChangedSelection]:
    if len(before) == len(after) and all(
        one.file == two.file and one.status is two.status and one.type == two.type
        for one, two in zip(before, after, strict=True)
    ):
        return []
    return [ChangedSelection(index, one.type, one.before, one.after) for one in differences(before, after)]


def touched(old_cache: "Cache", old: str, new_cache: "Cache", new: str) -> tuple[str, ...] | None:
    """Types whose answers can differ at all: the others have the same rules, and are given the same values.

    Returns
    -------
    tuple of str or None
        None for all, where that cannot be told by the texts.
    """
    try:
        first, second = dict(old_cache.instruments(old)), dict(new_cache.instruments(new))
        if old_cache.observatory != new_cache.observatory or first.keys() != second.keys():
            return None
        found: dict[str, None] = {}
        for instrument in first:
            one, two = plan_for(old_cache, old, instrument), plan_for(new_cache, new, instrument)
            if one.parkeys != two.parkeys or list(one.names) != list(two.names):
                return None
            for kind, name in one.names.items():
                if not _same(old_cache, name, new_cache, two.names[kind]):
                    found[kind] = None
    except CalguiError:
        return None
    return tuple(found)


def _same(old_cache: "Cache", old: str, new_cache: "Cache", new: str) -> bool:
    one, two = old_cache.texts.tried(old), new_cache.texts.tried(new)
    if one is None or two is None:
        return one is two and old == new and old_cache is new_cache
    return one.text == two.text
