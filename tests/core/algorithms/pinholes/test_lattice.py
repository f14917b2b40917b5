import numpy as np
import pytest

from calgui.core.algorithms.pinholes.basis import oriented, shortest
from calgui.core.algorithms.pinholes.lattice import place_spots
from calgui.core.algorithms.pinholes.spots import NO_PLACE
from calgui.core.errors import InputError
from calgui.core.jobs import Job
from tests.core.algorithms.pinholes.mask import grid, wrong

STEPS = {
    "square": ((1, 0), (0, 1)),
    "rectangular": ((1, 0), (0, 1.6)),
    "hexagonal": ((1, 0), (0.5, 0.75**0.5)),
    "oblique": ((1, 0), (0.2, 1.1)),
}


@pytest.mark.parametrize("kind", STEPS)
@pytest.mark.parametrize("seed", range(4))
def test_every_spot_is_put_into_its_place_at_any_angle(kind: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    places, index = grid(rng, 1024, rng.uniform(18, 60), rng.uniform(0, 360), bend=15, steps=STEPS[kind])
    places = places + 0.01 * rng.standard_normal(places.shape)
    dust = rng.uniform(0, 1024, (len(places) // 10, 2))
    clump = rng.uniform(300, 700, 2) + 30 * rng.standard_normal((len(places) // 5, 2))
    points = np.concatenate([places, dust, clump])
    made = place_spots(points, (1024, 1024), Job())
    placed = made.i[: len(places)] != NO_PLACE
    assert placed.mean() > 0.99  # dust may stand nearer to a place than the pinhole itself
    found = np.stack([made.i, made.j], axis=1)[: len(places)][placed]
    assert wrong(found, index[placed]) == 0
    assert made.lattice.kind == kind
    assert made.lattice.scatter < 0.015
    # a false spot in a place has it alone
    assert np.count_nonzero(made.i[len(places) :] != NO_PLACE) < 0.02 * len(points)


def test_axes_are_those_next_to_x_and_y_and_the_origin_is_in_the_middle() -> None:
    rng = np.random.default_rng(5)
    for angle in (0.0, 30.0, 44.0, 46.0, 100.0, 181.0, 271.0, 359.0):
        places, _ = grid(rng, 500, 25.0, angle, bend=0.5)
        lattice = place_spots(places, (500, 500), Job()).lattice
        assert lattice.rotation == pytest.approx((angle + 45) % 90 - 45, abs=0.5)
        assert lattice.angle == pytest.approx(90, abs=1)
        assert np.abs(np.array(lattice.origin) - 249.5).max() < 25
        assert lattice.pitch == pytest.approx(25, rel=0.01)


def test_at_45_degrees_the_axis_below_x_is_i() -> None:
    assert oriented(np.array([[1.0, 1.0], [-1.0, 1.0]])).tolist() == [[0, -1], [1, 0]]


def test_shortest_vectors_span_the_same_lattice() -> None:
    pair = shortest(np.array([[1.0, 0.0], [7.0, 2.0]]))
    assert sorted(np.abs(pair).ravel().tolist()) == [0, 0, 1, 2]


def test_missing_places_are_told_where_they_are() -> None:
    rng = np.random.default_rng(6)
    places, index = grid(rng, 400, 20.0, 8.0, missing=0.0, bend=1.0)
    inner = np.flatnonzero((np.abs(places - 200) < 150).all(axis=1))
    gone = rng.choice(inner, 30, replace=False)
    left = np.delete(places, gone, axis=0)
    made = place_spots(left, (400, 400), Job())
    seen = made.surface(made.missing.astype(float))
    nearest = np.hypot(*(seen[:, None] - places[gone][None]).transpose(2, 0, 1)).min(axis=0)
    assert nearest.max() < 0.1
    assert wrong(np.stack([made.i, made.j], axis=1), np.delete(index, gone, axis=0)) == 0


@pytest.mark.parametrize("seed", range(12))
def test_random_points_are_refused(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = int(10 ** rng.uniform(1.2, 3.3))
    points = rng.uniform(0, 1000, (count, 2))
    if seed % 3 == 1:
        points = points[rng.integers(count // 20 + 1, size=count)] + 20 * rng.standard_normal((count, 2))
    if seed % 3 == 2:
        points = 500 + 120 * rng.standard_normal((count, 2))
    with pytest.raises(InputError, match="stand in no grid") as raised:
        place_spots(points, (1000, 1000), Job())
    assert raised.value.cure


def test_a_single_row_is_no_grid() -> None:
    with pytest.raises(InputError):
        place_spots(np.column_stack([np.arange(40) * 10.0, np.full(40, 50.0)]), (400, 400), Job())


def test_few_points_are_refused_with_their_number() -> None:
    with pytest.raises(InputError, match="Only 7 spots"):
        place_spots(np.random.default_rng(0).uniform(0, 100, (7, 2)), (100, 100), Job())
