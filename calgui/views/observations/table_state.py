"""What the table of observations remembers of its columns, and how a change of them is called."""

from calgui.views.observations.columns import BUILT_IN, FILE
from calgui.views.settings import remembered

#: keys in the order that is seen, and what sorts the rows: its key, and whether from the end
ColumnState = tuple[tuple[str, ...], tuple[str, bool]]


def column_words(before: ColumnState, after: ColumnState) -> str:
    """What was done to the columns, as it follows the word Undo.

    Parameters
    ----------
    before, after : ColumnState
        Columns then and now.

    Returns
    -------
    str
    """
    old, new = set(before[0]), set(after[0])
    if new - old:
        return f"show the column {', '.join(sorted(new - old))}"
    if old - new:
        return f"hide the column {', '.join(sorted(old - new))}"
    return "move a column" if before[0] != after[0] else "sort the observations"


def filter_words(_before: str, after: str) -> str:
    """What was done to the filter, as it follows the word Undo.

    Parameters
    ----------
    after : str
        The filter now.

    Returns
    -------
    str
    """
    return f"filter by {after}" if after else "take the filter away"


def remembered_columns() -> list[str]:
    """Keys of the columns that were shown last.

    Returns
    -------
    list of str
        Always with the file's name.
    """
    keys = [key for key in remembered("observations/columns", []) if isinstance(key, str) and key]
    if not keys:
        return [column.key for column in BUILT_IN]
    return list(dict.fromkeys(keys if FILE.key in keys else [FILE.key, *keys]))
