"""Collectors: one module a public source, each stating its contract; `refresh` runs them."""

from __future__ import annotations

from payback.catalogue.collect.reports import FileReport, SourceReport
from payback.catalogue.collect.run import Progress, refresh
from payback.catalogue.collect.sources import SourceInfo, sources

__all__ = ["FileReport", "Progress", "SourceInfo", "SourceReport", "refresh", "sources"]
