"""公民身份号码 (GB 11643-1999) and 统一社会信用代码 (GB 32100-2015): checks that real people and units pass."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from stdnum.cn import uscc
from stdnum.cn.ric import calc_check_digit

_SHAPE = re.compile(r"[1-9]\d{16}[\dX]")


@dataclass(frozen=True, slots=True)
class IdNumber:
    """What a valid 公民身份号码 says: birth date and sex (`1` 男, `2` 女, GB/T 2261.1)."""

    value: str
    birth_date: date
    sex: str


def read_id_number(value: str, today: date) -> IdNumber:
    """Read an 18-character number. Raises ValueError with the Chinese reason.

    The check digit, the date and the sex digit are tested; the region code is not, because retired and later
    county codes are legal (domain.md §4, GB/T 2260).
    """
    if len(value) != 18:
        raise ValueError(f"公民身份号码应为 18 位，现在是 {len(value)} 位，请核对。")
    if not _SHAPE.fullmatch(value):
        raise ValueError("公民身份号码只能是 17 位数字加 1 位数字或 X，请核对。")
    try:
        born = date(int(value[6:10]), int(value[10:12]), int(value[12:14]))
    except ValueError:
        raise ValueError(f"公民身份号码第 7–14 位“{value[6:14]}”不是有效日期，请核对。") from None
    if not date(1900, 1, 1) <= born <= today:
        raise ValueError(f"公民身份号码中的出生日期 {born:%Y-%m-%d} 不合理，请核对。")
    if calc_check_digit(value) != value[17]:
        raise ValueError("公民身份号码最后一位校验不正确，请逐位核对。")
    return IdNumber(value, born, "1" if int(value[16]) % 2 else "2")


def check_uscc(value: str) -> None:
    """Check a 统一社会信用代码. Raises ValueError with the Chinese reason (S000-56, GB 32100)."""
    if len(value) != 18:
        raise ValueError(f"统一社会信用代码应为 18 位，现在是 {len(value)} 位，请核对。")
    if not uscc.is_valid(value):
        raise ValueError("统一社会信用代码的校验位不正确，请对照证书逐位核对。")
