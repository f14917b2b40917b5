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
    for row in (*CATALOGUE, *GROUPS):
        assert set(row.algorithms) <= set(registry())
        assert len(row.algorithms) == len(set(row.algorithms))
    # one that measures stars measures fibers, too; what is in a group serves no calibration alone
    of_groups = [name for row in GROUPS for name in row.algorithms]
    assert len(of_groups) == len(set(of_groups))
    assert not {name for row in CATALOGUE for name in row.algorithms} & set(of_groups)


def test_every_algorithm_has_its_place() -> None:
    assert [name for name in registry() if place_of_algorithm(name) is None] == []
    assert place_of_algorithm("master-drak") is None


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match="master-dark"):
        algorithm("master-drak")
