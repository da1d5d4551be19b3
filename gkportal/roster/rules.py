"""What keeps a person from being declared."""

from __future__ import annotations

from gkportal.core.answer import YES, Answer, no
from gkportal.policy.dictionaries import GRADE, STATUS
from gkportal.roster.models import WorkerCertificate
from gkportal.roster.queries import WorkerBundle

#: Base data without which no declaration is accepted (S004-02, S004-04).
_REQUIRED = (
    ("phone", "移动电话"),
    ("education", "学历"),
    ("work_start", "参加工作时间"),
    ("trade_code", "从事工种"),
    ("trade_start", "从事本工种时间"),
)
_ON_CERTIFICATE = (("number", "证书号码"), ("issued_on", "取得考核时间"), ("issuer", "证书发证单位"))


def missing_for_declaration(bundle: WorkerBundle) -> list[str]:
    """Base data that is missing or differs from the certificates, in words; empty when all is there (S004-02)."""
    missing = [label for name, label in _REQUIRED if not getattr(bundle.worker, name)]
    graded = [row for row in bundle.certificates if 1 <= row.grade <= 5]
    for row in graded:
        missing += [f"{_grade(row)}证书的{label}" for name, label in _ON_CERTIFICATE if not getattr(row, name)]
    held = min((row.grade for row in graded), default=0)
    if bundle.worker.grade and not held:
        missing.append(f"{GRADE.label(bundle.worker.grade)}的等级证书")
    elif held != bundle.worker.grade:
        missing.append(f"技术等级（名册为{GRADE.label(bundle.worker.grade)}，证书最高为{GRADE.label(held)}，应当一致）")
    return missing


def _grade(row: WorkerCertificate) -> str:
    return GRADE.label(row.grade)


def can_declare(bundle: WorkerBundle) -> Answer:
    """Whether the person can be put into a declaration at all; eligibility is the policy pack's business."""
    if bundle.worker.status != "active":
        return no(f"当前状态为“{STATUS.label(bundle.worker.status)}”，只有在职人员可以申报。")
    missing = missing_for_declaration(bundle)
    return no("基础信息不完整，缺：" + "、".join(missing) + "。") if missing else YES
