"""单位信息 and 机构管理: own contact data, the tree, codes, moves, isolation."""

from __future__ import annotations

import pytest
from stdnum.cn.uscc import calc_check_digit

from gkportal.audit import AuditEvent
from gkportal.core.errors import Conflict
from gkportal.orgs import operations, queries
from gkportal.orgs.models import Organization
from tests.world import NOW

CODE = "12990000MA0000099" + calc_check_digit("12990000MA0000099")
NEW = {
    "name": "青溪区园林管理所", "short_name": "区园林所", "kind": "unit", "level": "district", "parent": "org-department",
    "affiliation": "全额拨款事业单位", "uscc": CODE, "region_name": "青溪区", "contact_name": "蔺新", "phone": "10000000026", "address": "",
}  # fmt: skip


def text(response):
    return response.get_data(as_text=True)


def org(key):
    return Organization.get(Organization.public_id == f"org-{key}")


def test_own_organisation_is_shown_to_everybody_in_it(sign_in):
    page = text(sign_in("clerk").get("/organization"))
    assert "青溪区公路养护中心" in page and "青溪区交通运输局 → 青溪区工考办 → 云州市工考办" in page
    assert "本单位信息由单位管理员维护" in page
    assert sign_in("clerk").get("/organization/contact").status_code == 403
    assert sign_in("clerk").post("/organization/contact", data={"version": 1}).status_code == 403


def test_unit_admin_edits_contact_data_only(sign_in):
    admin = sign_in("unit_admin")
    data = {
        "version": 1,
        "phone": "０519－85680000",
        "address": " 澄河路  18 号 ",
        "contact_name": "穆知秋",
        "name": "别的",
        "uscc": "x",
        "parent": "org-city",
    }
    answer = admin.post("/organization/contact", data=data, htmx=True)
    assert answer.status_code == 204 and "orgs-changed" in answer.headers["HX-Trigger"]
    row = org("unit")
    assert (row.phone, row.address, row.contact_name) == ("0519-85680000", "澄河路 18 号", "穆知秋")
    assert (row.name, row.path, row.version) == ("青溪区公路养护中心", org("unit").path, 2)
    late = admin.post("/organization/contact", data=data, htmx=True)
    assert late.status_code == 422 and "刚刚被别人修改过" in text(late)
    wrong = admin.post("/organization/contact", data=data | {"version": 2, "phone": "123"}, htmx=True)
    assert wrong.status_code == 422 and "不像有效号码" in text(wrong) and "澄河路 18 号" in text(wrong)


@pytest.mark.parametrize(
    "name",
    [
        "clerk",
        "unit_admin",
        "department_reviewer",
        "city_reviewer",
        "district_reviewer2",
        "system_admin",
        "security_admin",
    ],
)
def test_the_tree_is_for_office_managers(sign_in, name):
    client = sign_in(name)
    assert client.get("/organizations").status_code == 403
    assert client.post("/organizations/new", data=NEW).status_code == 403


def test_tree_shows_only_what_is_below(sign_in):
    page = text(sign_in("district_reviewer").get("/organizations"))
    assert "青溪区航道站" in page and "白石区" not in page and "云州市公路中心" not in page
    assert text(sign_in("round_admin").get("/organizations")).count("<tr>") == 11
    found = text(sign_in("round_admin").get("/organizations?name=公路&kind=unit")).split('id="tree"')[1]
    assert "云州市公路中心" in found and "青溪区公路养护中心" in found and "青溪区航道站" not in found
    assert "没有符合条件" in text(sign_in("round_admin").get("/organizations?name=%25&kind=nonsense"))


def test_add(sign_in):
    answer = sign_in("district_reviewer").post("/organizations/new", data=NEW, htmx=True)
    assert answer.status_code == 204, text(answer)
    made = Organization.get(Organization.name == NEW["name"])
    assert made.path == f"{org('department').path}{made.id}/" and made.uscc == CODE and made.parent == org("department")
    assert AuditEvent.select().order_by(AuditEvent.id.desc()).get().verb == "orgs.added"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": ""}, "请填写机构名称"),
        ({"uscc": CODE[:-1] + ("0" if CODE[-1] != "0" else "1")}, "校验位不正确"),
        ({"uscc": "12990000MA00000999999"}, "应为 18 位，现在是 21 位"),
        ({"uscc": "129900"}, "应为 18 位，现在是 6 位"),
        ({"name": "青溪区航道站"}, "已有同名机构“青溪区航道站”"),
        ({"parent": "org-other-department"}, "请从列表中选择"),
        ({"parent": "org-unit"}, "请从列表中选择"),
        ({"kind": "office", "parent": "org-department"}, "工考办的上级应是工考办"),
        ({"kind": "department", "parent": "org-department"}, "主管部门的上级应是工考办"),
        ({"kind": "nonsense"}, "请从列表中选择"),
        ({"phone": "abc"}, "不像有效号码"),
        ({"name": "长" * 61}, "机构名称不超过 60 个字"),
    ],
)
def test_bad_input_keeps_what_was_typed(sign_in, change, sentence):
    answer = sign_in("district_reviewer").post("/organizations/new", data=NEW | change, htmx=True)
    assert answer.status_code == 422 and sentence in text(answer) and "区园林所" in text(answer)
    assert Organization.select().count() == 10


def test_code_in_use_is_named_only_within_sight(sign_in):
    client = sign_in("district_reviewer")
    own = client.post("/organizations/new", data=NEW | {"uscc": org("sibling").uscc}, htmx=True)
    assert own.status_code == 422 and "已由“青溪区航道站”使用，请用该单位已有的账号登录" in text(own)
    other = client.post("/organizations/new", data=NEW | {"uscc": org("foreign").uscc}, htmx=True)
    assert other.status_code == 422 and "管理范围以外的一家单位" in text(other) and "白石区" not in text(other)


def test_code_is_read_with_spaces_and_full_width(sign_in):
    typed = " ".join([CODE[:4], CODE[4:]]).lower()
    sign_in("district_reviewer").post("/organizations/new", data=NEW | {"uscc": typed})
    assert Organization.get(Organization.name == NEW["name"]).uscc == CODE


def test_codes_may_be_missing_more_than_once(sign_in):
    client = sign_in("district_reviewer")
    assert client.post("/organizations/new", data=NEW | {"uscc": ""}).status_code == 303
    assert client.post("/organizations/new", data=NEW | {"uscc": "", "name": "青溪区环卫所"}).status_code == 303


def form_of(row, **change):
    names = (
        "name",
        "short_name",
        "kind",
        "level",
        "affiliation",
        "uscc",
        "region_name",
        "contact_name",
        "phone",
        "address",
    )
    return (
        {name: getattr(row, name) or "" for name in names}
        | {"version": row.version, "parent": row.parent.public_id}
        | change
    )


def test_moving_takes_the_subtree_along(sign_in, world):
    city = sign_in("round_admin")
    answer = city.post(
        "/organizations/org-department", data=form_of(org("department"), parent="org-other-district"), htmx=True
    )
    assert answer.status_code == 204, text(answer)
    base = org("other-district").path
    assert org("department").path == f"{base}{org('department').id}/"
    assert org("unit").path == f"{org('department').path}{org('unit').id}/" and org("sibling").path.startswith(
        org("department").path
    )
    assert org("foreign").path.startswith(org("other-department").path)
    assert "青溪区公路养护中心" not in text(sign_in("district_reviewer").get("/organizations"))
    assert queries.supervisor(org("unit"), "district_office") == org("other-district")
    assert AuditEvent.select().order_by(AuditEvent.id.desc()).get().verb == "orgs.moved"


def test_no_move_below_itself(sign_in):
    city = sign_in("round_admin")
    answer = city.post("/organizations/org-district", data=form_of(org("district"), parent="org-department"), htmx=True)
    assert answer.status_code == 422 and "请从列表中选择" in text(answer)
    page = text(city.get("/organizations/org-district", htmx=True))
    assert 'value="org-department"' not in page


def test_others_and_own_organisation_cannot_be_edited(sign_in):
    client = sign_in("district_reviewer")
    for key in ("foreign", "other-department", "city", "city-unit"):
        assert client.get(f"/organizations/org-{key}").status_code == 404
        assert client.post(f"/organizations/org-{key}", data=form_of(org("unit"))).status_code == 404
        assert client.post(f"/organizations/org-{key}/active", data={"version": 1}).status_code == 404
    assert client.post("/organizations/org-district/active", data={"version": 1}).status_code == 403


def test_deactivate_refuses_while_others_hang_below(sign_in):
    client = sign_in("district_reviewer")
    assert "下面还有 2 个在用的机构" in text(client.get("/organizations/org-department/active", htmx=True))
    assert client.post("/organizations/org-department/active", data={"version": 1}).status_code == 403
    assert org("department").active


def test_deactivate_signs_people_out_and_back_in_again(sign_in):
    clerk, client = sign_in("clerk"), sign_in("district_reviewer")
    assert clerk.get("/organization").status_code == 200
    assert client.post("/organizations/org-unit/active", data={"version": 1}, htmx=True).status_code == 204
    assert clerk.get("/organization").status_code == 303
    assert client.post("/organizations/org-unit/active", data={"version": 1}).status_code == 409
    assert client.post("/organizations/org-unit/active", data={"version": 2}).status_code == 303 and org("unit").active


def test_of_two_edits_the_second_is_told(app, world):
    actor, unit = world.actor("round_admin"), org("unit")
    data = operations.OrganizationData(**{n: getattr(unit, n) or "" for n in operations.OrganizationData.__slots__})
    operations.edit_organization(actor=actor, now=NOW, organization=unit, version=1, parent=unit.parent, data=data)
    with pytest.raises(Conflict):
        operations.edit_organization(actor=actor, now=NOW, organization=unit, version=1, parent=unit.parent, data=data)


def test_tree_costs_the_same_for_few_and_many(sign_in, world):
    from tests.auth.test_accounts import count_queries

    city = sign_in("round_admin")
    few = count_queries(city, "/organizations?per_page=10")
    for n in range(60):
        made = Organization.create(
            name=f"众单位{n}",
            kind="unit",
            level="district",
            parent=world.orgs["department"],
            created_at=NOW,
            updated_at=NOW,
        )
        Organization.update(path=f"{world.orgs['department'].path}{made.id}/").where(
            Organization.id == made.id
        ).execute()
    assert count_queries(city, "/organizations?per_page=100") == few
