"""What kind of bill a table is, told from its header."""

from __future__ import annotations

from typing import Final

from payback.observe.bill import cur, focus, runpod
from payback.observe.bill.form import Form, Names
from payback.observe.tables.header import Header

SIGNS: Final[tuple[tuple[Form, tuple[Names, ...]], ...]] = (
    (focus.FORM, (("BilledCost",), ("ChargeCategory",))),
    (
        cur.FORM,
        (
            ("lineItem/LineItemType", "line_item_line_item_type"),
            ("lineItem/UnblendedCost", "line_item_unblended_cost"),
        ),
    ),
    (runpod.FORM, (("amount",), ("time",), ("timeBilledMs", "diskSpaceBilledGB"))),
)
"""Of each group one column must be there."""
FORMATS: Final = (*(form.name for form, _ in SIGNS), "csv")
FORMS: Final = {form.name: form for form, _ in SIGNS}


def form_of(header: Header) -> Form | None:
    """The format of a table; None if it is like none."""
    for form, groups in SIGNS:
        if all(header.find(*names) is not None for names in groups):
            return form
    return None
