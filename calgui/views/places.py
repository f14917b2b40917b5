"""The places of the window, as data: another place is another row."""

from calgui.views.late import Late

PLACES: tuple[Late, ...] = (
    Late(
        "observe",
        "Observe",
        "Files, their headers, the references that the rules select, and why",
        "calgui.views.observations.place",
        "ObservePlace",
    ),
    Late(
        "rules",
        "Rules",
        "The cache itself: contexts, mappings, rules, references, and what is wrong with them",
        "calgui.views.rules.place",
        "RulesPlace",
    ),
    Late(
        "bench",
        "Bench",
        "One page for each calibration: inputs, options, live preview, result, verdict",
        "calgui.views.workbench.place",
        "BenchPlace",
    ),
    Late(
        "compare",
        "Compare",
        "Frames side by side, blinking, split, one less another",
        "calgui.views.compare.place",
        "ComparePlace",
    ),
)
