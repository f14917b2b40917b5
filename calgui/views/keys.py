"""Keys that views understand without an action for them: each view declares its own, for the sheet of shortcuts.

Those of actions, menus and buttons are found by themselves (`calgui.views.commands`); a view with a ``keyPressEvent``
or with gestures of the mouse adds them with one call at the end of its module::

    declare("Cube", ("Space", "Play the slices"), ("PgUp, PgDown", "The slice before, or after"))

What stands in the table below is of views that are there from the start, or whose module is read late: the sheet is
whole before they are, and a test holds it.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Declared:
    """Keys of a view.

    Attributes
    ----------
    view : str
        Its name for people.
    keys : str
        As Qt writes them, several separated by commas.
    text : str
        What they do.
    """

    view: str
    keys: str
    text: str


_declared: dict[tuple[str, str], Declared] = {}


def declare(view: str, *keys: tuple[str, str]) -> None:
    """Tell the keys of a view.

    Parameters
    ----------
    view : str
        Its name for people, as that of others with which it is grouped.
    keys : tuple of (str, str)
        Keys, and what they do; a later declaration of the same keys takes the place of the earlier one.
    """
    for names, text in keys:
        _declared[view, names] = Declared(view, names, text)


def declared() -> tuple[Declared, ...]:
    """All keys that were declared.

    Returns
    -------
    tuple of Declared
        In the order of their declaration.
    """
    return tuple(_declared.values())


declare(
    "Everywhere",
    ("Tab, Shift+Tab", "To the next part, or the one before"),
    ("Esc", "Close what lies over the place: this list, what was found, help"),
    ("Alt", "The letters that are underlined in menus and on buttons"),
)
declare(
    "Tables",
    ("Ctrl+C", "Copy the selected cells, as a spreadsheet takes them"),
    ("Ctrl+Shift+C", "Copy with the titles of the columns; under Observe, the paths of the files"),
    ("Ctrl+A", "Select all rows"),
    ("Shift+F10", "Menu of what is selected"),
)
declare("Observations", ("Down, Return", "From the filter into the table"), ("Del", "Take files out of the table"))
declare(
    "Picture",
    ("+, -", "Zoom in and out, as does the wheel"),
    ("0", "The whole picture"),
    ("1", "One pixel of the picture on one of the screen"),
    ("Left, Right, Up, Down", "Move the picture, as does dragging"),
    ("Shift+drag", "A box, and its statistics"),
    ("Return", "Pick the middle pixel, or let go; draw the shape there"),
    ("Shift+arrow", "Move the chosen region by a pixel"),
    ("[, ]", "Make the chosen region smaller, or larger"),
    ("Ctrl+arrow", "From the picked pixel to the next"),
    ("Ctrl+C", "Copy the picture"),
    ("Ctrl+S", "Save the picture"),
    ("Esc", "Draw no more"),
    ("Del", "Take the chosen region away"),
)
declare(
    "Histogram",
    ("Left, Right", "Move both limits"),
    ("Up, Down", "Widen or narrow what lies between the limits"),
)
declare(
    "Spectrum",
    ("F", "Fit a peak: drag over a line"),
    ("Home", "The whole spectrum"),
    ("+, -", "Zoom wavelengths, as does the wheel; with Ctrl values"),
    ("Left, Right, Up, Down", "Move the plot, as does dragging"),
    ("Space", "Hide or show the chosen spectrum, in the list"),
    ("Del", "Take the chosen spectrum away, in the list"),
)
declare(
    "Cube or ramp",
    ("Space", "Play the planes or reads, and stop"),
    ("PgUp, PgDown", "The next plane or read, or the one before"),
    ("P", "Keep the spectrum of the picked spaxel, or let go of it"),
)
declare(
    "Plots",
    ("Ctrl+S", "Save the plot in focus, as PNG or SVG"),
    ("Ctrl+Shift+D", "Save the data of the plot in focus"),
    ("Ctrl+C", "Copy the plot in focus as a picture"),
    ("Wheel, drag", "Zoom and move"),
)
declare(
    "Why",
    ("F2", "Change a value of the header: what would then be selected?"),
    ("Ctrl+Return", "Show the rule in its mapping"),
    ("Ctrl+Shift+C", "Copy the whole matrix of rules"),
)
declare(
    "Cache", ("Ctrl+F", "Search the rules"), ("Ctrl+C", "Copy the name, or the text"), ("*", "Open everything below")
)
declare(
    "What if",
    ("F2", "Change the value in focus"),
    ("Del", "Take the value in focus away"),
    ("Ctrl+N", "Empty case"),
    ("Ctrl+D", "Duplicate the case"),
    ("Ctrl+Backspace", "Remove the case"),
    ("Alt+D", "Only what differs between the cases"),
    ("Ctrl+Alt+C", "Copy the changes of the case, as options of the command line"),
    ("Ctrl+Alt+V", "A case from copied options"),
)
declare(
    "Validate",
    ("Del", "Take files off the list; of a check, reset its limits"),
    ("F2", "Change the limit in focus"),
    ("Return", "Show the picture of the check"),
)
declare("Compare", ("Ctrl+Shift+V", "Validate: is it good?"))
declare("Ingest", ("Del", "Take files off the list"))
declare(
    "Timeline",
    ("+, -", "Zoom in and out"),
    ("Home", "The whole time"),
    ("Left, Right, Up, Down", "From file to file, and from type to type"),
)
declare("Matrix", ("Return", "Show why"))
declare("Lint", ("Return", "Show the place in the cache"), ("Ctrl+C", "Copy the places"))
declare(
    "Bench",
    ("Ctrl+Return", "Run on the whole frames"),
    ("Ctrl+S", "Save the product, from the inputs or options"),
    ("Del", "Take the selected files out of the inputs"),
    ("P", "Marks: pick pinholes or stars by clicks, and stop"),
    ("Space", "Marks: put those selected in the list in, or take them out"),
    ("F2, Return, Del", "Solutions: rename the one in the list, go back to it, delete it"),
    ("B", "Quick look: the picture before the chosen step, or after it"),
)
declare(
    "Lines of a spectrum",
    ("N, P", "The next line, or the one before"),
    ("M", "Mark: say what the line under the cursor is"),
    ("D, Del", "Delete: leave the chosen line out of every fit"),
    ("U", "Undelete: take the line in again; else undo the last step"),
    ("I", "Initialise: forget all that was said of lines by hand"),
    ("F", "Fit: the residuals, shown or hidden"),
    ("L", "The list of lines"),
    ("T", "Template of the lamp over the spectrum"),
    ("Z", "Zoom to the chosen line"),
    ("W, Home", "Window: the whole spectrum"),
    ("+, -", "Zoom, as does the wheel; with Ctrl values"),
    ("Left, Right, Up, Down", "Move the plot, as does dragging"),
    ("PgDown, PgUp", "The next spectrum by the order of the wall, or the one before"),
)
declare(
    "Wall of spectra",
    ("Up, Down, Home, End", "Choose a spectrum, as do PgUp and PgDown"),
    ("Return", "Open the chosen spectrum"),
    ("+, -", "Higher and lower rows, as does Ctrl+wheel"),
)
declare("Field of spectra", ("Left, Right, Up, Down", "Choose the spectrum beside"), ("Return", "Open the chosen one"))
declare(
    "Compare",
    ("Alt+1", "One frame"),
    ("Alt+2", "Grid"),
    ("Alt+3", "Blink"),
    ("Alt+4", "Split"),
    ("Alt+5", "Difference"),
    ("Alt+6", "Ratio"),
    ("Space", "Stop blinking, and go on"),
    ("PgUp, PgDown", "The frame before, or after"),
    ("Left, Right, Home, End", "Move the edge of a split that has the focus"),
    ("Del", "Take the chosen frame away, in the list"),
)
declare(
    "Headers side by side",
    ("Return", "Show this file in Observe"),
    ("R", "Hold the others against this file"),
    ("Del", "Look past this keyword"),
    ("Ctrl+C", "Copy"),
)
declare("Search headers", ("Return, Enter", "Show in Observe"), ("Ctrl+C", "Copy"))
declare(
    "Help",
    ("Alt+Left, Alt+Right", "The page before, or after"),
    ("Alt+Home", "Contents"),
    ("Ctrl+F", "Search all pages"),
    ("Ctrl++, Ctrl+-, Ctrl+0", "Larger, smaller, usual text"),
)
