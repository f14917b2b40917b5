"""What is known of a file that is judged, as a value."""

from dataclasses import dataclass, replace
from pathlib import Path

from calgui.core.validation import Found, Validation

CANCELLED = "Cancelled. Judge it again to see what it is."


@dataclass(frozen=True)
class Judged:
    """What is known of a file so far.

    Attributes
    ----------
    path : pathlib.Path
    state : str
        ``waiting``, ``working``, ``judged`` or ``failed``.
    validation : Validation or None
        Without the picture of the difference, which is made anew for the file that is looked at.
    error : str
        Why it could not be judged.
    certifying : bool
        Whether crds certify has yet to answer.
    untyped : bool
        Whether it could be judged if somebody said what it is.
    """

    path: Path
    state: str = "waiting"
    validation: Validation | None = None
    error: str = ""
    certifying: bool = False
    untyped: bool = False

    @property
    def cancelled(self) -> bool:
        """Whether the user stopped it before it was known."""
        return self.error == CANCELLED

    @property
    def verdict(self) -> str:
        """That of the validation, or the state before there is one."""
        return self.validation.verdict if self.validation is not None else self.state


def slim(found: Found) -> Found:
    """What was found without the picture of the difference, as many files may be kept.

    Parameters
    ----------
    found : Found

    Returns
    -------
    Found
    """
    if found.comparison is None:
        return found
    return replace(found, comparison=replace(found.comparison, difference=None))
