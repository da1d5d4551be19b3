"""The page of a declaration (S000-99…107, S001-38…42)."""

from __future__ import annotations

from tests.declarations.conftest import Person, add, application_of, text_of


def test_before_anybody_is_added_the_page_offers_to_add(clerk):
    html = clerk.get("/declarations/level").get_data(as_text=True)
    assert "还没有申报人员" in html and "添加申报人员" in html
    assert "青溪区公路养护中心" in html and "4月15日（星期一）23:59 截止" in html and "常州市" in html


def test_added_people_stand_in_the_list_with_their_choices(clerk, world):
    assert add(clerk, "sang", "bai", mode_bai="exception").status_code == 303
    html = clerk.get("/declarations/level").get_data(as_text=True)
    text = text_of(html)
    assert "桑春生" in text and "柏长河" in text and "990101********" in text
    assert "汽车驾驶与管理 高级工 正常申报" in text
    assert "公路养护 高级工 破格申报" in text
    assert "2024041000000001" in text
