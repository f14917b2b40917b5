"""What the page says below its reasons, and of its steps."""

from pathlib import Path

from calgui.views.rules.validate.known import Judged
from calgui.views.rules.validate.unsaved import shown_name

#: files, and the types that the user gave
State = tuple[tuple[Path, str], ...]


def note_of(one: Judged) -> str:
    """What stands below the reasons of a file.

    Parameters
    ----------
    one : Judged
        With a validation.

    Returns
    -------
    str
    """
    validation = one.validation
    assert validation is not None
    notes = list(validation.notes)
    unknown = [said.title[:1].lower() + said.title[1:] for said in validation.said if said.verdict == "unknown"]
    if unknown:
        notes.append(
            f"Not measured, and no part of the verdict: {'; '.join(unknown[:6])}{'…' if len(unknown) > 6 else '.'}"
        )
    if validation.verdict == "good":
        notes.insert(0, "✓ No check found anything. That is no proof: look at the picture too.")
    return "\n".join(notes)


def words_of(before: State, after: State) -> str:
    """What the user did, for the menu of undo.

    Parameters
    ----------
    before, after : tuple of (pathlib.Path, str)

    Returns
    -------
    str
    """
    had, has = dict(before), dict(after)
    fresh, gone = [path for path in has if path not in had], [path for path in had if path not in has]
    if fresh or gone:
        some = fresh or gone
        what = shown_name(some[0]) if len(some) == 1 else f"{len(some):,} files"
        return f"validate {what}" if fresh else f"take {what} off the list"
    other = next((path for path, kind in after if had[path] != kind), None)
    return f"say that {shown_name(other)} is {has[other].lower()}" if other is not None else ""
