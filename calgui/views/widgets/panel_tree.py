"""Trees of panels as values of JSON: see `calgui.views.widgets.arrangement`."""

from collections.abc import Iterator
from typing import Any


def panels_in(tree: Any, depth: int) -> Iterator[str]:
    """All panels of a tree.

    Parameters
    ----------
    tree : object
        Perhaps no tree at all.
    depth : int
        How deep it stands in the whole.

    Yields
    ------
    str
        Name of a panel.

    Raises
    ------
    TypeError, ValueError, KeyError
        It is no tree.
    """
    if depth > 12:
        raise ValueError("too deep")
    if isinstance(tree, str):
        yield tree
        return
    if "tabs" in tree:
        if not all(isinstance(name, str) for name in tree["tabs"]) or not isinstance(tree.get("current", 0), int):
            raise TypeError("no names of panels")
        yield from tree["tabs"]
        return
    sizes, parts = tree["sizes"], tree["parts"]
    fine = all(isinstance(size, int | float) and 0 <= size < 1e5 for size in sizes)
    if tree["split"] not in ("across", "down") or len(sizes) != len(parts) or len(parts) < 2 or not fine:
        raise ValueError("no split")
    for part in parts:
        yield from panels_in(part, depth + 1)


def without(tree: Any, name: str) -> Any:
    """A tree without a panel; its room goes to its neighbours.

    Parameters
    ----------
    tree : object
        A tree.
    name : str
        Of the panel.

    Returns
    -------
    object
        None where nothing is left.
    """
    if tree == name:
        return None
    if isinstance(tree, str):
        return tree
    if "tabs" in tree:
        left = [one for one in tree["tabs"] if one != name]
        return {"tabs": left, "current": 0} if len(left) > 1 else (left[0] if left else None)
    pairs = [(without(part, name), size) for part, size in zip(tree["parts"], tree["sizes"], strict=True)]
    left_pairs = [(part, size) for part, size in pairs if part is not None]
    if len(left_pairs) < 2:
        return left_pairs[0][0] if left_pairs else None
    parts, sizes = zip(*left_pairs, strict=True)
    return {"split": tree["split"], "sizes": list(sizes), "parts": list(parts)}


def joined(tree: Any, other: str, name: str) -> Any:
    """A tree in which a panel stands behind another one.

    Parameters
    ----------
    tree : object
        A tree without the panel.
    other, name : str
        The panel that is there, and the one that comes.

    Returns
    -------
    object
    """
    if tree == other:
        return {"tabs": [other, name], "current": 1}
    if isinstance(tree, str):
        return tree
    if "tabs" in tree:
        tabs = list(tree["tabs"])
        return {"tabs": [*tabs, name], "current": len(tabs)} if other in tabs else tree
    return {**tree, "parts": [joined(part, other, name) for part in tree["parts"]]}


def is_place(place: Any) -> bool:
    """Whether something is a place for a window.

    Parameters
    ----------
    place : object
        Left, top, width and height, or anything else.

    Returns
    -------
    bool
    """
    return (
        isinstance(place, list)
        and len(place) == 4
        and all(isinstance(one, int) and not isinstance(one, bool) and abs(one) < 20_000 for one in place)
        and min(place[2:]) > 0
    )
