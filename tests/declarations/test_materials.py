"""材料列表 through requests: numbered slots, uploads, versions, mix-ups, the tray, refusals (S002-09…33, S002-131/132)."""

from __future__ import annotations

import io
import zipfile

import pytest
from flask import Flask
from PIL import Image

from gkportal.declarations.models import Material
from tests.client import CheckingClient
from tests.declarations import making
from tests.world import World


@pytest.fixture
def sang(app: Flask, world: World):
    """桑春生 applies for 高级工 in the normal mode."""
    with app.test_request_context():
        return making.add(world, "sang")


@pytest.fixture
def store(app: Flask):
    return app.extensions["gk_services"]["store"]


def send(client: CheckingClient, application, key: str, data: bytes, name: str, **kwargs):
    return client.post(
        f"/applications/{application.public_id}/materials/slots/{key}",
        data={"file": (io.BytesIO(data), name)},
        **kwargs,
    )


def current(application, key: str) -> Material | None:
    return Material.get_or_none(
        (Material.application == application.id) & (Material.slot_key == key) & (Material.is_current == 1)
    )


def test_board_lists_the_numbered_items_with_their_requirements(sang, sign_in) -> None:
    page = sign_in("clerk").get(f"/applications/{sang.public_id}/materials").get_data(as_text=True)
    for title in ("审批表", "身份证", "照片", "学历证书", "年度考核表", "继续教育", "原技术等级岗位证书"):
        assert title in page
    assert page.count('class="gk-slot-n"') == 7
    assert "近 5 年：2019、2020、2021、2022、2023 年" in page
    assert "材料 2 身份证：未交" in page


def test_upload_is_stored_at_once_and_shown_with_pages_and_size(store, sang, sign_in) -> None:
    answer = send(sign_in("clerk"), sang, "identity_card", making.pdf("id", pages=2), "2身份证.pdf", htmx=True)
    assert answer.status_code == 200 and answer.headers["HX-Trigger"] == "materials-changed"
    text = answer.get_data(as_text=True)
    assert "2身份证.pdf" in text and "2 页" in text and "已交" in text
    stored = current(sang, "identity_card")
    assert stored.pages == 2 and store.exists(stored.sha256) and store.exists(stored.thumbnail_sha256)


def test_upload_works_without_javascript(sang, sign_in) -> None:
    client = sign_in("clerk")
    answer = send(client, sang, "identity_card", making.pdf(), "2身份证.pdf")
    assert answer.status_code == 303
    assert "2身份证.pdf" in client.get(answer.location).get_data(as_text=True)


def test_replacing_keeps_the_older_version(sang, sign_in) -> None:
    client = sign_in("clerk")
    send(client, sang, "identity_card", making.pdf("one"), "2身份证.pdf", htmx=True)
    first = current(sang, "identity_card")
    text = send(client, sang, "identity_card", making.pdf("two"), "2身份证.pdf", htmx=True).get_data(as_text=True)
    assert "2 个版本" in text
    second = current(sang, "identity_card")
    assert (second.slot_version, second.sha256 != first.sha256) == (2, True)
    versions = client.get(f"/applications/{sang.public_id}/materials/slots/identity_card/versions").get_data(
        as_text=True
    )
    assert "已被替换" in versions and "现在使用" in versions
    assert client.get(f"/materials/{first.public_id}/file").status_code == 200


@pytest.mark.parametrize(
    ("key", "name", "data", "sentence"),
    [
        ("identity_card", "2身份证.docx", b"PK\x03\x04", "这里只能上传 pdf 格式"),
        ("identity_card", "2身份证.pdf", b"not a pdf", "2身份证.pdf："),
        ("photo", "3照片.png", b"\x89PNG", "这里只能上传 jpg、jpeg 格式"),
        ("photo", "3照片.jpg", making.pdf(), "3照片.jpg："),
        ("photo", "3照片.jpg", making.photo(size=(579, 413)), "3照片.jpg："),
        ("identity_card", "2身份证.pdf", b"", "空"),
    ],
)
def test_refused_files_say_why_and_leave_what_was_there(sang, sign_in, key, name, data, sentence) -> None:
    client = sign_in("clerk")
    good = making.photo() if key == "photo" else making.pdf("good")
    send(client, sang, key, good, "3照片.jpg" if key == "photo" else "2身份证.pdf", htmx=True)
    before = current(sang, key).sha256
    answer = send(client, sang, key, data, name, htmx=True)
    assert answer.status_code == 422
    assert sentence in answer.get_data(as_text=True)
    assert current(sang, key).sha256 == before
    assert Material.select().where(Material.application == sang.id).count() == 1


def test_photo_is_re_encoded_without_metadata(store, sang, sign_in) -> None:
    image = Image.open(io.BytesIO(making.photo(size=(826, 1158))))
    exif = image.getexif()
    exif[0x010E] = "taken at home"
    target = io.BytesIO()
    image.save(target, "JPEG", exif=exif)
    assert send(sign_in("clerk"), sang, "photo", target.getvalue(), "3照片.jpg", htmx=True).status_code == 200
    stored = Image.open(io.BytesIO(store.read(current(sang, "photo").sha256)))
    assert stored.size <= (600, 842) and not stored.getexif()


def test_name_of_another_slot_is_pointed_out_and_can_be_exchanged(sang, sign_in) -> None:
    client = sign_in("clerk")
    send(client, sang, "continuing_education", making.pdf("prior"), "7原等级证书.pdf", htmx=True)
    text = send(client, sang, "prior_certificate", making.pdf("training"), "6继续教育证书.pdf", htmx=True).get_data(
        as_text=True
    )
    assert "张冠李戴" in text and "与 6 号对调" in text
    wrong = current(sang, "prior_certificate")
    client.post(f"/materials/{wrong.public_id}/exchange", data={"slot_key": "continuing_education"})
    assert current(sang, "continuing_education").file_name == "6继续教育证书.pdf"
    assert current(sang, "prior_certificate").file_name == "7原等级证书.pdf"
    page = client.get(f"/applications/{sang.public_id}/materials").get_data(as_text=True)
    assert "张冠李戴" not in page


def test_a_person_can_confirm_that_the_file_is_right(sang, sign_in) -> None:
    client = sign_in("clerk")
    send(client, sang, "identity_card", making.pdf(), "4学历证书.pdf", htmx=True)
    wrong = current(sang, "identity_card")
    assert "请确认" in client.get(f"/applications/{sang.public_id}/materials").get_data(as_text=True)
    client.post(f"/materials/{wrong.public_id}/confirm")
    assert current(sang, "identity_card").confirmed_by_name == "穆知秋"
    assert "材料 2 身份证：请确认" not in client.get(f"/applications/{sang.public_id}/materials").get_data(as_text=True)


def test_the_same_file_in_two_slots_is_pointed_out(sang, sign_in) -> None:
    client = sign_in("clerk")
    data = making.pdf("same")
    send(client, sang, "identity_card", data, "2身份证.pdf", htmx=True)
    text = send(client, sang, "education", data, "4学历证书.pdf", htmx=True).get_data(as_text=True)
    assert "与材料 2 是同一个文件" in text


def test_a_blank_page_is_pointed_out(sang, sign_in) -> None:
    from reportlab.pdfgen.canvas import Canvas

    target = io.BytesIO()
    canvas = Canvas(target)
    canvas.drawString(100, 600, "first page with words " * 3)
    canvas.showPage()
    canvas.showPage()
    canvas.save()
    text = send(sign_in("clerk"), sang, "identity_card", target.getvalue(), "2身份证.pdf", htmx=True).get_data(
        as_text=True
    )
    assert "空白" in text and "请确认" in text


def test_many_dropped_files_find_their_slots_by_number_and_name(sang, sign_in) -> None:
    client = sign_in("clerk")
    files = [
        (io.BytesIO(making.pdf("a")), "2身份证.pdf"), (io.BytesIO(making.photo()), "3照片.jpg"),
        (io.BytesIO(making.pdf("b")), "扫描件0031.pdf"), (io.BytesIO(making.pdf("c")), "年度考核表.pdf"),
    ]  # fmt: skip
    answer = client.post(f"/applications/{sang.public_id}/materials/drop", data={"file": files})
    assert answer.status_code == 303
    assert current(sang, "identity_card").file_name == "2身份证.pdf"
    assert current(sang, "photo").file_name == "3照片.jpg"
    assert current(sang, "appraisals").file_name == "年度考核表.pdf"
    page = client.get(answer.location).get_data(as_text=True)
    assert "待归位的文件" in page and "扫描件0031.pdf" in page
    tray = Material.get((Material.application == sang.id) & (Material.slot_key == "") & (Material.is_current == 1))
    assert client.post(f"/materials/{tray.public_id}/assign", data={"slot_key": ""}).status_code == 422
    client.post(f"/materials/{tray.public_id}/assign", data={"slot_key": "education"})
    assert current(sang, "education").file_name == "扫描件0031.pdf"


def test_dropped_files_that_are_refused_are_named_and_the_others_kept(sang, sign_in) -> None:
    files = [(io.BytesIO(b"MZ"), "病毒.exe"), (io.BytesIO(making.pdf("x")), "2身份证.pdf")]
    answer = sign_in("clerk").post(f"/applications/{sang.public_id}/materials/drop", data={"file": files})
    assert answer.status_code == 422
    assert "病毒.exe：" in answer.get_data(as_text=True)
    assert current(sang, "identity_card") is not None


def test_removing_a_file_empties_the_slot(sang, sign_in) -> None:
    client = sign_in("clerk")
    send(client, sang, "identity_card", making.pdf(), "2身份证.pdf", htmx=True)
    material = current(sang, "identity_card")
    client.post(f"/materials/{material.public_id}/remove")
    assert current(sang, "identity_card") is None


def test_preview_page_thumbnail_and_download(sang, sign_in) -> None:
    client = sign_in("clerk")
    send(client, sang, "identity_card", making.pdf("p", pages=2), "2身份证.pdf", htmx=True)
    public_id = current(sang, "identity_card").public_id
    shown = client.get(f"/materials/{public_id}/file")
    assert shown.mimetype == "application/pdf" and "frame-ancestors 'self'" in shown.headers["Content-Security-Policy"]
    saved = client.get(f"/materials/{public_id}/file?download=1")
    assert saved.headers["Content-Disposition"].startswith("attachment; ")
    assert "%E8%BA%AB%E4%BB%BD%E8%AF%81" in saved.headers["Content-Disposition"]
    assert client.get(f"/materials/{public_id}/pages/2.jpg").data[:2] == b"\xff\xd8"
    assert client.get(f"/materials/{public_id}/thumbnail.jpg").data[:2] == b"\xff\xd8"
    assert client.get(f"/materials/{public_id}/pages/3.jpg").status_code >= 400
    assert "2身份证.pdf 第 2 页" in client.get(f"/materials/{public_id}/preview").get_data(as_text=True)


def test_zip_holds_everything_named_by_person_and_item(sang, sign_in) -> None:
    client = sign_in("clerk")
    send(client, sang, "identity_card", making.pdf("z"), "扫描.pdf", htmx=True)
    send(client, sang, "photo", making.photo(), "3照片.jpg", htmx=True)
    answer = client.get(f"/applications/{sang.public_id}/materials.zip")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.testzip() is None
        assert sorted(archive.namelist()) == ["桑春生/2身份证.pdf", "桑春生/3照片.jpg"]


def test_conditional_items_say_why_they_are_asked(app, world, sign_in) -> None:
    with app.test_request_context():
        wei = making.add(world, "wei", kind="technician", grade=2, trade=None, reason="教育经历待补录，先行添加。")
    page = sign_in("clerk").get(f"/applications/{wei.public_id}/materials").get_data(as_text=True)
    assert "量化考评表" in page and "论文" in page


def test_other_units_see_nothing(sang, sign_in) -> None:
    client = sign_in("clerk")
    send(client, sang, "identity_card", making.pdf(), "2身份证.pdf", htmx=True)
    public_id = current(sang, "identity_card").public_id
    for name in ("sibling_clerk", "foreign_clerk", "department_reviewer", "district_reviewer", "city_reviewer"):
        other = sign_in(name)
        for address in ("file", "preview", "thumbnail.jpg", "pages/1.jpg"):
            assert other.get(f"/materials/{public_id}/{address}").status_code == 404, (name, address)
        assert other.get(f"/applications/{sang.public_id}/materials.zip").status_code == 404
