"""Semantic checks of a pack: what the types cannot see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from gkportal.policy.dictionaries import APPRAISAL, DICTIONARIES, EDUCATION, HONOUR, STATUS
from gkportal.policy.material_lists import PLACEHOLDERS
from gkportal.policy.reading import Origins, Trail, trail_text
from gkportal.policy.schema import FormField, PackData
from gkportal.policy.schema_rules import ConditionBase, Material, MaterialList, When

Finding = tuple[Trail, str]


def problems(data: PackData, origins: Origins, shown: str) -> list[str]:
    """One sentence per problem, naming file and key."""
    found: list[str] = []
    for check in _CHECKS:
        for trail, text in check(data):
            found.append(f"{_file(trail, origins, shown)}：{trail_text(trail)} {text}。")
    return found


def _file(trail: Trail, origins: Origins, shown: str) -> str:
    for end in range(len(trail), 0, -1):
        if trail[:end] in origins:
            return origins[trail[:end]]
    return shown


def _twice(values: list[object]) -> list[object]:
    return [value for value, count in Counter(values).items() if count > 1]


def _grades(data: PackData) -> Iterator[Finding]:
    known = {item.number for item in data.grades}
    for number in _twice([item.number for item in data.grades]):
        yield ("grades",), f"等级 {number} 写了两次"
    uses: list[tuple[Trail, tuple[int, ...]]] = []
    for kind in data.kinds:
        uses.append((("kinds", f"[{kind.key}]", "grades"), kind.grades))
        uses += [(("kinds", f"[{kind.key}]", "flags", f"[{flag.key}]", "grades"), flag.grades) for flag in kind.flags]
        uses += [(("kinds", f"[{kind.key}]", "modes", f"[{mode.key}]", "grades"), mode.grades) for mode in kind.modes]
    uses += [(("eligibility", f"[{rule.key}]", "grades"), rule.grades) for rule in data.eligibility]
    uses += [(("open_trades", f"[{item.key}]", "grades"), item.grades) for item in data.open_trades]
    for trail, numbers in uses:
        for number in numbers:
            if number not in known:
                yield trail, f"里的等级 {number} 不存在，现有 {'、'.join(map(str, sorted(known)))}"


def _trades(data: PackData) -> Iterator[Finding]:
    categories = {item.key for item in data.categories}
    owners: dict[str, str] = {}
    for trade in data.trades:
        trail: Trail = ("trades", f"[{trade.code}]")
        if trade.category not in categories:
            yield (*trail, "category"), f"是 “{trade.category}”，没有这个工种类别"
        for name in (trade.name, *trade.aliases):
            if name in owners:
                yield trail, f"的名称 “{name}” 已属于工种 {owners[name]}，一个名称只能归并到一个工种"
            owners[name] = trade.code
    for item in data.open_trades:
        for name in item.trades:
            if name not in owners and name not in owners.values():
                yield ("open_trades", f"[{item.key}]", "trades"), f"里的工种 “{name}” 不在工种目录中"


def _kinds(data: PackData) -> Iterator[Finding]:
    modes = {item.key for item in data.modes}
    windows = {item.kind for item in data.windows}
    forms = {kind for item in data.forms for kind in item.kinds}
    for kind in data.kinds:
        trail: Trail = ("kinds", f"[{kind.key}]")
        if kind.key not in windows:
            yield trail, "没有申报时间（windows）"
        if kind.key not in forms:
            yield trail, "没有申报表（forms）"
        for mode in kind.modes:
            if mode.key not in modes:
                yield trail, f"的申报方式 “{mode.key}” 没有定义"
            yield from _mode(data, kind.key, mode.key, mode.grades or kind.grades)


def _mode(data: PackData, kind: str, mode: str, grades: tuple[int, ...]) -> Iterator[Finding]:
    trail: Trail = ("kinds", f"[{kind}]", "modes", f"[{mode}]")
    lists = [item for item in data.materials if kind in item.kinds and mode in item.modes]
    if not lists:
        yield trail, "没有材料清单（materials）"
    if len(lists) > 1:
        yield trail, f"有 {len(lists)} 份材料清单（{'、'.join(item.key for item in lists)}），只能有一份"
    for grade in grades:
        rules = [
            rule.key for rule in data.eligibility if rule.kind == kind and grade in rule.grades and mode in rule.modes
        ]
        if not rules:
            yield trail, f"的等级 {grade} 没有申报条件（eligibility）"
        if len(rules) > 1:
            yield trail, f"的等级 {grade} 有多条申报条件（{'、'.join(rules)}），只能有一条"


def _conditions(data: PackData) -> Iterator[Finding]:
    found: list[tuple[Trail, ConditionBase]] = [
        (("gates", f"[{gate.key}]", "condition"), gate.condition) for gate in data.gates
    ]
    for rule in data.eligibility:
        for path in rule.paths:
            trail = ("eligibility", f"[{rule.key}]", "paths", f"[{path.key}]", "conditions")
            found += [((*trail, f"[{condition.key}]"), condition) for condition in path.conditions]
    for trail, condition in found:
        yield from _condition(data, trail, condition)


def _condition(data: PackData, trail: Trail, condition: ConditionBase) -> Iterator[Finding]:
    sets = {item.key for item in data.education_sets}
    classes = {item.key for item in data.exception_classes}
    for name, known, what in (
        ("sets", sets, "学历集合"),
        ("related_sets", sets, "学历集合"),
        ("classes", classes, "破格条件类别"),
        ("accept", set(dict(APPRAISAL.choices())), "年度考核结果"),
        ("statuses", set(dict(STATUS.choices())), "人员状态"),
    ):
        for value in getattr(condition, name, ()):
            if value not in known:
                yield (
                    (*trail, name),
                    f"里的 “{value}” 不是已定义的{what}，可用：{'、'.join(sorted(known)) or '（没有）'}",
                )
    if getattr(condition, "relax", 0) > getattr(condition, "years", 60):
        yield (*trail, "relax"), "大于 years，放宽不能超过年限本身"


def _education(data: PackData) -> Iterator[Finding]:
    sets = {item.key for item in data.education_sets}
    for item in data.education_sets:
        for code in item.codes:
            if code not in EDUCATION:
                yield ("education_sets", f"[{item.key}]", "codes"), f"里的学历代码 “{code}” 不在 GB/T 4658 和本地扩展中"
    for item in data.exception_classes:
        trail: Trail = ("exception_classes", f"[{item.key}]")
        if item.test == "related_education" and item.education_set not in sets:
            yield (*trail, "education_set"), f"是 “{item.education_set}”，没有这个学历集合"
        for honour in item.honours:
            if honour not in HONOUR:
                yield (*trail, "honours"), f"里的 “{honour}” 不是已定义的荣誉"


def _routes(data: PackData) -> Iterator[Finding]:
    steps = {item.key for item in data.steps}
    for route in data.routes:
        for key in route.steps:
            if key not in steps:
                yield ("routes", f"[{route.key}]", "steps"), f"里的 “{key}” 没有定义（steps）"
    for kind in data.kinds:
        for level in ("district", "city", "province"):
            fits = [
                item for item in data.routes if level in item.unit_levels and (not item.kinds or kind.key in item.kinds)
            ]
            covered = [not item.grades or set(kind.grades) <= set(item.grades) for item in fits]
            if not any(covered):
                yield ("routes",), f"没有 {kind.label} 的 {level} 级单位路线"


def _windows(data: PackData) -> Iterator[Finding]:
    for item in data.windows:
        trail: Trail = ("windows", f"[{item.key}]")
        if item.opens and item.opens >= item.submit_deadline:
            yield trail, "的 opens 不早于 submit_deadline"
        if item.correct_until and item.correct_until < item.submit_deadline:
            yield trail, "的 correct_until 早于 submit_deadline"
    for kind in _twice([item.kind for item in data.windows]):
        yield ("windows",), f"里 {kind} 有两条，只能有一条"


def _materials(data: PackData) -> Iterator[Finding]:
    by_key = {item.key: item for item in data.materials}
    for definition in data.materials:
        trail: Trail = ("materials", f"[{definition.key}]")
        seen: list[str] = []
        name = definition.key
        while name and name in by_key and name not in seen:
            seen.append(name)
            name = by_key[name].include
        if name:
            yield (*trail, "include"), f"的 “{name}” 不存在或形成循环"
            continue
        items = [item for key in seen for item in by_key[key].items]
        yield from _numbers(definition, items)
        for item in definition.items:
            yield from _material(data, (*trail, "items", f"[{item.key}]"), item)


def _numbers(definition: MaterialList, items: list[Material]) -> Iterator[Finding]:
    trail: Trail = ("materials", f"[{definition.key}]", "items")
    for number in _twice([item.number for item in items]):
        keys = "、".join(item.key for item in items if item.number == number)
        yield trail, f"的序号 {number} 重复（{keys}），每项材料一个序号"
    for key in _twice([item.key for item in items]):
        yield trail, f"里 “{key}” 写了两次"
    if not any(item.approval_form for item in items):
        yield trail, "没有审批表（approval_form = true）"
    if not any(item.photo for item in items):
        yield trail, "没有照片（photo = true）"


def _material(data: PackData, trail: Trail, item: Material) -> Iterator[Finding]:
    fields = {
        field.key for form in data.forms for part in form.sections for field in (*part.fields, *part.after_fields)
    }
    fields |= {section.key for form in data.forms for section in form.sections}
    for name in item.evidence_fields:
        if name not in fields:
            yield (*trail, "evidence_fields"), f"里的 “{name}” 不是申报表的项目"
    for text in (item.requirement, item.reason, *(part.requirement + part.reason for part in item.extras)):
        for piece in text.split("{")[1:]:
            if piece.split("}")[0] not in PLACEHOLDERS:
                yield trail, f"的占位符 “{{{piece.split('}')[0]}}}” 不认识，可用：{'、'.join(PLACEHOLDERS)}"
    for when in (item.when, item.required_when, *(part.when for part in item.extras)):
        yield from _when(data, trail, when)


def _when(data: PackData, trail: Trail, when: When | None) -> Iterator[Finding]:
    if when is None:
        return
    names = {name for item in data.trades for name in (item.code, item.name, *item.aliases)}
    for name in when.trades:
        if name not in names:
            yield trail, f"的 when 里工种 “{name}” 不在工种目录中"
    if when.education_set and when.education_set not in {item.key for item in data.education_sets}:
        yield trail, f"的 when 里 “{when.education_set}” 不是已定义的学历集合"


def _forms(data: PackData) -> Iterator[Finding]:
    for form in data.forms:
        for section in form.sections:
            trail: Trail = ("forms", f"[{form.key}]", "sections", f"[{section.key}]")
            if section.min_rows > section.max_rows:
                yield trail, "的 min_rows 大于 max_rows"
            yield from _when(data, trail, section.min_rows_when)
            for field in (*section.fields, *section.after_fields):
                yield from _field(data, (*trail, "fields", f"[{field.key}]"), field)


def _field(data: PackData, trail: Trail, field: FormField) -> Iterator[Finding]:
    yield from _when(data, trail, field.required_when)
    if field.type in ("choice", "grade") and not field.choices:
        yield trail, "没有可选项（choices）"
    if isinstance(field.choices, str) and field.choices not in ("", "modes", "grades", *DICTIONARIES):
        yield (*trail, "choices"), f"是 “{field.choices}”，没有这个代码表"


def _texts(data: PackData) -> Iterator[Finding]:
    steps = {item.key for item in data.steps}
    for opinion in data.texts.opinions:
        for key in opinion.steps:
            if key not in steps:
                yield ("texts", "opinions", f"[{opinion.key}]", "steps"), f"里的 “{key}” 没有定义（steps）"


_CHECKS: tuple[Callable[[PackData], Iterator[Finding]], ...] = (
    _grades,
    _trades,
    _kinds,
    _conditions,
    _education,
    _routes,
    _windows,
    _materials,
    _forms,
    _texts,
)
