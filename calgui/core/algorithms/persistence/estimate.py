"""Persistence in one frame, from the frames before it: flagged, estimated, and subtracted."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from calgui.core.algorithms.banding import copied
from calgui.core.algorithms.persistence.config import PersistenceConfig
from calgui.core.algorithms.persistence.fitting import Fit, fit_law, given_law
from calgui.core.algorithms.persistence.history import History
from calgui.core.algorithms.persistence.judging import Found, curves, judged, keywords, metrics, tables
from calgui.core.algorithms.persistence.matrix import Matrix, matrix_of, times_after
from calgui.core.algorithms.persistence.ordering import Night, night_of
from calgui.core.algorithms.persistence.pixels import Usual, estimate_pixels, usual_of
from calgui.core.algorithms.registry import Algorithm, Result
from calgui.core.errors import UsageError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import FloatArray, Frame, FrameLike
from calgui.core.jobs import Job

#: pixels that a law is fitted to, evenly taken of all
_FITTED = 50_000
#: pixels that are estimated at a time
_CHUNK = 1 << 20


def check_night(frames: Sequence[FrameLike], config: Any = None) -> None:
    """Refuse frames that tell nothing of persistence.

    Parameters
    ----------
    frames : sequence of FrameLike
        Only headers and shapes are looked at.
    config : PersistenceConfig, optional
        Its options.

    Raises
    ------
    InputError, UsageError
        Naming the file and the cure.
    """
    config = config or PersistenceConfig()
    _check_law(config)
    night_of(frames, config)


def find_persistence(
    frames: Sequence[FrameLike], config: PersistenceConfig, dark: FrameLike | None = None, job: Job | None = None
) -> Result:
    """Flag and estimate what bright light of the frames before left in a frame.

    Parameters
    ----------
    frames : sequence of FrameLike
        (ny, nx) of one detector, in electron, electron/s, adu or adu/s, each with its time: the frame to judge (the
        latest one, unless an option names it), and others before it, perhaps behind it.
    config : PersistenceConfig
        See its options.
    dark : FrameLike, optional
        Rates that are subtracted before the decay is measured, so that hot pixels do not spoil it.
    job : Job, optional
        Progress and cancel.

    Returns
    -------
    Result
        The frame to judge less the estimate, in its unit, with PERSISTENCE flagged and the error of the estimate added;
        planes ``PERSIST``, the estimate, and ``PERSIST_ERR``.

    Raises
    ------
    InputError
        Times are missing, or the frames are not of one detector.

    Notes
    -----
    Traps near the junction fill with the charge of bright light and let go of it later (Smith et al. 2008), with time
    constants from seconds to hours: one exponential for each family of traps, as in the JWST pipeline, or in sum
    t^-index (WFC3: Long et al. 2015). What is left is proportional to the charge up to a full well; by how much it is
    not, and by how much single pixels differ, is taken from the frames between.
    """
    job = job or Job("Persistence")
    _check_law(config)
    night = night_of(frames, config)
    history = History(night, config, dark)
    history.look(job.part(0, 0.7))
    after = history.judged(job.part(0.7, 0.8)) if history.places.size else None
    fit, usual, thin = None, None, None
    if history.places.size:
        job.report(0.8, "Fitting the decay")
        step = max(1, -(-history.places.size // _FITTED))
        thin = matrix_of(history.places[::step], history.stimuli, history.samples)
        fit = _fit(thin, config)
        if fit is not None:
            usual = usual_of(thin, fit, config.law_error)
    trusted = fit if fit is not None and fit.is_trusted else None
    rate, error, odd = _estimated(history, trusted, usual, config, job.part(0.85, 0.95))
    found = Found(night, history, thin, fit, trusted, usual, rate, error, odd, after)
    product, flagged, planes = _product(night, history, rate, error, trusted is not None, config, job.part(0.95, 1))
    verdict, reasons = judged(found, config)
    job.report(1.0, "Done")
    return Result(
        frame=product,
        metrics=metrics(found, flagged, config.saturation),
        verdict=verdict,
        reasons=reasons,
        curves=curves(found, config),
        tables=tables(found),
        keywords=keywords(found, flagged, config),
        planes=planes,
    )


def _check_law(config: PersistenceConfig) -> None:
    if config.tau is not None and config.index is not None:
        raise UsageError("Options 'tau' and 'index' are of two laws.", cure="Give the one or the other.")
    for name, value, other, needed in (
        ("fraction", config.fraction, "tau", config.tau),
        ("level", config.level, "index", config.index),
    ):
        if value is not None and needed is None:
            raise UsageError(f"Option {name!r} needs {other!r}.", cure=f"Give {other} too.")


def _fit(thin: Matrix, config: PersistenceConfig) -> Fit | None:
    level = config.level / config.saturation if config.level is not None else None
    given = given_law(config.tau, config.fraction, config.index, level)
    return given or fit_law(thin, config.model, config.tau, config.index)


def _estimated(
    history: History, fit: Fit | None, usual: Usual | None, config: PersistenceConfig, job: Job
) -> tuple[FloatArray, FloatArray, int]:
    """Estimate and error in all pixels that were bright, e-/s; and how many are odd."""
    count = history.places.size
    rate, error, odd = np.zeros(count, np.float32), np.zeros(count, np.float32), 0
    if fit is None or usual is None:
        return rate, error, 0
    start, stop = times_after([one.taken for one in history.stimuli], [history.night.judged])
    for first in range(0, count, _CHUNK):
        job.report(first / count, "Estimating what is left")
        part = slice(first, first + _CHUNK)
        matrix = matrix_of(history.places[part], history.stimuli, history.samples)
        rate[part], error[part], strange = estimate_pixels(matrix, fit, usual, start[0], stop[0], config.law_error)
        odd += strange
    return rate, error, odd


def _product(
    night: Night,
    history: History,
    rate: FloatArray,
    error: FloatArray,
    known: bool,
    config: PersistenceConfig,
    job: Job,
) -> tuple[Frame, int, dict[str, FloatArray]]:
    """The frame less the estimate, flagged; how many pixels are flagged; planes."""
    frame = night.judged.frame
    ny, nx = frame.shape
    per_unit = np.float32(1 / night.judged.scale.to_rate)
    whole = {name: np.zeros((ny, nx), np.float32) for name in ("PERSIST", "PERSIST_ERR")}
    for plane, values in zip(whole.values(), (rate, error), strict=True):
        plane.reshape(-1)[history.places] = values * per_unit
    wanted = rate >= config.flag_above if known and config.flag_above > 0 else np.ones(rate.shape, np.bool_)
    bits = flags.BY_NAME["PERSISTENCE"].value | (flags.DO_NOT_USE if config.do_not_use else 0)
    data, err, dq = copied(frame, job, "Subtracting the estimate")
    if config.subtract and known:
        data -= whole["PERSIST"]
        if err is not None:
            np.hypot(err, whole["PERSIST_ERR"], out=err)
    dq.reshape(-1)[history.places[wanted]] |= np.uint32(bits)
    return Frame(data, err, dq, dict(frame.header), frame.path), int(np.count_nonzero(wanted)), whole


def _run(frames: Sequence[FrameLike], references: Mapping[str, FrameLike], config: Any, job: Job) -> Result:
    return find_persistence(frames, config, references.get("DARK"), job)


ALGORITHMS = (
    Algorithm(
        name="persistence",
        title="Persistence",
        summary="Flags pixels that were bright in frames before, fits how the afterglow decays, and subtracts it.",
        inputs="the frame to judge, and frames before it, with their times",
        config=PersistenceConfig,
        run=_run,
        minimum_inputs=2,
        optional_references=("DARK",),
        check=check_night,
        source="Smith et al. 2008, SPIE 7021; trap families as in jwst persistence; power law as for WFC3",
    ),
)
