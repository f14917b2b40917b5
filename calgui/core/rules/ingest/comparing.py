"""What an ingest compares: bytes by their digest, texts by their difference, selectors by what they hold."""

import difflib
import hashlib
from collections.abc import Iterable
from typing import Any


def flat(selector: Any) -> Any:
    """What a selector of crds holds, whatever its layout: keys as crds conditions them."""
    if not hasattr(selector, "_raw_selections"):
        return selector
    return {str(selector.condition_key(key)): flat(held) for key, held in selector._raw_selections}


def digest(data: bytes) -> str:
    """SHA-1 of bytes, by which a file is known again."""
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


def unified(old: str, new: str, old_name: str, new_name: str) -> str:
    """The difference of two texts as ``diff -u`` tells it, such that ``patch`` and git take it."""
    lines: Iterable[str] = difflib.unified_diff(old.splitlines(True), new.splitlines(True), old_name, new_name)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
