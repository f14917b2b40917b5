"""Icons by name and role, drawn in the colours of the present theme."""

from functools import cache

from PySide6.QtGui import QIcon

from calgui.views.theme import theme

#: what an icon says -> its name in the Material Design set that qtawesome carries
_NAMES = {
    "observe": "mdi6.telescope",
    "rules": "mdi6.file-tree-outline",
    "bench": "mdi6.tune-vertical",
    "compare": "mdi6.compare",
    "search": "mdi6.magnify",
    "help": "mdi6.help-circle-outline",
    "columns": "mdi6.table-column-plus-after",
    "cache": "mdi6.database-outline",
    "folder": "mdi6.folder-open-outline",
    "file": "mdi6.file-outline",
    "error": "mdi6.alert-circle",
    "warning": "mdi6.alert",
    "info": "mdi6.information",
    "good": "mdi6.check-circle",
    "back": "mdi6.arrow-left",
    "forward": "mdi6.arrow-right",
    "contents": "mdi6.book-open-page-variant-outline",
    "larger": "mdi6.magnify-plus-outline",
    "smaller": "mdi6.magnify-minus-outline",
    "close": "mdi6.close",
    "cancel": "mdi6.close-circle-outline",
    "remove": "mdi6.delete-outline",
    "copy": "mdi6.content-copy",
    "pixel": "mdi6.crosshairs",
    "rule": "mdi6.ray-start-arrow",
    "missing": "mdi6.help-rhombus",
    "time": "mdi6.history",
}


def icon(name: str, role: str = "text") -> QIcon:
    """An icon in the present theme.

    Parameters
    ----------
    name : str
        What it says: ``observe``, ``error``, ``search``, ...
    role : str
        Colour role of the theme.

    Returns
    -------
    QIcon
    """
    look = theme()
    return _icon(_NAMES[name], look.colour(role).name(), look.colour("muted").name())


@cache
def _icon(name: str, colour: str, disabled: str) -> QIcon:
    import qtawesome

    return qtawesome.icon(name, color=colour, color_disabled=disabled)
