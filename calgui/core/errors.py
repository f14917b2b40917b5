"""The errors that a user meets: each names the file concerned and says what to do."""

from pathlib import Path

from calgui.core.printable import printable


class CalguiError(Exception):
    """Something went wrong that a user can understand and cure.

    Parameters
    ----------
    message : str
        One sentence: what is wrong.
    path : path-like, optional
        The file or folder concerned.
    cure : str
        One sentence: what to do.
    """

    #: exit code of the command line, as promised in the command line's contract
    exit_code = 1

    def __init__(self, message: str, *, path: Path | str | None = None, cure: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.path = Path(path) if path is not None else None
        self.cure = cure

    def __str__(self) -> str:
        # the name of a file may hold ends of lines, and steer terminals
        place = f"{printable(str(self.path))}: " if self.path is not None else ""
        cure = f" {self.cure}" if self.cure else ""
        return f"{place}{self.message}{cure}"


class UsageError(CalguiError):
    """The call itself is wrong: an unknown option, type or context."""

    exit_code = 2


class InputError(CalguiError):
    """An input could not be read, or is not fit for what was asked."""

    exit_code = 3


class AlgorithmError(CalguiError):
    """The inputs were fine, but the algorithm could not give an answer."""

    exit_code = 4


class Cancelled(CalguiError):
    """The user cancelled the job."""

    exit_code = 130

    def __init__(self, message: str = "Cancelled.") -> None:
        super().__init__(message)
