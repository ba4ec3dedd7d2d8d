"""Which HTTP status says what went wrong."""

from __future__ import annotations

from payback.errors import (
    BadInputError,
    MissingExtraError,
    NoFeasibleOptionError,
    NotPricedError,
    PaybackError,
    UnknownNameError,
)
from payback.web.jobs import CancelledWorkError, TooSlowError
from payback.web.sandbox import BusyError, TooLargeError

STATUS: tuple[tuple[type[PaybackError], int], ...] = (
    (UnknownNameError, 404),
    (NoFeasibleOptionError, 409),
    (NotPricedError, 409),
    (TooSlowError, 503),
    (CancelledWorkError, 503),
    (MissingExtraError, 503),
    (TooLargeError, 413),
    (BusyError, 503),
    (BadInputError, 422),
)


def status_of(error: PaybackError) -> int:
    """The HTTP status that says what kind of failure this is.

    Example:
        >>> status_of(NoFeasibleOptionError("nothing fits"))
        409
    """
    return next((status for kind, status in STATUS if isinstance(error, kind)), 500)
