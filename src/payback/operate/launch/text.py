"""YAML with a first line that says where it came from."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

import yaml

from payback.operate.launch.request import LaunchRequest


def as_yaml(document: dict[str, Any], why: str) -> str:
    """A document in its own order, under a comment."""
    comment = "".join(f"# {line}\n" for line in why.splitlines())
    return comment + yaml.safe_dump(document, sort_keys=False, width=100, default_flow_style=False)


def stem(request: LaunchRequest) -> str:
    """Beginning of the files' names: that of `--out`, else payback."""
    return PurePath(request.file_name).stem if request.file_name else "payback"
