"""Tool tips of texts that others wrote: what looks like HTML is shown letter by letter, and loads nothing."""

from html import escape


def plain_tip(text: str) -> str:
    """A text as a tool tip, whatever is in it: Qt would take one that looks like HTML for HTML.

    Parameters
    ----------
    text : str
        Such as a value of a header.

    Returns
    -------
    str
        The text itself where it holds no mark-up.
    """
    if "<" not in text and "&" not in text:
        return text
    return f'<p style="white-space: pre-wrap">{escape(text)}</p>'
