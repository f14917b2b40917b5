"""How verdicts of files and checks are told, and in which order."""

from calgui.views.rules.marks import Mark

VERDICTS: dict[str, Mark] = {
    "bad": Mark("✕", "bad", "error", "error_fill", "A limit beyond which such a frame is not to be used."),
    "doubtful": Mark("!", "doubtful", "warning", "warning_fill", "A limit beyond which somebody should look."),
    "failed": Mark("?", "not judged", "error", "error_fill", "It could not be judged: the reason says why."),
    "unknown": Mark(
        "?", "unknown", "muted", "neutral_fill", "It could not be measured, and is no part of the verdict."
    ),
    "waiting": Mark("…", "waiting", "muted", "neutral_fill", "It is to be judged soon."),
    "working": Mark("…", "judging", "accent", "neutral_fill", "It is being judged."),
    "off": Mark("–", "left out", "muted", "neutral_fill", "Your own thresholds leave it out."),
    "good": Mark("✓", "good", "good", "good_fill", "Nothing is beyond a limit."),
}
_ORDER = {name: number for number, name in enumerate(VERDICTS)}


def rank(verdict: str) -> int:
    """Place of a verdict: the worst first.

    Parameters
    ----------
    verdict : str
        Of `VERDICTS`.

    Returns
    -------
    int
    """
    return _ORDER[verdict]
