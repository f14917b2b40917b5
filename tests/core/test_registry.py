"""Algorithms are found by being there, and what they declare is complete."""

import pytest

from calgui.core.algorithms.registry import algorithm, registry
from calgui.core.catalogue import CATALOGUE, GROUPS, place_of_algorithm
from calgui.core.errors import UsageError


def test_every_algorithm_is_described() -> None:
    assert {"master-dark", "subtract-dark"} <= set(registry())
    for name, row in registry().items():
        assert row.name == name
        assert row.title
        assert row.summary
        assert row.inputs
        for info in row.options:
            assert info.help, f"{name}.{info.name} has no help"


def test_the_catalogue_names_only_algorithms_that_exist() -> None:
    named = [name for row in (*CATALOGUE, *GROUPS) for name in row.algorithms]
    assert set(named) <= set(registry())
    assert len(named) == len(set(named))


def test_every_algorithm_has_its_place() -> None:
    assert [name for name in registry() if place_of_algorithm(name) is None] == []
    assert place_of_algorithm("master-drak") is None


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match="master-dark"):
        algorithm("master-drak")
