"""A whole detector rectified, and the answer of a distortion solution to a changed option."""

import os
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.harness import Row, bound, compare

_SIZE = 4096


def measure() -> list[Row]:
    """Rectify against reproject's interpolation of the same image by the same places; solutions against their bound."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    return [*_rectified(), *_solved()]


def _rectified() -> list[Row]:
    from reproject import reproject_interp

    from calgui.core.algorithms.distortion.polynomials import Field, design, power_series
    from calgui.core.algorithms.distortion.sip import from_series
    from calgui.core.algorithms.kernels import compiled_rectifying
    from calgui.core.algorithms.rectify import RectifyConfig, rectify
    from calgui.core.algorithms.rectify.plane import Plane
    from calgui.core.frames.frame import Frame

    field = Field(_SIZE, _SIZE)
    x, y = field.grid(31)
    u, v = field.normalized(x, y)
    shift = 12 * (u + 1j * v) * (u * u + v * v) + 3 * u * v
    coefficients = np.linalg.lstsq(design(u, v, 5, "legendre"), shift, rcond=None)[0]
    sip, _, _ = from_series(power_series(coefficients, 5, "legendre", 0, field), field)
    header = {key: value for key, (value, _) in sip.cards().items()}
    reference = Frame(np.zeros(1, np.float32), None, None, header)
    rng = np.random.default_rng(1)
    data = rng.normal(100, 10, (_SIZE, _SIZE)).astype(np.float32)
    image = Frame(data, np.full_like(data, 10), np.zeros(data.shape, np.uint32))
    loops = compiled_rectifying()

    def library() -> Any:
        """What users of reproject would do for the values alone: neither area, nor errors, nor flags."""
        at_x, at_y, area = np.empty(data.shape), np.empty(data.shape), np.empty(data.shape, np.float32)
        loops.places(sip.ap, sip.bp, sip.x, sip.y, 0, at_x, at_y, area)
        return reproject_interp(
            (data, Plane(data.shape, (at_x, at_y))), Plane(data.shape), shape_out=data.shape, order=3,
            return_footprint=False, roundtrip_coords=False,
        )  # fmt: skip

    return [
        compare(
            f"rectify {_SIZE} x {_SIZE} with errors and flags",
            lambda: rectify(image, reference, RectifyConfig()),
            "reproject_interp of the values alone",
            library,
            1.2,
            repeat=3,
        )
    ]


def _solved() -> list[Row]:
    """2,500 pinholes, measured before; another order each time, and another pinhole left out."""
    one, several = _answers(1), _answers(3)
    x, y = one.places
    left_out = [f"{x[at]:.1f},{y[at]:.1f}" for at in range(0, 2500, 300)]
    orders = ("2", "3", "4", "5", "6", "7", "8", "9")
    return [
        bound("2,500 pinholes: another order", one.median([{"order": order} for order in orders]), 0.05),
        bound("2,500 pinholes: one more is excluded", one.median([{"exclude": each} for each in left_out]), 0.05),
        bound("2,500 pinholes: order by cross-validation", one.median([{"order": "auto"}] * 5), 0.05),
        bound(
            "2,500 pinholes on 3 pictures, errors of the mask too: one is excluded",
            several.median([{"exclude": each} for each in left_out]),
            0.05,
        ),
    ]


@dataclass(frozen=True)
class _Answers:
    """What was measured, asked again with other options."""

    measured: Any
    places: tuple[Any, Any]

    def median(self, options: list[dict[str, Any]]) -> float:
        """Seconds of an answer."""
        from calgui.core.algorithms.distortion.algorithm import refit
        from calgui.core.algorithms.distortion.config import DistortionConfig
        from calgui.core.jobs import Job

        taken = []
        for chosen in [{}, *options]:
            start = time.perf_counter()
            refit(self.measured, DistortionConfig(**chosen), Job("Solve"))
            taken.append(time.perf_counter() - start)
        return float(np.median(taken[1:]))


def _answers(frames: int) -> _Answers:
    """Pictures of one mask, moved by a pitch between them."""
    from calgui.core.algorithms.distortion.config import DistortionConfig
    from calgui.core.algorithms.distortion.measuring import assemble
    from calgui.core.algorithms.pinholes.spots import Lattice, Spots
    from calgui.core.frames.frame import Frame

    rng = np.random.default_rng(2)
    pitch, middle = 80.0, (_SIZE - 1) / 2
    i, j = (each.ravel() for each in np.meshgrid(np.arange(-25, 25), np.arange(-25, 25)))
    off = rng.normal(0, 0.006, (2, i.size))
    full, none, nowhere = np.full(i.size, 0.0085), np.empty(0), np.empty(0, np.int64)
    lattice = Lattice((middle, middle), (pitch, 0.0), (0.0, pitch), "square", 0.01)
    spots, moves = [], []
    for frame, (dx, dy) in enumerate(((0, 0), (1, 0), (0, 1))[:frames]):
        seen_x, seen_y = (i + dx) * pitch + off[0], (j + dy) * pitch + off[1]
        u, v = seen_x / 2048, seen_y / 2048
        x = middle + seen_x + 12 * u * (u * u + v * v) + rng.normal(0, 0.0085, i.size)
        y = middle + seen_y + 12 * v * (u * u + v * v) + rng.normal(0, 0.0085, i.size)
        spots.append(
            Spots(
                x, y, full, full, 2e6 * full, full, 300 * full, full, i, j, np.zeros(i.size, np.int64), none, none,
                nowhere, nowhere, lattice, "gaussian",
            )
        )  # fmt: skip
        moves.append(f"{frame + 1}:{dx * pitch},{dy * pitch}")
    picture = Frame(np.broadcast_to(np.float32(0), (_SIZE, _SIZE)))
    config = DistortionConfig(mask_moves=";".join(moves[1:]))
    measured = assemble(spots, config, [f"pinholes{number}.fits" for number in range(frames)], picture)
    return _Answers(measured, (spots[0].x, spots[0].y))


if __name__ == "__main__":
    from benchmarks.harness import show

    show(measure())
