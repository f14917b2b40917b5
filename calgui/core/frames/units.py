"""How units of headers are told to people."""

from typing import Any

#: what headers write for a number that has no unit
_NONE = frozenset({"", "1", "UNITLESS", "DIMENSIONLESS", "NONE", "N/A"})


def shown_unit(value: Any) -> str:
    """A unit as it stands behind a number.

    Parameters
    ----------
    value : object
        BUNIT or TUNITn of a header; None where it does not say.

    Returns
    -------
    str
        Empty for a number without one, as a flat's: ``0.98 1`` reads as two numbers.
    """
    text = str(value or "").strip()
    return "" if text.upper() in _NONE else text
