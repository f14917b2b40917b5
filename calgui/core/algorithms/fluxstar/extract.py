"""``extract-star`` on an image: flux at the best aperture, and the curve of growth."""

from typing import Any

import numpy as np

from calgui.core.algorithms.fluxstar.config import StarConfig
from calgui.core.algorithms.fluxstar.photometry import Measured
from calgui.core.algorithms.fluxstar.reporting import (
    curves_of,
    flux_at,
    judge,
    keywords_of,
    marks_of,
    metrics_of,
    neighbours_table,
)
from calgui.core.algorithms.registry import Result
from calgui.core.frames.writing import ExtraHdu
from calgui.core.jobs import Job


def extracted(measured: Measured, config: StarConfig, job: Job) -> Result:
    """Flux and growth of a measured star.

    Parameters
    ----------
    measured : Measured
        See `calgui.core.algorithms.fluxstar.photometry.measure_star`.
    config : StarConfig
        ``radius``, ``correction``.
    job : Job
        Progress and cancel.

    Returns
    -------
    Result
        Tables ``GROWTH`` and ``PHOTOMETRY``; curves, marks.
    """
    flux = flux_at(measured, config)
    job.check()
    perfect = measured.perfect
    metrics = metrics_of(measured, flux)
    verdict, reasons = judge(measured, flux, perfect)
    growth = measured.growth
    columns: dict[str, Any] = {
        "radius": growth.radius * measured.facts.pixel_mas,
        "flux": growth.flux,
        "flux_error": growth.error,
        "snr": growth.signal_to_noise,
        "area": growth.area,
    }
    if perfect is not None:
        columns["perfect_fraction"] = perfect
    if flux.psf is not None:
        columns["psf_fraction"] = flux.psf.flux / flux.psf.flux[-1]
    row = {name: np.array([_number(metric.value)]) for name, metric in metrics.items()}
    job.report(1.0, "Done")
    return Result(
        frame=None,
        metrics=metrics,
        verdict=verdict,
        reasons=reasons,
        curves=curves_of(measured, flux, perfect),
        tables=(neighbours_table(measured),) if measured.neighbours.x else (),
        keywords=keywords_of(metrics),
        extensions=(
            ExtraHdu(
                "GROWTH", columns, {"radius": "mas", "flux": "electron/s", "flux_error": "electron/s", "area": "pixel"}
            ),
            ExtraHdu("PHOTOMETRY", row, {name: _unit(metric.unit) for name, metric in metrics.items() if metric.unit}),
        ),
        picture=measured.picture,
        marks=marks_of(measured, flux),
    )


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)


def _unit(shown: str) -> str:
    return {"e-/s": "electron/s", "e-": "electron"}.get(shown, shown)
