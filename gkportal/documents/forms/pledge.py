"""承诺书 as it was agreed to: who, when, and each point in the words shown at that moment (S000-89, S000-90)."""

from __future__ import annotations

from dataclasses import asdict, dataclass

FORM = "pledge/standard"


@dataclass(frozen=True)
class Pledge:
    """Everything the 承诺书 shows, as strings ready to print. `points` come from the policy pack."""

    unit_name: str
    person: str
    agreed_at: str
    points: tuple[str, ...]
    heading: str = "申报单位经办人承诺书"
    addressee: str = ""
    intro: str = ""
    case_number: str = ""
    case_name: str = ""
    answer: str = "同意"
    check_text: str = ""
    printed_on: str = ""


def pledge_context(pledge: Pledge) -> dict:
    """The context of `FORM`."""
    return asdict(pledge) | {
        "footer_left": f"打印时间：{pledge.printed_on}" if pledge.printed_on else "",
        "footer_right": "扫码核对承诺记录" if pledge.check_text else "",
        "draft": False,
    }
