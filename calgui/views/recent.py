"""What was opened last, for the menu and at the next start."""

from pathlib import Path

from calgui.views.settings import remember, remembered

_RECENT = 12


def recent_paths() -> list[str]:
    """What was opened last, the newest first; only what is still there.

    Returns
    -------
    list of str
    """
    return [text for text in remembered("window/recent", []) if isinstance(text, str) and Path(text).exists()]


def remember_recent(paths: list[Path]) -> None:
    """Put paths at the front of what was opened last.

    Parameters
    ----------
    paths : list of pathlib.Path
        Absolute.
    """
    fresh = [str(path) for path in paths]
    older = [text for text in remembered("window/recent", []) if text not in fresh]
    remember("window/recent", [*fresh, *older][:_RECENT])
