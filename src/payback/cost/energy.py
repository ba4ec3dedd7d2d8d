"""What the electricity of an owned machine costs."""

from __future__ import annotations

from payback.units import W_PER_KW


def energy_cost_usd(wall_power_w: float, hours: float, *, price_usd_per_kwh: float, pue: float = 1.0) -> float:
    """Cost of the electricity a machine draws from the wall, cooling included.

    cost = P/1000 · t · PUE · price                                        (C6)

    Args:
        wall_power_w: Mean power at the machine's plug. [W]
        hours: Time at that power. [h]
        price_usd_per_kwh: Tariff, taxes included. [USD/kWh]
        pue: Facility energy over machine energy; 1.0 at home without cooling. [-]

    Returns:
        Electricity cost. [USD]

    Example:
        >>> round(energy_cost_usd(1000, 8760, price_usd_per_kwh=0.20), 2)
        1752.0
    """
    return wall_power_w / W_PER_KW * hours * pue * price_usd_per_kwh
