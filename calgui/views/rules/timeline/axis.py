"""The axis of time: what is seen of it, and where ticks stand."""

from dataclasses import dataclass
from datetime import datetime, timedelta

_STEPS = (
    timedelta(minutes=1),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(days=1),
    timedelta(days=7),
)
_MONTHS = (1, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 2400)
_LEAST, _MOST = timedelta(minutes=5), timedelta(days=365 * 3000)
_FIRST, _LAST = datetime(1, 1, 2), datetime(9999, 12, 30)


@dataclass(frozen=True)
class TimeAxis:
    """A span of time on a stretch of pixels.

    Attributes
    ----------
    start, end : datetime
        At its left and right end; UTC, without a zone.
    left, width : float
        In pixels.
    """

    start: datetime
    end: datetime
    left: float
    width: float

    @property
    def span(self) -> timedelta:
        """How much time is seen."""
        return self.end - self.start

    def x(self, moment: datetime | None, default: float) -> float:
        """The pixel of a moment; far outside it stays near, so that it can be drawn."""
        if moment is None:
            return default
        share = (moment - self.start) / self.span
        return self.left + self.width * min(max(share, -2.0), 3.0)

    def moment(self, x: float) -> datetime:
        """The moment at a pixel."""
        share = (x - self.left) / max(self.width, 1.0)
        return _within(self.start, self.span * share)

    def zoomed(self, factor: float, x: float) -> "TimeAxis":
        """So many times the time, the moment at a pixel in its place."""
        seconds = self.span.total_seconds() * factor
        span = timedelta(seconds=min(max(seconds, _LEAST.total_seconds()), _MOST.total_seconds()))
        share = (x - self.left) / max(self.width, 1.0)
        start = _within(self.moment(x), -span * share)
        return TimeAxis(start, max(_within(start, span), start + _LEAST), self.left, self.width)

    def moved(self, pixels: float) -> "TimeAxis":
        """Dragged by so many pixels."""
        most = _MOST.total_seconds()
        seconds = -self.span.total_seconds() * (pixels / max(self.width, 1.0))
        shift = timedelta(seconds=min(max(seconds, -most), most))
        start = _within(self.start, shift)
        end = _within(start, self.span)
        return TimeAxis(start, end, self.left, self.width) if end - start == self.span else self

    def on(self, left: float, width: float) -> "TimeAxis":
        """The same time on other pixels."""
        return TimeAxis(self.start, self.end, left, width)

    def ticks(self, room: float = 90.0) -> list[tuple[datetime, str]]:
        """Moments to label, so many pixels apart at least."""
        least = self.span * (room / max(self.width, 1.0))
        for step in _STEPS:
            if step >= least:
                return self._even(step)
        for months in _MONTHS:
            if timedelta(days=30.4 * months) >= least:
                return self._monthly(months)
        return []

    def _even(self, step: timedelta) -> list[tuple[datetime, str]]:
        day = datetime(self.start.year, self.start.month, self.start.day)
        moment = day + step * ((self.start - day) // step)
        form = "%Y-%m-%d" if step >= timedelta(days=1) else "%m-%d %H:%M"
        found = []
        while moment <= self.end and len(found) < 200:
            if moment >= self.start:
                found.append((moment, moment.strftime(form)))
            moment = _within(moment, step)
        return found

    def _monthly(self, months: int) -> list[tuple[datetime, str]]:
        number = (self.start.year * 12 + self.start.month - 1) // months * months
        found = []
        while len(found) < 200:
            year, month = divmod(number, 12)
            number += months
            if year < 1:
                continue
            if year > 9999 or (moment := datetime(year, month + 1, 1)) > self.end:
                return found
            if moment >= self.start:
                found.append((moment, f"{year}" if months >= 12 else f"{year}-{month + 1:02}"))
        return found


def _within(moment: datetime, shift: timedelta) -> datetime:
    """A moment shifted, as far as there is time."""
    if shift < timedelta(0):
        return moment + shift if moment - _FIRST > -shift else _FIRST
    return moment + shift if _LAST - moment > shift else _LAST
