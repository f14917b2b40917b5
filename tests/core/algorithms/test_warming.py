"""Compiling in another process, before the loops are wanted."""

from calgui.core.algorithms import warming


def test_another_process_gets_ready_and_can_be_stopped() -> None:
    warming.compile_ahead()
    process = warming._ahead
    assert process is not None
    warming.compile_ahead()
    assert warming._ahead is process, "one is enough"
    warming.warm_up().join(120)
    assert process.poll() is None, "it goes on with other numbers of frames"
    warming.stop_ahead()
    assert process.poll() is not None
    warming.stop_ahead()


def test_what_was_compiled_is_not_compiled_again() -> None:
    marker = warming._marker()
    marker.parent.mkdir(parents=True)
    marker.touch()
    warming.compile_ahead()
    assert warming._ahead is None


def test_the_marker_is_made_when_everything_is_compiled(capfdbinary, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr("calgui.core.algorithms.kernels.MOST_WRITTEN_OUT", 4)
    monkeypatch.setattr("os.nice", lambda _by: 0)
    warming._compile_all()
    assert capfdbinary.readouterr().out == b"ready\n."
    assert warming._marker().exists()
