"""Is a new frame good? Checks for each calibration with thresholds as data, and the verdict with its reasons."""

from calgui.core.validation.checks import Check, CheckList, checks_for, known_types, user_file
from calgui.core.validation.validate import Validation, as_document, validate_file

__all__ = [
    "Check",
    "CheckList",
    "Validation",
    "as_document",
    "checks_for",
    "known_types",
    "user_file",
    "validate_file",
]
