"""Header cards: what `astropy.io.fits` would say, several times faster, and never an exception.

Cards in one of the plain forms of the FITS standard are read here; whatever is odd is handed to
`astropy.io.fits.Card`. What even that cannot make sense of is kept as text and told of.
"""

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

CARD = 80
COMMENTARY = frozenset({"COMMENT", "HISTORY", ""})

#: more CONTINUE cards than this in an odd string are joined plainly: astropy's pattern takes quadratic time
_MAX_ODD_RUN = 40
_MAX_REMEMBERED = 30_000

_KEYWORD = re.compile(r"([A-Z0-9_-]{1,8}) *\Z")
_HIERARCH = re.compile(r"HIERARCH ([ -<>-~]+)=(.*)\Z")
_STRING = re.compile(r"'([ -&(-~]*)' *(?:/ *([ -~]*))?\Z")
_NUMBER = re.compile(r"([+-]?(?:\.\d+|\d+(\.\d*)?)([eEdD][+-]?\d+)?) *(?:/ *([ -~]*))?\Z")
_LOGICAL = re.compile(r"([TF]) *(?:/ *([ -~]*))?\Z")
_NOTHING = re.compile(r"(?:/ *([ -~]*))?\Z")
_CONTINUED = re.compile(r" *'([ -&(-~]*)' *(?:/ *([ -~]*))?\Z")


class Card(NamedTuple):
    """One card of a header.

    Attributes
    ----------
    keyword : str
        As written, without ``HIERARCH``; empty for a card without one.
    value : str, int, float, bool, complex or None
        None where the value is undefined.
    comment : str
        Text after the slash.
    """

    keyword: str
    value: Any
    comment: str


_remembered: dict[str, Card] = {}


def parse_cards(text: str) -> tuple[list[Card], list[str]]:
    """Read the cards of a header.

    Parameters
    ----------
    text : str
        Card images of 80 characters, without the END card.

    Returns
    -------
    cards : list of Card
        Wholly blank cards are left out.
    problems : list of str
        One sentence for each card that follows no known form.
    """
    cards: list[Card] = []
    problems: list[str] = []
    known = _remembered.get
    append = cards.append
    continued = "CONTINUE" in text
    images = [text[start : start + CARD] for start in range(0, len(text), CARD)]
    index, count = 0, len(images)
    while index < count:
        image = images[index]
        index += 1
        if continued and index < count and images[index].startswith("CONTINUE"):
            first = index - 1
            while index < count and images[index].startswith("CONTINUE"):
                index += 1
            append(_long_card(images[first:index], problems))
            continue
        card = known(image)
        if card is None:
            if not image.strip(" "):
                continue
            card = _new_card(image, problems)
        append(card)
    return cards, problems


def _new_card(image: str, problems: list[str]) -> Card:
    """Read one card that was not seen before, and remember it if there is nothing to tell about it."""
    image = image.ljust(CARD)
    card = _plain_card(image)
    if card is None:
        found = len(problems)
        card = _odd_card(image, problems)
        if len(problems) > found:
            return card
    if len(_remembered) >= _MAX_REMEMBERED:
        _remembered.clear()
    _remembered[image] = card
    return card


def _plain_card(image: str) -> Card | None:
    """A card in one of the plain forms; None for any other."""
    head = image[:8]
    if head in ("COMMENT ", "HISTORY ", "        "):
        return Card(head.rstrip(), image[8:].rstrip(), "")
    if image[8:10] == "= ":
        match = _KEYWORD.match(head)
        if match is None or match[1] in ("COMMENT", "HISTORY", "CONTINUE", "END"):
            return None
        keyword, rest = match[1], image[10:].strip()
    elif head == "HIERARCH":
        match = _HIERARCH.match(image)
        if match is None:
            return None
        keyword, rest = match[1].strip(), match[2].strip()
        if not keyword or keyword.upper() in COMMENTARY or not keyword.isascii():
            return None
    else:
        return None
    return _plain_value(keyword, rest)


def _plain_value(keyword: str, rest: str) -> Card | None:
    start = rest[:1]
    if start == "'":
        match = _STRING.match(rest)
        # "'AXIS.1: 2'" may be a record-valued card, which astropy takes apart; an empty string before a comment
        # with quotes is ambiguous
        if match is None or ": " in match[1] or (not match[1] and "'" in rest[2:]):
            return None
        return Card(keyword, match[1].rstrip(), (match[2] or "").rstrip())
    if start in ("T", "F") and (match := _LOGICAL.match(rest)):
        return Card(keyword, start == "T", (match[2] or "").rstrip())
    if start in ("", "/") and (match := _NOTHING.match(rest)):
        return Card(keyword, None, (match[1] or "").rstrip())
    match = _NUMBER.match(rest)
    if match is None:
        return None
    number = match[1]
    value: int | float
    value = int(number) if number.lstrip("+-").isdigit() else float(number.replace("D", "E").replace("d", "e"))
    return Card(keyword, value, (match[4] or "").rstrip())


def _long_card(images: list[str], problems: list[str]) -> Card:
    """A string that goes on in CONTINUE cards."""
    first = images[0].ljust(CARD)
    match = _KEYWORD.match(first[:8]) if first[8:10] == "= " else None
    pieces = [first[10:], *(image[8:] for image in images[1:])]
    matches = [_CONTINUED.match(piece.rstrip()) for piece in pieces]
    if match is not None and match[1] not in ("COMMENT", "HISTORY", "CONTINUE", "END") and ": " not in first:
        whole = [found for found in matches if found is not None]
        if len(whole) == len(pieces) and not any("'" in (found[2] or "") for found in whole):
            return Card(match[1], *_join(whole))
    if len(images) <= _MAX_ODD_RUN:
        return _odd_card("".join(image.ljust(CARD) for image in images), problems)
    problems.append(f"{first[:8].strip()}: a string over {len(images)} cards does not follow the standard.")
    return Card(first[:8].strip(), "".join(piece.strip().strip("'").rstrip("&") for piece in pieces), "")


def _join(pieces: Iterable[re.Match[str]]) -> tuple[str, str]:
    value, comments = "", []
    for piece in pieces:
        text = piece[1].rstrip()
        value += text.removesuffix("&")
        if piece[2]:
            comments.append(piece[2].rstrip())
    return value.rstrip(), " ".join(comments).strip()


def _odd_card(image: str, problems: list[str]) -> Card:
    """What astropy makes of a card; as text, with a problem told, where it cannot read it either."""
    head = image[:8].strip()
    upper = head.upper()
    hierarch = upper == "HIERARCH" and image[8] == " " and "=" in image
    if upper not in COMMENTARY | {"CONTINUE", "END"} and not hierarch and not 0 <= image.find("= ") <= 8:
        problems.append(f"“{image[:40].strip()}” is not a card of the FITS standard.")
        return Card(head, image[8:].rstrip(), "")
    from astropy.io import fits
    from astropy.io.fits.verify import VerifyError

    card = fits.Card.fromstring(image)
    try:
        keyword, value, comment = card.keyword, card.value, card.comment
    except (VerifyError, ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError, Warning):
        problems.append(f"{head}: the value cannot be read: {image[8:50].strip()}")
        return Card(head, image[8:CARD].removeprefix("=").strip(), "")
    return Card(keyword.strip(), None if isinstance(value, fits.card.Undefined) else value, comment)
