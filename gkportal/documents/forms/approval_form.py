"""审批表: the values it prints (S000-75…85, S002-118…123). Which layout and heading is the pack's business."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class HeldCertificate:
    """A row of 原持证情况. `trade` is the old name, as on the certificate (S002-119)."""

    trade: str = ""
    grade: str = ""
    number: str = ""
    issued_on: str = ""
    issuer: str = ""


@dataclass(frozen=True)
class CareerRow:
    """A row of 工作简历, e.g. `2005年9月—至今` (S002-121)."""

    period: str = ""
    unit: str = ""
    post: str = ""


@dataclass(frozen=True)
class Achievement:
    """A row of 工作业绩: date and award (S002-122)."""

    date: str = ""
    award: str = ""


@dataclass(frozen=True)
class OpinionBox:
    """One office's box. `label` may hold line breaks; `text` is empty when the opinion is written by hand."""

    label: str
    text: str = ""
    signer: str = "负责人"
    seal: str = "单位"


@dataclass(frozen=True)
class ResultBox:
    """考评结果; empty until the exam is over."""

    theory: str = ""
    practice: str = ""
    review: str = ""
    grade: str = ""
    certificate_number: str = ""
    obtained_on: str = ""


@dataclass(frozen=True)
class PrintMark:
    """What ties a paper to the stored data (print lock): shown in the footer and in the QR code.

    `version` counts the prints of this application, `short_hash` is of the printed data, `check_text` goes into the QR
    code, `printed_on` is the day in words.
    """

    version: str = ""
    short_hash: str = ""
    check_text: str = ""
    printed_on: str = ""


STANDARD_OPINIONS = (
    OpinionBox("用人单位\n意　　见"),
    OpinionBox("主管部门\n意　　见", seal="部门"),
    OpinionBox("区（县）\n人社部门\n（工考办）\n意　　见", seal="部门"),
    OpinionBox("市工考办\n意　　见", seal="部门"),
)
STANDARD_NOTE = "注：本表一式两份，用 A4 纸双面打印；打印后数据如有变动，须重新打印。"


@dataclass(frozen=True)
class ApprovalForm:
    """Everything the 审批表 shows, as strings ready to print. The photo is passed as image `photo`."""

    heading: str
    unit_name: str
    name: str
    id_number: str
    trade: str
    grade: str
    mode: str
    case_number: str = ""
    unit_code: str = ""
    affiliation: str = ""
    gender: str = ""
    birth_month: str = ""
    education: str = ""
    political_status: str = ""
    mobile: str = ""
    work_start: str = ""
    flag: str = ""
    changed_trade: str = ""
    trade_since: str = ""
    interruptions: str = ""
    workplace: str = ""
    engaged_since: str = ""
    engaged_grade: str = ""
    on_post: str = ""
    certificates: tuple[HeldCertificate, ...] = ()
    career: tuple[CareerRow, ...] = ()
    achievements: tuple[Achievement, ...] = ()
    appraisal: str = ""
    opinions: tuple[OpinionBox, ...] = STANDARD_OPINIONS
    result: ResultBox = field(default_factory=ResultBox)
    note: str = STANDARD_NOTE
    mark: PrintMark = field(default_factory=PrintMark)
    draft: bool = False


def approval_form_context(form: ApprovalForm) -> dict:
    """The context of an 审批表 template: JSON-like, the same for equal forms."""
    context = asdict(form)
    mark = form.mark
    del context["mark"]
    left = [f"打印版本 {mark.version}" if mark.version else ""]
    right = [f"校验码 {mark.short_hash}" if mark.short_hash else "", mark.printed_on]
    return context | {
        "footer_left": "　".join(filter(None, left)),
        "footer_right": "　".join(filter(None, right)),
        "check_text": mark.check_text,
    }
