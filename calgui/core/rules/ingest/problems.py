"""What can be wrong with an ingest, each as a finding that names the file and the cure."""

from calgui.core.printable import printable
from calgui.core.rules.values import Finding, Place, Severity


def clean(text: object, longest: int = 200) -> str:
    """A text from a header or a file name, without what could play with a terminal or a page.

    Parameters
    ----------
    text : object
        Anything.
    longest : int
        Letters that are kept.

    Returns
    -------
    str
    """
    letters = printable(str(text))
    return letters if len(letters) <= longest else letters[: longest - 3] + "..."


def error(code: str, file: str, message: str, cure: str, places: tuple[Place, ...] = ()) -> Finding:
    """What stands in the way.

    Parameters
    ----------
    code : str
        Short stable name.
    file : str
        The file concerned.
    message, cure : str
        A sentence each.
    places : tuple of Place
        Where exactly.

    Returns
    -------
    Finding
    """
    return Finding(Severity.ERROR, code, clean(file), clean(message, 600), cure, places=places, count=len(places))


def warning(code: str, file: str, message: str, cure: str, places: tuple[Place, ...] = ()) -> Finding:
    """What should be known before; as `error`."""
    return Finding(Severity.WARNING, code, clean(file), clean(message, 600), cure, places=places, count=len(places))


def note(code: str, file: str, message: str, cure: str = "Nothing to do if that is meant.") -> Finding:
    """What is worth to be known; as `error`."""
    return Finding(Severity.INFO, code, clean(file), clean(message, 600), cure)


def asks(file: str, keyword: str, value: str = "") -> tuple[Place, ...]:
    """The place of a finding that a value would cure: the file, the keyword, and what it says now.

    Parameters
    ----------
    file, keyword, value : str
        `keyword` is what a form asks for, and what `Request.settings` takes.

    Returns
    -------
    tuple of Place
        One, with the keyword in `Place.header`. A proposal adds the path of the file as `Place.note`.
    """
    return (Place(clean(file), header=((keyword, clean(value)),)),)
