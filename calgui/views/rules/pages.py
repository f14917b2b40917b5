"""The pages of the Rules place, as data: another question is another row."""

import importlib
from dataclasses import dataclass
from typing import Any

from calgui.views.session import Session


@dataclass(frozen=True)
class Page:
    """One page.

    Attributes
    ----------
    name : str
        Short name, by which it is asked for.
    word : str
        On its tab.
    tip : str
        The question that it answers.
    module, attribute : str
        Where its widget is; imported when the page is first gone to. The widget takes the session, and may have a
        method ``ask(argument)`` for what was asked of it from elsewhere.
    """

    name: str
    word: str
    tip: str
    module: str
    attribute: str

    def make(self, session: Session) -> Any:
        """Make the widget of the page.

        Parameters
        ----------
        session : Session
            Shared by all places.

        Returns
        -------
        QWidget
        """
        return getattr(importlib.import_module(self.module), self.attribute)(session)


_HERE = "calgui.views.rules"
PAGES: tuple[Page, ...] = (
    Page("cache", "Cache", "What is in the cache, and what is wrong with it?", f"{_HERE}.cache.page", "CachePage"),
    Page(
        "whatif",
        "What if",
        "What would the rules select if the header said something else?",
        f"{_HERE}.whatif.page",
        "WhatIfPage",
    ),
    Page(
        "timeline",
        "Timeline",
        "Which file was in use when, for one mode?",
        f"{_HERE}.timeline.page",
        "TimelinePage",
    ),
    Page(
        "matrix",
        "Matrix",
        "What does every observation get, of every type, and what is not as it should be?",
        f"{_HERE}.matrix.page",
        "MatrixPage",
    ),
    Page(
        "compare",
        "Compare",
        "What differs between two contexts, and for which observations?",
        f"{_HERE}.compare.page",
        "ComparePage",
    ),
    Page(
        "pipeline",
        "Pipeline",
        "What would stpipe fetch for a step, and how is it told to take another file?",
        f"{_HERE}.pipeline.page",
        "PipelinePage",
    ),
    Page(
        "lint",
        "Lint",
        "What is wrong with the whole cache, why does it matter, and how is it cured?",
        f"{_HERE}.lint.page",
        "LintPage",
    ),
    Page(
        "validate",
        "Validate",
        "Is a new frame good: its checks, limits and pictures, and the reference in use?",
        f"{_HERE}.validate.page",
        "ValidatePage",
    ),
    Page(
        "ingest",
        "Ingest",
        "What happens if a new reference goes into the cache?",
        f"{_HERE}.ingest.page",
        "IngestPage",
    ),
)
