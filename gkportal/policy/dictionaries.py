"""Code lists with the labels used on screen.

Education follows GB/T 4658-2006, political status GB/T 4762-1984, sex GB/T 2261.1-2003.
In GB/T 4658 a smaller code means a higher education but 毕业, 结业 and 肄业 share the same
decade, so "大专及以上" is always a set of codes (see the packs), never a comparison.
Codes starting with X are local extensions that the standard does not have.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Entry:
    """One code with its label; `on_screen` false keeps it out of drop-down lists."""

    code: str
    label: str
    on_screen: bool = True


@dataclass(frozen=True, slots=True)
class Dictionary:
    """A code list. `loose` maps spellings found in sheets and old data to codes."""

    name: str
    title: str
    entries: tuple[Entry, ...]
    loose: dict[str, str] = field(default_factory=dict)
    _labels: dict[str, str] = field(init=False, repr=False)
    _codes: dict[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        labels = {entry.code: entry.label for entry in self.entries}
        codes = {entry.label: entry.code for entry in self.entries}
        codes.update({entry.code: entry.code for entry in self.entries})
        codes.update({_squeeze(text): code for text, code in self.loose.items()})
        object.__setattr__(self, "_labels", labels)
        object.__setattr__(self, "_codes", codes)

    def label(self, code: object) -> str:
        """The label of a code; "" for an empty value, the value itself when it is not a code."""
        text = "" if code is None else str(code)
        return self._labels.get(text, text)

    def code(self, text: object) -> str | None:
        """The code of a label, a code or a loose spelling; None when nothing fits."""
        if text is None:
            return None
        return self._codes.get(_squeeze(str(text)))

    def choices(self) -> tuple[tuple[str, str], ...]:
        """(code, label) pairs for a drop-down list, in official order."""
        return tuple((entry.code, entry.label) for entry in self.entries if entry.on_screen)

    def __contains__(self, code: object) -> bool:
        return code in self._labels


def _squeeze(text: str) -> str:
    return "".join(text.split())


def _entries(*pairs: tuple[str, str], hidden: tuple[tuple[str, str], ...] = ()) -> tuple[Entry, ...]:
    shown = tuple(Entry(code, label) for code, label in pairs)
    return shown + tuple(Entry(code, label, on_screen=False) for code, label in hidden)


EDUCATION = Dictionary(
    "education",
    "学历",
    _entries(
        ("11", "博士研究生"),
        ("14", "硕士研究生"),
        ("17", "研究生班"),
        ("21", "大学本科"),
        ("28", "大学普通班"),
        ("31", "大学专科"),
        ("X31", "成人高等教育专业证书"),
        ("X48", "技师学院"),
        ("X47", "高级技工学校"),
        ("41", "中等专科"),
        ("44", "职业高中"),
        ("47", "技工学校"),
        ("61", "普通高中"),
        ("71", "初中"),
        ("81", "小学"),
        ("90", "其他"),
        hidden=(
            ("12", "博士研究生（结业）"),
            ("13", "博士研究生（肄业）"),
            ("15", "硕士研究生（结业）"),
            ("16", "硕士研究生（肄业）"),
            ("18", "研究生班（结业）"),
            ("19", "研究生班（肄业）"),
            ("22", "大学本科（结业）"),
            ("23", "大学本科（肄业）"),
            ("32", "大学专科（结业）"),
            ("33", "大学专科（肄业）"),
            ("42", "中等专科（结业）"),
            ("43", "中等专科（肄业）"),
            ("45", "职业高中（结业）"),
            ("46", "职业高中（肄业）"),
            ("48", "技工学校（结业）"),
            ("49", "技工学校（肄业）"),
            ("62", "普通高中（结业）"),
            ("63", "普通高中（肄业）"),
            ("73", "初中（肄业）"),
            ("83", "小学（肄业）"),
        ),
    ),
    {
        "博士": "11",
        "博士学历": "11",
        "博士研究生毕业": "11",
        "硕士": "14",
        "硕士学历": "14",
        "研究生": "14",
        "硕士研究生毕业": "14",
        "研究生学历": "14",
        "本科": "21",
        "本科学历": "21",
        "大学": "21",
        "大学本科毕业": "21",
        "本科毕业": "21",
        "大专": "31",
        "大专学历": "31",
        "专科": "31",
        "专科学历": "31",
        "大学专科毕业": "31",
        "高职": "31",
        "专业证书": "X31",
        "专业证书班": "X31",
        "高级技校": "X47",
        "中专": "41",
        "中专学历": "41",
        "中等专业学校": "41",
        "中等专科毕业": "41",
        "职高": "44",
        "职业高中毕业": "44",
        "技校": "47",
        "技工": "47",
        "技工学校毕业": "47",
        "高中": "61",
        "高中学历": "61",
        "普通高中毕业": "61",
        "普通高级中学": "61",
        "初中学历": "71",
        "初中毕业": "71",
        "初级中学": "71",
        "小学学历": "81",
        "小学毕业": "81",
    },
)

POLITICAL = Dictionary(
    "political",
    "政治面貌",
    _entries(
        ("01", "中共党员"),
        ("02", "中共预备党员"),
        ("03", "共青团员"),
        ("04", "民革党员"),
        ("05", "民盟盟员"),
        ("06", "民建会员"),
        ("07", "民进会员"),
        ("08", "农工党党员"),
        ("09", "致公党党员"),
        ("10", "九三学社社员"),
        ("11", "台盟盟员"),
        ("12", "无党派人士"),
        ("13", "群众"),
    ),
    {"党员": "01", "中国共产党党员": "01", "预备党员": "02", "团员": "03", "无党派": "12"},
)

SEX = Dictionary(
    "sex",
    "性别",
    _entries(("1", "男"), ("2", "女"), hidden=(("0", "未知的性别"), ("9", "未说明的性别"))),
    {"男性": "1", "女性": "2", "M": "1", "F": "2"},
)

STATUS = Dictionary(
    "status",
    "当前状态",
    _entries(
        ("active", "在职"),
        ("retired", "退休"),
        ("left", "离职"),
        ("transferred_out", "调出"),
        ("leave", "离岗"),
        ("dismissed", "辞退"),
        ("deceased", "死亡"),
    ),
    {
        "在岗": "active",
        "在编在岗": "active",
        "离退休": "retired",
        "辞职": "left",
        "调离": "transferred_out",
        "去世": "deceased",
        "病故": "deceased",
        "开除": "dismissed",
        "离岗待退": "leave",
        "内退": "leave",
    },
)

ESTABLISHMENT = Dictionary(
    "establishment",
    "编制",
    _entries(("in", "在编"), ("out", "编外")),
    {"编内": "in", "事业编制": "in", "编制内": "in", "编制外": "out", "合同制": "out"},
)

APPRAISAL = Dictionary(
    "appraisal",
    "年度考核",
    _entries(
        ("excellent", "优秀"),
        ("qualified", "合格"),
        ("basic", "基本合格"),
        ("unqualified", "不合格"),
        ("ungraded", "不定等次"),
    ),
    # Civil-service appraisals say 称职 for the same result.
    {
        "称职": "qualified",
        "基本称职": "basic",
        "不称职": "unqualified",
        "未定等次": "ungraded",
        "不确定等次": "ungraded",
    },
)

GRADE = Dictionary(
    "grade",
    "技术等级",
    _entries(("5", "初级工"), ("4", "中级工"), ("3", "高级工"), ("2", "技师"), ("1", "高级技师"), ("0", "未定级")),
    {
        "初级": "5",
        "五级": "5",
        "五级工": "5",
        "初级技工": "5",
        "中级": "4",
        "四级": "4",
        "四级工": "4",
        "中级技工": "4",
        "高级": "3",
        "三级": "3",
        "三级工": "3",
        "高级技工": "3",
        "二级": "2",
        "一级": "1",
        "无": "0",
        "普通工": "0",
        "未评定": "0",
        "无等级": "0",
    },
)

HIRED_GRADE = Dictionary(
    "hired_grade",
    "聘用等级",
    _entries(
        ("1", "一级（高级技师）"),
        ("2", "二级（技师）"),
        ("3", "三级（高级工）"),
        ("4", "四级（中级工）"),
        ("5", "五级（初级工）"),
        ("0", "普通工"),
    ),
    {"高级技师": "1", "技师": "2", "高级工": "3", "中级工": "4", "初级工": "5", "未定级": "0"},
)

YES_NO = Dictionary("yes_no", "是否", _entries(("yes", "是"), ("no", "否")), {"True": "yes", "False": "no"})

HONOUR = Dictionary(
    "honour",
    "荣誉",
    _entries(
        ("excellent_soldier", "优秀士兵、优秀士官、四有优秀士兵"),
        ("merit_3", "三等功"),
        ("merit_2", "二等功"),
        ("merit_1", "一等功"),
        ("honorary_title", "荣誉称号"),
        ("other", "其他表彰"),
    ),
    {"优秀士兵": "excellent_soldier", "优秀士官": "excellent_soldier", "四有优秀士兵": "excellent_soldier"},
)

DICTIONARIES: dict[str, Dictionary] = {
    item.name: item
    for item in (EDUCATION, POLITICAL, SEX, STATUS, ESTABLISHMENT, APPRAISAL, GRADE, HIRED_GRADE, YES_NO, HONOUR)
}


def dictionary(name: str) -> Dictionary:
    """The dictionary of that name; KeyError when there is none."""
    return DICTIONARIES[name]


def grade_number(value: object) -> int | None:
    """5..1, or 0 for 未定级, from a number, a label or a loose spelling (中级 → 4); None if unclear."""
    code = GRADE.code(value)
    return None if code is None else int(code)
