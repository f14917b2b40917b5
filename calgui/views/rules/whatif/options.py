"""Options of the command line, read back from what a user pastes."""

import shlex
from itertools import pairwise

from calgui.core.errors import UsageError
from calgui.core.rules.questions.whatif import Case, from_options


def pasted_case(text: str, name: str = "Pasted") -> Case:
    """A case from pasted options, or from a whole command line with such options.

    Parameters
    ----------
    text : str
        ``--set FILTER=K --set=PUPIL=CLEAR``, ``FILTER=K PUPIL=CLEAR``, ``calgui explain --cache ... --set FILTER=K``;
        quotes, and backslashes at the ends of lines, as in a shell.
    name : str
        Of the case.

    Returns
    -------
    Case

    Raises
    ------
    UsageError
        When there is no such option in the text.
    """
    try:
        words = shlex.split(text.replace("\\\r\n", " ").replace("\\\n", " "))
    except ValueError as error:
        raise UsageError(f"The pasted text is no command line: {error}.", cure="Close the quotes.") from error
    if any(word == "--set" or word.startswith("--set=") for word in words):
        # "--set" and what follows, or both in one word; whatever else the command line holds is left out
        joined = [word.removeprefix("--set=") for word in words if word.startswith("--set=")]
        pairs = [after for word, after in pairwise(words) if word == "--set"] + joined
    else:
        pairs = words
    if not pairs:
        raise UsageError("There is nothing to paste.", cure="Copy options such as --set FILTER=K first.")
    return from_options(name, pairs)
