"""What the built-in packs contain, and what happens to broken ones."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from gkportal.policy import DICTIONARIES, PackError, PackLibrary, available_packs, check_packs, tools
from gkportal.policy.library import BUILT_IN


def _library(tmp_path: Path, files: dict[str, str]) -> PackLibrary:
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return PackLibrary([BUILT_IN, tmp_path])


HEAD = """
extends = "changzhou/2024"
[pack]
region = "cloud"
edition = "2026"
year = 2026
affiliation = "云州市"
"""


def _problem(tmp_path: Path, text: str, name: str = "rules.toml") -> str:
    library = _library(tmp_path, {"cloud/2026/pack.toml": HEAD, f"cloud/2026/{name}": text})
    with pytest.raises(PackError) as caught:
        library.load("cloud/2026")
    assert caught.value.problems == library.check()
    return str(caught.value)


def test_built_in_packs_have_no_problems():
    assert check_packs() == []
    assert {"jiangsu/2020", "changzhou/2024"} <= set(available_packs())


@pytest.mark.parametrize(("grade", "count"), [(1, 22), (2, 44), (3, 43), (4, 43), (5, 43)])
def test_open_trades_of_2020(jiangsu, grade, count):
    assert len(jiangsu.open_trades(grade)) == count


def test_open_trades_by_category(jiangsu):
    def names(grade: int, category: str) -> set[str]:
        return {item.name for item in jiangsu.open_trades(grade) if jiangsu.category_label(item.category) == category}

    assert names(1, "服务类") == {"行政事务", "烹饪", "收银审核"}
    assert names(1, "地矿类") == {"地质勘查"}  # the list for this grade misspells it
    assert names(2, "农业类") == {"农艺", "动物养殖", "水产养殖", "农机技术"}
    assert names(3, "农业类") == {"农艺", "动物养殖", "农机技术"}
    assert len({item.category for item in jiangsu.open_trades(1)}) == 9
    assert len({item.category for item in jiangsu.open_trades(2)}) == 13


def test_a_trade_may_be_in_the_catalogue_and_closed(jiangsu):
    code = jiangsu.resolve_trade("花卉园艺")
    assert code is not None
    assert not any(jiangsu.is_open(code, grade) for grade in (1, 2, 3, 4, 5))


def test_windows(changzhou, jiangsu):
    assert changzhou.window("level").submit_deadline == datetime(2024, 4, 15, 23, 59, 59)
    assert changzhou.window("technician").submit_deadline == datetime(2024, 4, 15, 23, 59, 59)
    assert changzhou.window("senior_technician").submit_deadline == datetime(2024, 7, 5, 23, 59, 59)
    assert changzhou.window("level").correction_ends == changzhou.window("level").submit_deadline
    assert changzhou.window("level", 2026).submit_deadline == datetime(2026, 4, 15, 23, 59, 59)
    assert jiangsu.window("technician").submit_deadline == datetime(2020, 7, 31, 23, 59, 59)
    assert jiangsu.window("level").opens == datetime(2020, 8, 1)
    assert jiangsu.window("senior_technician").submit_deadline == datetime(2020, 8, 31, 23, 59, 59)


def test_modes_of_each_kind(changzhou):
    labels = {
        kind.key: [item.label for item in changzhou.modes_for(kind.key, min(kind.grades))] for kind in changzhou.kinds
    }
    assert labels == {
        "level": ["正常申报", "破格申报", "转岗申报", "复核申报"],
        "technician": ["正常申报", "破格申报"],
        "senior_technician": ["正常申报", "破格申报"],
    }


@pytest.mark.parametrize(
    ("level", "steps"),
    [
        ("district", ["主管部门审核", "区级审核", "市级审核"]),
        ("city", ["主管部门审核", "市级审核"]),
        ("province", ["主管部门审核", "省级审核"]),
    ],
)
@pytest.mark.parametrize("kind", ["level", "technician", "senior_technician"])
def test_routes(changzhou, level, steps, kind):
    assert [item.label for item in changzhou.route(level, kind, 4)] == steps
    with pytest.raises(KeyError):
        changzhou.route("village", kind)


def test_affiliation_print_rules_and_pledge(changzhou):
    assert changzhou.affiliation == "常州市"
    assert (changzhou.printing.copies, changzhou.printing.before_submit) == (2, True)
    pledge = changzhou.texts.pledge
    assert (pledge.title, len(pledge.points), pledge.agree, pledge.disagree) == (
        "申报单位经办人承诺书",
        6,
        "同意",
        "不同意",
    )
    assert all(changzhou.opinions(decision) for decision in ("approve", "return", "reject"))


@pytest.mark.parametrize(("existing", "persons"), [(25, 3), (20, 3), (19, 2), (10, 2), (9, 1), (5, 1)])
def test_quota_bands(jiangsu, existing, persons):
    bands = jiangsu.data.quotas[0].bands
    assert next(band for band in bands if existing >= band.at_least).persons == persons


def test_quota_of_four_and_fewer_is_not_in_consecutive_years(jiangsu):
    band = next(band for band in jiangsu.data.quotas[0].bands if band.at_least <= 4)
    assert band.not_consecutive
    assert jiangsu.data.quotas[0].general_only
    assert jiangsu.data.quotas[0].exempt_failed_panel


def test_inheritance_overrides_by_key(tmp_path):
    rules = """
[[trades]]
code = "0101"
general = true
[[trades]]
code = "1601"
name = "云上运维"
category = "service"
[[open_trades]]
key = "technician"
trades = ["云上运维"]
[[kinds]]
key = "level"
[[kinds.flags]]
key = "early"
remove = true
"""
    pack = _library(tmp_path, {"cloud/2026/pack.toml": HEAD, "cloud/2026/trades.toml": rules}).load("cloud/2026")
    assert (pack.affiliation, pack.head.region_label) == ("云州市", "常州市")
    assert pack.trade("0101").general is True
    assert pack.trade("0101").name == "行政事务"
    assert len(pack.trades) == 56
    assert [item.name for item in pack.open_trades(2)] == ["云上运维"]
    assert len(pack.open_trades(3)) == 43
    assert pack.kind("level").flags == ()
    assert [item.number for item in pack.kind("level").modes and pack.data.grades] == [5, 4, 3, 2, 1, 0]
    assert pack.quota("senior_technician", "0101") is not None
    assert pack.quota("senior_technician", "0102") is None


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ('[[gates]]\nkey = "x"\ncondition = { key = "x", kind = "star_sign", clause = "x" }',
         ["cloud/2026/rules.toml", "gates[x].condition", "“star_sign” 不认识", "work_years"]),
        ('[[eligibility]]\nkey = "level.4.normal"\n[[eligibility.paths]]\nkey = "ladder"\n'
         'conditions = [{ key = "work", years = "十" }]',
         ["cloud/2026/rules.toml", "eligibility[level.4.normal].paths[ladder].conditions[work].years", "应为整数", "十"]),
        ('[[open_trades]]\nkey = "level"\ntrades = ["养龙"]',
         ["cloud/2026/rules.toml", "open_trades[level].trades", "“养龙” 不在工种目录中"]),
        ('[[eligibility]]\nkey = "level.4.normal"\ngrades = [4, 3]',
         ["kinds[level].modes[normal]", "有多条申报条件"]),
        ('[[eligibility]]\nkey = "level.4.normal"\nremove = true',
         ["kinds[level].modes[normal]", "等级 4 没有申报条件"]),
        ('[[materials]]\nkey = "level.normal"\nremove = true', ["kinds[level].modes[normal]", "没有材料清单"]),
        ('[[materials]]\nkey = "level.normal"\n[[materials.items]]\nkey = "photo"\nnumber = 2',
         ["materials[level.normal].items", "序号 2 重复（identity_card、photo）"]),
        ('[[kinds]]\nkey = "level"\ngrades = [5, 4, 3, 9]', ["kinds[level].grades", "不能大于 5"]),
        ('[[grades]]\nkey = "junior"\nremove = true', ["kinds[level].grades", "等级 5 不存在"]),
        ('[[windows]]\nkey = "level"\nclause = ""', ["windows[level].clause", "不能为空"]),
        ('[pack]\ncolour = "blue"', ["pack.colour", "不是认识的键"]),
        ('[[steps]]\nkey = "city_review"\nreviewer = "mayor"', ["steps[city_review].reviewer", "“mayor”", "只能是"]),
        ('[[routes]]\nkey = "city"\nsteps = ["moon"]', ["routes[city].steps", "“moon” 没有定义"]),
        ('[[trades]]\ncode = "0102"\nname = "行政事务"', ["trades[0102]", "“行政事务” 已属于工种 0101"]),
        ('[[trades]]\ncode = "1701"\nname = "新"', ["trades[1701].category", "缺少，必须填写"]),
        ('[[materials]]\nkey = "level.normal"\n[[materials.items]]\nkey = "photo"\nreason = "因{age}"',
         ["占位符 “{age}” 不认识"]),
        ('[[education_sets]]\nkey = "college"\ncodes = ["77"]', ["education_sets[college].codes", "“77”"]),
    ],
)  # fmt: skip
def test_a_broken_pack_names_file_key_and_fault(tmp_path, text, parts):
    message = _problem(tmp_path, text, "rules.toml") if not text.startswith("[pack]") else _broken_head(tmp_path, text)
    for part in parts:
        assert part in message


def _broken_head(tmp_path: Path, text: str) -> str:
    library = _library(tmp_path, {"cloud/2026/pack.toml": f"{HEAD}colour = 'blue'\n"})
    with pytest.raises(PackError) as caught:
        library.load("cloud/2026")
    return str(caught.value)


def test_bad_toml_names_the_file_and_line(tmp_path):
    message = _problem(tmp_path, "trades = [}")
    assert message.startswith("cloud/2026/rules.toml：不是有效的 TOML 文件")
    assert "line 1" in message


def test_the_same_key_twice_is_an_error(tmp_path):
    entry = '[[trades]]\ncode = "0101"\n'
    assert "“0101” 写了两次" in _problem(tmp_path, entry * 2)
    files = {"cloud/2026/pack.toml": HEAD, "cloud/2026/a.toml": entry, "cloud/2026/b.toml": entry}
    with pytest.raises(PackError, match="cloud/2026/b.toml.*“0101” 在别的文件已写过"):
        _library(tmp_path, files).load("cloud/2026")


@pytest.mark.parametrize(
    ("head", "part"),
    [
        (HEAD.replace("changzhou/2024", "moon/1"), "extends “moon/1” 不存在。现有：changzhou/2024"),
        (HEAD.replace("changzhou/2024", "cloud/2026"), "extends 形成循环（cloud/2026 → cloud/2026）"),
        (HEAD.replace('edition = "2026"', 'edition = "2027"'), "“cloud/2027”，与目录不一致"),
    ],
)
def test_a_wrong_head(tmp_path, head, part):
    library = _library(tmp_path, {"cloud/2026/pack.toml": head})
    assert part in " ".join(library.check())


def test_an_unknown_pack_lists_the_known_ones():
    with pytest.raises(PackError, match="“moon/1” 不存在。现有：changzhou/2024、jiangsu/2020"):
        PackLibrary([BUILT_IN]).load("moon/1")


def test_packs_are_read_once_and_frozen(changzhou):
    library = PackLibrary([BUILT_IN])
    assert library.load("changzhou/2024") is library.load("changzhou/2024")
    with pytest.raises(ValueError, match="frozen"):
        changzhou.head.year = 2030


def test_tools_speak_in_text(changzhou):
    ok, text = tools.check()
    assert ok
    assert "changzhou/2024" in text
    assert '"eligibility"' in tools.schema()
    described = tools.describe("changzhou/2024")
    assert "2审批表 3复核申请 4身份证" in described
    assert any("放宽年数" in text for _, text in tools.assumptions(changzhou))


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("education", "本科学历", "21"), ("education", "大专 学历", "31"), ("education", "硕士", "14"),
        ("grade", "中级", "4"), ("grade", "高级技师", "1"), ("grade", "未定级", "0"),
        ("appraisal", "称职", "qualified"), ("status", "在职", "active"), ("political", "党员", "01"),
        ("sex", "男", "1"), ("establishment", "编外", "out"), ("education", "火星大学", None),
    ],
)  # fmt: skip
def test_dictionaries_understand_loose_spellings(name, text, code):
    assert DICTIONARIES[name].code(text) == code


@pytest.mark.parametrize("name", sorted(DICTIONARIES))
def test_every_label_leads_back_to_its_code(name):
    found = DICTIONARIES[name]
    assert all(found.code(label) == code and found.label(code) == label for code, label in found.choices())
