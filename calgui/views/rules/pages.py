"""The pages of the Rules place, as data: another question is another row."""

from calgui.views.late import Late

_HERE = "calgui.views.rules"
PAGES: tuple[Late, ...] = (
    Late("cache", "Cache", "What is in the cache, and what is wrong with it?", f"{_HERE}.cache.page", "CachePage"),
    Late(
        "whatif",
        "What if",
        "What would the rules select if the header said something else?",
        f"{_HERE}.whatif.page",
        "WhatIfPage",
    ),
    Late(
        "timeline",
        "Timeline",
        "Which file was in use when, for one mode?",
        f"{_HERE}.timeline.page",
        "TimelinePage",
    ),
    Late(
        "matrix",
        "Matrix",
        "What does every observation get, of every type, and what is not as it should be?",
        f"{_HERE}.matrix.page",
        "MatrixPage",
    ),
    Late(
        "compare",
        "Compare",
        "What differs between two contexts, and for which observations?",
        f"{_HERE}.compare.page",
        "ComparePage",
    ),
    Late(
        "pipeline",
        "Pipeline",
        "What would stpipe fetch for a step, and how is it told to take another file?",
        f"{_HERE}.pipeline.page",
        "PipelinePage",
    ),
    Late(
        "lint",
        "Lint",
        "What is wrong with the whole cache, why does it matter, and how is it cured?",
        f"{_HERE}.lint.page",
        "LintPage",
    ),
    Late(
        "validate",
        "Validate",
        "Is a new frame good: its checks, limits and pictures, and the reference in use?",
        f"{_HERE}.validate.page",
        "ValidatePage",
    ),
    Late(
        "ingest",
        "Ingest",
        "What happens if a new reference goes into the cache?",
        f"{_HERE}.ingest.page",
        "IngestPage",
    ),
)
