"""Text of somebody else, made fit to be shown: without letters that steer a terminal or turn the order of others."""

_STANDS_FOR = "\N{REPLACEMENT CHARACTER}"


def printable(text: str, keep: str = "") -> str:
    """A text without control characters.

    Parameters
    ----------
    text : str
        From a header, mapping, file name, message or anything else that others wrote.
    keep : str
        Control characters that may stay, such as ends of lines.

    Returns
    -------
    str
        As long as before: a replacement character stands for each of C0 and C1, each mark of direction, each letter
        without width and each half of a surrogate pair.
    """
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() or letter in keep else _STANDS_FOR for letter in text)
