"""What crds certify says of new files, by the rules of the context that there would be; nothing is left of it."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from calgui.core.errors import Cancelled
from calgui.core.jobs import Job
from calgui.core.rules.cache import Cache
from calgui.core.rules.certify import Certified
from calgui.core.rules.ingest.certifying import Asked, certify_proposal, told_of
from calgui.core.rules.ingest.proposing import propose
from calgui.core.rules.ingest.values import Given, Request

Make = Callable[..., Path]


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders go."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_each_file_by_the_rules_of_the_new_context(cache: Cache, reference: Make, scratch: Path) -> None:
    good = reference("good.fits", AUTHOR="a test", DESCRIP="a flat", PEDIGREE="GROUND")
    bare = reference("bare.fits", FILTER="J")
    # of a type that only the new context knows; of one whose constraints, which crds does not have, ask for more than
    # its rule; and one whose header does not say what the rule was told
    fresh = reference("fresh.fits", REFTYPE="DFLAT")
    dark, told = reference("dark.fits", REFTYPE="DARK"), reference("told.fits", FILTER=None)
    proposal = propose(cache, Request((good, bare, fresh, dark, Given(told, {"FILTER": "H"})), rename=True))
    assert proposal.ready
    asked = {one.path.name: one for one in certify_proposal(cache, proposal)}
    assert asked["good.fits"] == Asked("tmt_iris_flat_0004.fits", good, Certified())
    assert asked["bare.fits"].certified.errors == asked["fresh.fits"].certified.errors == ()
    assert "AUTHOR" in asked["bare.fits"].certified.warnings[0]
    assert asked["dark.fits"].certified.errors == ()
    assert asked["dark.fits"].certified.warnings[0].startswith("By the constraints of TMT, which crds does not have: ")
    assert "BUNIT" in asked["dark.fits"].certified.warnings[0]
    assert any("FILTER" in text for text in asked["told.fits"].certified.errors)
    assert [(one.severity.value, one.code, one.place) for one in told_of(tuple(asked.values()))] == [
        ("error", "certify-refuses", asked["told.fits"].name),
        ("warning", "certify-warns", asked["bare.fits"].name),
        ("warning", "certify-warns", asked["fresh.fits"].name),
        ("warning", "certify-warns", asked["dark.fits"].name),
    ]
    assert list(scratch.iterdir()) == []


def test_who_cancels_leaves_nothing(cache: Cache, reference: Make, scratch: Path) -> None:
    proposal = propose(cache, Request((reference(),)))
    job = Job("ask")
    job.cancel()
    with pytest.raises(Cancelled):
        certify_proposal(cache, proposal, job)
    assert list(scratch.iterdir()) == []


def test_a_full_disk_is_no_fault_of_a_file(cache: Cache, reference: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_words: object) -> None:
        raise OSError(28, "No space left on device")

    proposal = propose(cache, Request((reference(),)))
    monkeypatch.setattr(Path, "write_bytes", full)
    (one,) = certify_proposal(cache, proposal)
    assert one.certified.problem == "crds certify was not asked: No space left on device."
    assert [(found.severity.value, found.code) for found in told_of((one,))] == [("warning", "certify-not-asked")]


def test_nothing_new_needs_no_answer(cache: Cache) -> None:
    assert certify_proposal(cache, propose(cache, Request((), ("tmt_iris_flat_0001.fits",)))) == ()


def test_many_sentences_are_a_few_and_a_count() -> None:
    many = Asked("a.fits", Path("/a.fits"), Certified(tuple(f"Fault {number}." for number in range(9))))
    (found,) = told_of((many,))
    assert found.message == "crds certify refuses it: Fault 0. Fault 1. Fault 2. And 6 more."
