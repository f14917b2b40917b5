"""The pages of the Compare place, as data: title, and what one does there."""

PAGES = (
    ("Pictures", "Frames side by side, blinking, split, one less another"),
    ("Headers", "Headers side by side, with what differs marked"),
    ("Search headers", "Look for a keyword, value or comment in all open files"),
)
PICTURES, HEADERS, SEARCH = range(3)
