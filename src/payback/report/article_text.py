"""The article's claims as a table: its figure, ours, and where its assumption is weak."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from payback.decision.claims import Claim

WIDTH = 110


def claims_table(claims: Sequence[Claim]) -> Table:
    """One row a claim."""
    table = Table(box=None, pad_edge=False, header_style="bold", show_lines=False)
    table.add_column("", no_wrap=True)
    table.add_column("the article says", overflow="fold", ratio=2)
    table.add_column("stated", justify="right", no_wrap=True)
    table.add_column("computed", justify="right", no_wrap=True)
    table.add_column("holds", no_wrap=True)
    table.add_column("how, and where it is weak", overflow="fold", ratio=3)
    for claim in claims:
        holds = {True: "yes", False: "no", None: "?"}[claim.holds]
        how = f"{claim.detail}. Weak: {claim.weak}." if claim.weak else f"{claim.detail}."
        table.add_row(claim.id, claim.text, _stated(claim), _computed(claim), holds, how)
    return table


def _stated(claim: Claim) -> str:
    if claim.stated is None:
        return "-"
    low, high = claim.stated
    return f"{low:.3g}" if low == high else f"{low:.3g}-{high:.3g}"


def _computed(claim: Claim) -> str:
    if claim.computed is None:
        return "unknown"
    if claim.computed_range:
        low, high = claim.computed_range
        return f"{low:.3g}-{high:.3g}"
    return f"{claim.computed:.3g}"


def print_claims(claims: Sequence[Claim]) -> None:
    """Print the table on standard output."""
    console = Console(width=max(WIDTH, Console().width), highlight=False)
    console.print(Text("Claims of the 2018 article, recomputed from the catalogue as of 2018-09-26", style="bold"))
    console.print(claims_table(claims))
    agreed = sum(claim.holds is True for claim in claims)
    console.print(
        Text(f"{agreed} of {len(claims)} hold. The world behind them: payback plan examples/article-2018.toml")
    )
