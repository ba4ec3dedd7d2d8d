"""Recompute a published rent-vs-buy analysis from its own inputs and name the step that does not follow."""

from payback.decision.claim.check import ClaimCheck, check_claim
from payback.decision.claim.model import Analysis
from payback.decision.claim.reading import analysis_from_dict, parse_claim, read_claim

__all__ = ["Analysis", "ClaimCheck", "analysis_from_dict", "check_claim", "parse_claim", "read_claim"]
