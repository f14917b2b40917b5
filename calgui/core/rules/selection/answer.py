"""What crds itself answers for one type: a file, or how it failed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from calgui.core.rules.files.mapping_file import NOT_APPLICABLE
from calgui.core.rules.observatories.setup import crds_module
from calgui.core.rules.selection.dates import file_text, unresolved
from calgui.core.rules.values import Status


@dataclass(frozen=True)
class Answer:
    """What crds said of one type: a file, or the exception that it ended with."""

    status: Status
    file: str | None = None
    error: BaseException | None = None


def ask(rmap: Any, minimal: Mapping[str, str]) -> Answer:
    """crds's answer for one type.

    Parameters
    ----------
    rmap : crds ReferenceMapping
        The rules.
    minimal : mapping of str to str
        As `Plan.minimise` gives it.

    Returns
    -------
    Answer
        Not found is whatever crds itself calls so; an error is what its rules should not lead to.
    """
    errors = crds_module("core.exceptions")
    try:
        return _named(rmap._get_best_ref(minimal))
    except (errors.IrrelevantReferenceTypeError, errors.OmitReferenceTypeError) as error:
        return Answer(Status.NOT_APPLICABLE, error=error)
    except errors.AmbiguousMatchError as error:
        return Answer(Status.ERROR, error=error)
    except errors.CrdsError as error:
        return Answer(Status.NOT_FOUND, error=error)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - one broken mapping must not hide the others
        return Answer(Status.ERROR, error=error)


def _named(found: Any) -> Answer:
    """crds's value as an answer: a tie of plain files with dated rules, or of nothing but N/A, names no file."""
    errors = crds_module("core.exceptions")
    if unresolved(found):
        return Answer(Status.ERROR, error=errors.AmbiguousMatchError("More than one match clause matched."))
    file = file_text(found)
    if file in NOT_APPLICABLE:
        return Answer(Status.NOT_APPLICABLE, error=errors.IrrelevantReferenceTypeError("Not Applicable"))
    return Answer(Status.SELECTED, file)
