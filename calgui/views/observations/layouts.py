"""How the panels of the Observe place can stand: layouts by name, those of the program and those of the user."""

from typing import Any

from calgui.views.settings import remember, remembered

#: panels in the order of the Tab key -> their names for people
PANELS: dict[str, str] = {
    "table": "Observations",
    "references": "References",
    "picture": "Picture",
    "inspector": "Header",
    "why": "Why",
}
DEFAULT = "Default"
_MOST = 20


def _split(way: str, sizes: list[int], *parts: Any) -> dict[str, Any]:
    return {"split": way, "sizes": sizes, "parts": list(parts)}


#: name -> tree of panels; sizes are shares of the room
LAYOUTS: dict[str, Any] = {
    DEFAULT: _split(
        "across",
        [560, 840],
        _split("down", [400, 300], "table", "references"),
        _split("down", [400, 370], _split("across", [560, 340], "picture", "inspector"), "why"),
    ),
    "Picture large": _split(
        "across",
        [500, 940],
        _split("down", [380, 420], "table", {"tabs": ["references", "inspector"], "current": 0}),
        {"tabs": ["picture", "why"], "current": 0},
    ),
    "Rules debugging": _split(
        "across",
        [500, 940],
        _split("down", [300, 400], "table", "references"),
        _split("down", [430, 260], {"tabs": ["why", "picture"], "current": 0}, "inspector"),
    ),
}


def own_layouts() -> dict[str, Any]:
    """Layouts that the user saved.

    Returns
    -------
    dict of str to object
        Name to state; what is in it may be damaged.
    """
    return {name: state for name, state in remembered("layouts/own", {}).items() if isinstance(name, str)}


def save_layout(name: str, state: dict[str, Any]) -> None:
    """Save a layout under a name.

    Parameters
    ----------
    name : str
        One that is there is replaced; of too many the oldest goes.
    state : dict
        As the arrangement gives it.
    """
    own = own_layouts()
    own.pop(name, None)
    own[name] = state
    remember("layouts/own", dict(list(own.items())[-_MOST:]))


def forget_layout(name: str) -> None:
    """Forget a layout of the user's.

    Parameters
    ----------
    name : str
        Of the layout.
    """
    remember("layouts/own", {one: state for one, state in own_layouts().items() if one != name})
