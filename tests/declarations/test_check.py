"""提交前核对 of one person (S000-107, peers.md §4.2 check answers)."""

from __future__ import annotations

from tests.declarations.conftest import Person, text_of


def checked(person: Person) -> str:
    response = person.client.get(person.url + "/check")
    assert response.status_code == 200
    return text_of(response.get_data(as_text=True))


def test_every_value_stands_on_one_page(sang: Person):
    sang.save(appraisal_text="一贯安全行车。", political="01")
    text = checked(sang)
    for words in ("姓名 桑春生", "公民身份号码 990101********1011", "参加工作时间 2000年07月", "移动电话 10000000101", "政治面貌 中共党员",
                  "申报工种 汽车驾驶与管理", "从事本工种时间 2000年07月", "是否在岗 是", "YZ000101", "2018年08月31日", "至今", "一贯安全行车。"):  # fmt: skip
        assert words in text, words


def test_rules_materials_and_print_are_listed(sang: Person):
    text = checked(sang)
    assert "申报资格 符合" in text and "2005年（含）以前" in text
    assert "审批表 未打印" in text
    assert "材料列表 0 / " in text and "未交" in text
    assert "材料 1 审批表：先打印审批表，签字盖章后扫描上传" in text
    assert "去提交" not in text


def test_each_block_leads_to_where_it_is_changed(sang: Person):
    html = sang.client.get(sang.url + "/check").get_data(as_text=True)
    for section in ("person", "application", "certificates", "career", "achievements"):
        assert f'href="{sang.url}?check=1#s-{section}"' in html, section
    assert f'href="{sang.url}/approval-form"' in html and f'href="{sang.url}/materials"' in html


def test_messages_stand_at_their_places(sang: Person):
    sang.save(trade_start="1999-01")
    text = checked(sang)
    assert "从事本工种时间：1999年01月 早于参加工作时间 2000年07月" in text
    assert "申报与从业情况 1 处需要修改" in text
