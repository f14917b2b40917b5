"""The axis of time: there and back, zoom and drag, ticks."""

from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from calgui.views.rules.timeline.axis import TimeAxis

_MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1))
_SPANS = st.timedeltas(timedelta(minutes=10), timedelta(days=365 * 150))


@given(_MOMENTS, _SPANS, st.floats(100, 900))
def test_there_and_back(start, span, x) -> None:
    axis = TimeAxis(start, start + span, 100, 800)
    assert abs(axis.x(axis.moment(x), 0) - x) < 0.01


@given(_MOMENTS, _SPANS, st.floats(100, 900), st.floats(0.3, 3))
def test_zoom_holds_what_is_under_the_cursor(start, span, x, factor) -> None:
    axis = TimeAxis(start, start + span, 100, 800)
    zoomed = axis.zoomed(factor, x)
    assert abs(zoomed.x(axis.moment(x), 0) - x) < 0.5


@given(_MOMENTS, _SPANS, st.floats(-5000, 5000))
def test_dragging_keeps_the_span(start, span, pixels) -> None:
    axis = TimeAxis(start, start + span, 100, 800)
    assert axis.moved(pixels).span == axis.span


@given(_MOMENTS, _SPANS)
def test_ticks_are_seen_and_apart(start, span) -> None:
    axis = TimeAxis(start, start + span, 100, 800)
    places = [axis.x(moment, 0) for moment, _ in axis.ticks(90)]
    assert all(100 <= place <= 900 for place in places)
    assert all(later - earlier > 80 for earlier, later in pairwise(places))


def test_the_ends_of_time_hold() -> None:
    axis = TimeAxis(datetime(1, 1, 3), datetime(9999, 12, 29), 0, 800)
    for changed in (axis.zoomed(10, 0), axis.moved(1e6), axis.moved(-1e6), axis.zoomed(1e-9, 400)):
        assert changed.start < changed.end
        changed.ticks()
    assert axis.x(None, -7) == -7
