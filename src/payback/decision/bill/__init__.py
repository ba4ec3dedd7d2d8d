"""From what was billed to what to ask: prices of what was used, the hours it was used, and the question they pose."""

from __future__ import annotations

from payback.decision.bill.account import Account, PricedLine, account
from payback.decision.bill.ask import Asked, ask
from payback.decision.bill.use import Use, use_of

__all__ = ["Account", "Asked", "PricedLine", "Use", "account", "ask", "use_of"]
