"""Whether the bytes of a FITS reference are those that its own checksums were made of.

Reads the whole file, so it is done when asked for only. CHECKSUM and DATASUM: FITS Standard 4.0, appendix J: ones'
complement sums of the big-endian 32-bit words of an HDU, and of its data.
"""

import re
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from calgui.core.jobs import Job
from calgui.core.rules.files.trust import BrokenFits, Hdu, Verdict, hdus, look
from calgui.core.rules.values import Trust

_CHUNK = 2880 * 1024
_ALL_ONES = 0xFFFFFFFF
_DATASUM = re.compile(rb"DATASUM = '([0-9]{1,10}) *'")
_CHECKSUM = re.compile(rb"CHECKSUM= '[0-9A-Za-z]{16}'")


def verify(path: Path, job: Job | None = None) -> Verdict:
    """Compare a reference with the checksums in its own headers.

    Parameters
    ----------
    path : pathlib.Path
        An existing file, links already resolved.
    job : Job, optional
        Told how far the reading is, and looked at for cancel.

    Returns
    -------
    Verdict
        That of the quick look, unless the file is FITS and an HDU's sum is wrong. HDUs without sums are let pass.

    Raises
    ------
    Cancelled
        When the job is cancelled.
    """
    job = job or Job()
    verdict = look(path)
    if verdict.trust is not Trust.OK or verdict.size is None or not path.name.lower().endswith((".fits", ".fit")):
        return verdict
    try:
        with path.open("rb") as stream:
            for number, hdu in enumerate(hdus(stream, verdict.size)):
                if not _holds(stream, hdu, verdict.size, job):
                    place = "the primary HDU" if number == 0 else f"HDU {number}"
                    reason = f"The bytes of {place} are not those that its checksum was made of."
                    return replace(verdict, trust=Trust.CHECKSUM_MISMATCH, reason=reason)
    except (OSError, BrokenFits) as error:
        return replace(verdict, trust=Trust.CORRUPT, reason=f"The file changed while it was read: {error}")
    return verdict


def _holds(stream: BinaryIO, hdu: Hdu, size: int, job: Job) -> bool:
    cards = [hdu.header[start : start + 80] for start in range(0, len(hdu.header), 80)]
    stated = next((found for card in cards if (found := _DATASUM.match(card))), None)
    signed = any(_CHECKSUM.match(card) for card in cards)
    if stated is None and not signed:
        return True
    data = _sum(stream, hdu.data, hdu.end, size, job)
    # 0 and all ones are the same number in this arithmetic
    if stated is not None and int(stated.group(1)) % _ALL_ONES != data % _ALL_ONES:
        return False
    return not signed or (_sum(stream, hdu.start, hdu.data, size, job) + data) % _ALL_ONES == 0


def _sum(stream: BinaryIO, start: int, end: int, size: int, job: Job) -> int:
    import numpy as np

    stream.seek(start)
    total = 0
    while start < end:
        job.report(start / max(size, 1), "reading")
        chunk = stream.read(min(_CHUNK, end - start))
        if not chunk:
            break
        start += len(chunk)
        chunk += b"\0" * (-len(chunk) % 4)
        total += int(np.frombuffer(chunk, dtype=">u4").sum(dtype=np.uint64))
    return total % _ALL_ONES
