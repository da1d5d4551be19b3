"""办件回执: what a unit prints after submitting (S000-92…98)."""

from __future__ import annotations

from dataclasses import asdict, dataclass

FORM = "receipt/standard"


@dataclass(frozen=True)
class ReceiptPerson:
    """One line of 申报人员, e.g. `汽车驾驶与管理 / 高级工 / 正常申报`."""

    name: str
    trade: str = ""
    grade: str = ""
    mode: str = ""


@dataclass(frozen=True)
class Receipt:
    """Everything the 回执 shows, as strings ready to print. `case_number` has 16 digits (S000-96)."""

    case_number: str
    case_name: str
    unit_name: str
    submitted_at: str
    people: tuple[ReceiptPerson, ...] = ()
    state: str = ""
    clerk: str = ""
    next_step: str = ""
    phone: str = ""
    office: str = ""
    check_text: str = ""
    printed_on: str = ""
    heading: str = "办 件 回 执"


def receipt_context(receipt: Receipt) -> dict:
    """The context of `FORM`."""
    return asdict(receipt) | {
        "footer_left": f"打印时间：{receipt.printed_on}" if receipt.printed_on else "",
        "footer_right": "扫码核对办件编号" if receipt.check_text else "",
        "draft": False,
    }
