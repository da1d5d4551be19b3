"""Invented people for the policy tests."""

from __future__ import annotations

from typing import Any

from gkportal.policy import Certificate, Education, Facts


def appraisals(year: int, result: str = "qualified", **other: str) -> dict[int, str]:
    """Results of the five years before `year`; y2021="excellent" overrides one."""
    found = {each: result for each in range(year - 5, year)}
    found.update({int(key[1:]): value for key, value in other.items()})
    return found


def worker(year: int = 2024, **other: Any) -> Facts:
    """A man of 1985 in 电工 with everything in order; other facts override."""
    facts: dict[str, Any] = {
        "work_start": "2005-07",
        "birth_date": "1985-03-02",
        "sex": "1",
        "education": (Education("61"),),
        "certificates": (Certificate("电工", 5, "2015-10-20"),),
        "appraisals": appraisals(year),
        "trade_code": "0202",
        "status": "active",
        "on_post": True,
        "is_veteran": False,
        "from_other_province": False,
    }
    return Facts(**(facts | other))
