"""Every selection that the truth of the demo night states, held to what the rules select."""

import json
from pathlib import Path

from calgui.core.frames.headers import rule_header
from calgui.core.rules.cache import Cache
from calgui.core.rules.selection.bulk import best_references_many
from calgui.core.rules.selection.select import best_references
from calgui.core.rules.values import Selection, Status
from calgui.core.simulate import DemoNight


def as_in_truth(one: Selection) -> str | None:
    """A file, N/A where the type does not apply, None where nothing is found."""
    assert one.status is not Status.ERROR
    return "N/A" if one.status is Status.NOT_APPLICABLE else one.file


def test_all_that_the_truth_states_is_selected(demo_night: DemoNight) -> None:
    expected = json.loads(Path(demo_night.truth).read_text())["expected"]
    cache = Cache.open(demo_night.cache)
    looked_at = 0
    for context, files in expected.items():
        headers = [rule_header(Path(demo_night.raw) / name) for name in files]
        answers = best_references_many(cache, context, headers)
        assert answers == [best_references(cache, context, header) for header in headers]
        for name, found in zip(files, answers, strict=True):
            assert {one.type.upper(): as_in_truth(one) for one in found} == files[name], (context, name)
            assert all(one.message for one in found if one.status is not Status.SELECTED)
            looked_at += len(found)
    assert looked_at == sum(len(types) for files in expected.values() for types in files.values())
