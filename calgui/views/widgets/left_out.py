"""Files of a mode that could not be gathered, as notices."""

from calgui.core.runs.gathering import Gathered
from calgui.views.session import Session


def show_left_out(session: Session, gathered: Gathered) -> None:
    """Say which files of a mode cannot be read.

    Parameters
    ----------
    session : Session
        Tells the user.
    gathered : Gathered
        What was looked for.
    """
    for one in gathered.left_out:
        session.notice("warning", one.text, f"{one.cure}.")
