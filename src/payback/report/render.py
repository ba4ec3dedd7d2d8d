"""Charts as SVG and PNG, without a browser."""

from __future__ import annotations

from typing import Any

from payback.errors import MissingExtraError


def _converter() -> Any:
    try:
        import vl_convert
    except ImportError as error:
        raise MissingExtraError("drawing a chart", "images") from error
    return vl_convert


def svg(figure: dict[str, Any]) -> str:
    """A Vega-Lite figure as SVG text.

    Raises:
        MissingExtraError: The drawing library is not installed.
    """
    return str(_converter().vegalite_to_svg(figure))


def png(figure: dict[str, Any], *, scale: float = 2.0) -> bytes:
    """A Vega-Lite figure as PNG bytes.

    Raises:
        MissingExtraError: The drawing library is not installed.
    """
    return bytes(_converter().vegalite_to_png(figure, scale=scale))
