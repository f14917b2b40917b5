"""Everything that is wrong with a cache, each at the place that it concerns, with what it means and a cure."""

from typing import TYPE_CHECKING

from calgui.core.rules.values import Finding

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache


def examine(cache: "Cache") -> tuple[Finding, ...]:
    """Find the defects of a cache."""
    return ()
