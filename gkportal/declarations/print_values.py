"""What the 审批表 says about a person, as strings ready to print, and what differs between two of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from gkportal.declarations.dossiers import Dossier
from gkportal.declarations.forms_data import display, field_choices
from gkportal.documents.forms.approval_form import (
    Achievement,
    ApprovalForm,
    CareerRow,
    HeldCertificate,
    OpinionBox,
    PrintMark,
)
from gkportal.policy import grade_number
from gkportal.policy.dates import show, show_month

_REVIEWER_BOXES = {
    "department": "主管部门\n意　　见",
    "district_office": "区（县）\n人社部门\n（工考办）\n意　　见",
    "city_office": "市工考办\n意　　见",
    "province_office": "省工考办\n意　　见",
}

#: Field of the 审批表 → its name in messages. Lists are named with the row.
LABELS = {
    "unit_name": "单位全称", "name": "姓名", "id_number": "公民身份号码", "trade": "申报工种", "grade": "申报等级",
    "mode": "申报方式", "heading": "表头", "unit_code": "统一社会信用代码", "affiliation": "隶属关系", "gender": "性别",
    "birth_month": "出生年月", "education": "学历", "political_status": "政治面貌", "mobile": "移动电话",
    "work_start": "参加工作时间", "flag": "申报标记", "changed_trade": "是否曾经转岗", "trade_since": "从事本工种时间",
    "interruptions": "中断工种时段", "workplace": "工作单位", "engaged_since": "聘用时间", "engaged_grade": "聘用等级",
    "on_post": "是否在岗", "certificates": "原持证情况", "career": "工作简历", "achievements": "工作业绩",
    "appraisal": "工作鉴定", "note": "表下说明", "photo": "照片",
}  # fmt: skip


def print_values(dossier: Dossier, mark: PrintMark | None = None) -> ApprovalForm:
    """The 审批表 of one person, every value in words (S000-75…82, S002-118…123)."""
    words = _words(dossier)
    application, pack, case = dossier.application, dossier.pack, dossier.case
    return ApprovalForm(
        heading=pack.printing.heading,
        case_number=case.number,
        unit_name=dossier.unit.name,
        unit_code=dossier.unit.uscc or "",
        affiliation=words.get("affiliation", pack.affiliation),
        name=dossier.bundle.worker.name,
        gender=words.get("sex", ""),
        birth_month=words.get("birth_month", ""),
        id_number=dossier.bundle.worker.id_number,
        education=words.get("education", ""),
        political_status=words.get("political", ""),
        mobile=words.get("phone", ""),
        work_start=words.get("work_start", ""),
        trade=pack.trade_name(application.trade_code),
        grade=pack.grade_label(application.grade),
        mode=pack.mode_label(application.mode),
        flag=flag_label(dossier),
        changed_trade=words.get("transferred", ""),
        trade_since=words.get("trade_start", ""),
        interruptions=words.get("trade_break", ""),
        workplace=words.get("unit_name", dossier.unit.name),
        engaged_since=words.get("hired_on", ""),
        engaged_grade=words.get("hired_grade", ""),
        on_post=words.get("on_post", ""),
        certificates=tuple(_certificates(dossier)),
        career=tuple(_career(dossier)),
        achievements=tuple(_achievements(dossier)),
        appraisal=str(dossier.values.get("appraisal_text") or ""),
        opinions=tuple(_boxes(dossier)),
        mark=mark or PrintMark(),
    )


def _words(dossier: Dossier) -> dict[str, str]:
    values = dossier.values
    return {
        item.key: display(item, values.get(item.key), field_choices(item, dossier))
        for section in dossier.definition.sections
        if section.layout == "fields"
        for item in section.fields
    }


def flag_label(dossier: Dossier) -> str:
    """申报标记 in words, "" when none is set (S000-103)."""
    application = dossier.application
    flags = dossier.pack.kind(application.kind).flags
    return next((flag.label for flag in flags if flag.key == application.flag), "")


def _certificates(dossier: Dossier) -> Iterator[HeldCertificate]:
    for row in dossier.values.get("certificates", []):
        grade = grade_number(row.get("grade"))
        label = dossier.pack.grade_label(grade) if grade else str(row.get("grade") or "")
        issued = str(row.get("issued_on") or "")
        yield HeldCertificate(
            str(row.get("trade") or ""),
            label,
            str(row.get("number") or ""),
            show(issued) or issued,
            str(row.get("issuer") or ""),
        )


def _career(dossier: Dossier) -> Iterator[CareerRow]:
    """Unit and post stand in one column of the form or in two; in one, the last blank parts them."""
    section = dossier.definition.section("career")
    texts = [item.key for item in section.fields if item.type != "month"] if section else []
    for row in dossier.values.get("career", []):
        start, end = str(row.get("start") or ""), str(row.get("end") or "")
        period = f"{show_month(start) or start}—{(show_month(end) or end) if end else '至今'}"
        words = [str(row.get(key) or "") for key in texts]
        unit, _, post = words[0].rpartition(" ") if len(words) == 1 else (*words[:1], "", " ".join(words[1:]))
        yield CareerRow(period, unit or post, post if unit else "")


def _achievements(dossier: Dossier) -> Iterator[Achievement]:
    for row in dossier.values.get("achievements", []):
        day = str(row.get("date") or "")
        yield Achievement(show_month(day) or day, str(row.get("award") or ""))


def _boxes(dossier: Dossier) -> Iterator[OpinionBox]:
    yield OpinionBox("用人单位\n意　　见")
    application = dossier.application
    for step in dossier.pack.route(dossier.unit.level, application.kind, application.grade):
        yield OpinionBox(_REVIEWER_BOXES.get(step.reviewer, f"{step.label}\n意　　见"), seal="部门")


def mark_for(dossier: Dossier, version: int, full_hash: str, day: date) -> PrintMark:
    """Version, short hash and QR text of a print; no personal data in the code."""
    short = full_hash[:8].upper()
    return PrintMark(
        version=str(version),
        short_hash=short,
        check_text=f"审批表 {dossier.application.public_id} 第{version}版 校验码{short}",
        printed_on=f"{day.year}年{day.month}月{day.day}日",
    )


def changed_labels(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Names of what differs between two printed data: `从事本工种时间`, `工作简历第 2 行`."""
    found: list[str] = []
    for key, label in LABELS.items():
        one, other = before.get(key), after.get(key)
        if one == other:
            continue
        if isinstance(one, list) and isinstance(other, list):
            found += [
                f"{label}第 {index + 1} 行"
                for index in range(max(len(one), len(other)))
                if one[index : index + 1] != other[index : index + 1]
            ]
        else:
            found.append(label)
    return found
