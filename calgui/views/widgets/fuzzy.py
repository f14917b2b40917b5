"""How well what was typed fits a text: its letters in their order, best where words begin and letters are together."""

from functools import lru_cache

#: for each letter found; more at the beginning of the text or of a word, and after a letter that was found
_LETTER, _FIRST, _WORD, _NEXT = 1.0, 5.0, 4.0, 3.0
#: for each letter left out in between, up to a bound
_GAP, _MOST_GAP = 0.2, 3.0
_NONE = float("-inf")


@lru_cache(maxsize=4096)
def fit(typed: str, text: str) -> float | None:
    """How well a text fits; more is better.

    Parameters
    ----------
    typed : str
        Words; each must be found, in any order.
    text : str
        That is looked at.

    Returns
    -------
    float or None
        About 1 where every letter begins a word or follows one that was found, and nothing else is in the text; above
        0 for any match; None where a word is not found.
    """
    folded = text.casefold()
    words = typed.casefold().split()
    total = best = 0.0
    for word in words:
        score = _word_fit(word, folded)
        if score is None:
            return None
        total += score
        best += len(word) * (_LETTER + _NEXT) + _FIRST
    if not best:
        return 0.0
    # of two that fit alike the shorter one is meant more likely
    return max(total / best - 0.002 * len(folded), 1e-6)


def begins_words(typed: str, text: str) -> bool:
    """Whether every word typed is how a word of the text begins.

    Parameters
    ----------
    typed, text : str
        In any case.

    Returns
    -------
    bool
    """
    have = text.casefold().replace(":", " ").replace("…", " ").split()
    return all(any(one.startswith(word) for one in have) for word in typed.casefold().split())


def _word_fit(word: str, text: str) -> float | None:
    """The best way to find the letters of a word in their order, by dynamic programming over both."""
    if not _in_order(word, text):
        return None
    worth = [_worth(text, place) for place in range(len(text))]
    before = [worth[place] if text[place] == word[0] else _NONE for place in range(len(text))]
    for letter in word[1:]:
        # the best way to have found the letters before, with its gap so far, and however long its gap
        now, near, far = [_NONE] * len(text), _NONE, _NONE
        for place in range(1, len(text)):
            if place > 1:
                near = max(near, before[place - 2]) - _GAP
                far = max(far, before[place - 2])
            if text[place] == letter:
                together = before[place - 1] + _NEXT + _LETTER
                now[place] = max(together, max(near, far - _MOST_GAP) + worth[place])
        before = now
    found = max(before)
    return None if found == _NONE else found


def _in_order(word: str, text: str) -> bool:
    place = -1
    for letter in word:
        place = text.find(letter, place + 1)
        if place < 0:
            return False
    return True


def _worth(text: str, place: int) -> float:
    if place == 0:
        return _LETTER + _FIRST
    return _LETTER + (_WORD if not text[place - 1].isalnum() else 0.0)
