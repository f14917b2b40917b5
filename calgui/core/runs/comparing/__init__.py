"""A new reference beside the one that the rules select: what each kind of product is compared by."""

from calgui.core.runs.comparing.selected import compare_with_selected
from calgui.core.runs.comparing.values import COMPARERS, Changes, Comparison, as_document, comparer_of

__all__ = ["COMPARERS", "Changes", "Comparison", "as_document", "compare_with_selected", "comparer_of"]
