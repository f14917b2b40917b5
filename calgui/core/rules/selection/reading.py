"""What the rules read of one header: each keyword with its parkey, the file's value, and the value as crds sees it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from calgui.core.rules.selection.header import UNDEFINED, plan_of, rule_keywords

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache


@dataclass(frozen=True)
class KeywordRead:
    """One keyword that rules read.

    Attributes
    ----------
    parkey : str
        Upper case, as the mappings name it.
    keyword : str or None
        FITS keyword; None where the observatory's table knows none.
    raw : str or None
        As it stands in the header; None where the header lacks it.
    value : str
        As crds sees it after normalising; ``UNDEFINED`` where it is missing.
    types : tuple of str
        Reference types whose rules read it.
    """

    parkey: str
    keyword: str | None
    raw: str | None
    value: str
    types: tuple[str, ...]

    @property
    def missing(self) -> bool:
        """Whether the header gives it no value."""
        return self.value == UNDEFINED

    @property
    def changed(self) -> bool:
        """Whether normalising made something else of what the file says."""
        return not self.missing and self.raw != self.value


def keywords_read(cache: "Cache", context: str, header: Mapping[str, Any]) -> tuple[KeywordRead, ...]:
    """What the rules of a context read of a header.

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
    tuple of KeywordRead
        The missing ones first, then by keyword.

    Raises
    ------
    InputError
        When the header's instrument is missing or unknown, or its mappings cannot be read.
    """
    plan = plan_of(cache, context, header)
    texts = plan.texts(header)
    seen = plan.minimise(texts)
    given = {str(key).upper(): value for key, value in header.items()}
    found = []
    for parkey, types in rule_keywords(cache, context, header).items():
        keyword = cache.observatory.keyword_of(parkey)
        raw = given.get(keyword or parkey, texts.get(parkey))
        found.append(KeywordRead(parkey, keyword, None if raw is None else str(raw), seen[parkey], types))
    return tuple(sorted(found, key=lambda item: (not item.missing, item.keyword or item.parkey)))
