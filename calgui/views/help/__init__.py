"""The documentation in the program: a window that shows the page of what one is at."""
