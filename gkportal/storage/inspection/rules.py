"""What is asked of a photo; given by the policy pack."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PhotoRule:
    """What the pack asks of a photo. Ratios are width ÷ height; sizes in pixels and bytes.

    2寸 is 35×49 mm or 35×53 mm; `tolerance` widens that range on both sides.
    """

    max_bytes: int = 2 * 1024 * 1024
    narrowest: float = 35 / 53
    widest: float = 35 / 49
    tolerance: float = 0.03
    min_width: int = 295
    min_height: int = 413
    max_width: int = 600
    max_height: int = 840
    white_background: bool = True
    colour: bool = False
