"""The Prometheus text format: names, labels and values, as exporters print them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

_LINE: Final = re.compile(r"([A-Za-z_:][\w:]*)\s*(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?\s*$")
_LABEL: Final = re.compile(r'([A-Za-z_]\w*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*,?\s*')
_ESCAPE: Final = re.compile(r"\\(.)")
_ESCAPED: Final = {"n": "\n", "\\": "\\", '"': '"'}


class Metric(NamedTuple):
    """One line."""

    name: str
    labels: dict[str, str]
    value: float


def metrics(page: str) -> Iterator[Metric]:
    r"""Every readable line of a page whose value is a number; comments and the rest are passed over.

    Args:
        page: The text an exporter serves.

    Example:
        >>> next(metrics('# HELP up\nup{gpu="0",name="a \\"b\\""} 1.5 1700000000000'))
        Metric(name='up', labels={'gpu': '0', 'name': 'a "b"'}, value=1.5)
    """
    for line in page.splitlines():
        found = None if line.startswith("#") else _LINE.match(line.strip())
        if found is None:
            continue
        name, labels, number = found.groups()
        try:
            value = float(number)
        except ValueError:
            continue
        if not math.isnan(value):
            yield Metric(name, _labels(labels or ""), value)


def _labels(text: str) -> dict[str, str]:
    return {name: _ESCAPE.sub(_unescape, value) for name, value in _LABEL.findall(text)}


def _unescape(match: re.Match[str]) -> str:
    return _ESCAPED.get(match.group(1), match.group(1))
