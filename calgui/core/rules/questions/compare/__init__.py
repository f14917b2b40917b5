"""Compare two contexts, two versions of a mapping, or two caches: by rule and date, and by what that means."""

from calgui.core.rules.questions.compare.differ import compare_contexts, text_diff
from calgui.core.rules.questions.compare.effects import ChangedSelection, changed_selections
from calgui.core.rules.questions.compare.values import Change, ContextDiff, Pair, What

__all__ = [
    "Change",
    "ChangedSelection",
    "ContextDiff",
    "Pair",
    "What",
    "changed_selections",
    "compare_contexts",
    "text_diff",
]
