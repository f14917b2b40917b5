"""Is a new frame good? Checks for each calibration with thresholds as data, and the verdict with its reasons."""

from calgui.core.validation.checks import Check, CheckList, checks_for, known_types, user_file, user_path
from calgui.core.validation.found import Found, examine
from calgui.core.validation.judging import Said
from calgui.core.validation.twins import tell_twins
from calgui.core.validation.validate import Validation, as_document, judged, validate_file

__all__ = [
    "Check",
    "CheckList",
    "Found",
    "Said",
    "Validation",
    "as_document",
    "checks_for",
    "examine",
    "judged",
    "known_types",
    "tell_twins",
    "user_file",
    "user_path",
    "validate_file",
]
