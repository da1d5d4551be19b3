"""How the pages look, as far as a program can see it."""

from __future__ import annotations

import io

import pikepdf
import pypdfium2
import pytest
import segno

from gkportal.documents import DocumentError, merge
from gkportal.documents.forms import pledge, receipt
from gkportal.documents.forms.approval_form import approval_form_context

from .conftest import PHOTO_COLOUR, make_form, picture_of, text_of

A4 = (595, 842)

FORM = "approval_form/jiangsu-2020"


def test_form_is_two_a4_pages_and_not_blank(renderer, photo):
    document = renderer.render(FORM, approval_form_context(make_form()), images={"photo": photo})
    assert document.pages == 2
    for number in range(2):
        page = picture_of(document.pdf, number)
        assert abs(page.width - A4[0]) <= 1 and abs(page.height - A4[1]) <= 1
        dark = sum(page.convert("L").histogram()[:128])
        assert 0.01 < dark / (page.width * page.height) < 0.5


def test_photo_is_at_its_place_and_whole(renderer, photo):
    with_photo = picture_of(renderer.render(FORM, approval_form_context(make_form()), images={"photo": photo}).pdf)
    blue = [
        (x, y)
        for x in range(with_photo.width)
        for y in range(with_photo.height)
        if all(abs(a - b) < 12 for a, b in zip(with_photo.getpixel((x, y)), PHOTO_COLOUR, strict=True))
    ]
    xs, ys = [x for x, _ in blue], [y for _, y in blue]
    width, height = max(xs) - min(xs) + 1, max(ys) - min(ys) + 1
    assert len(blue) > 0.95 * width * height
    assert 76 <= width <= 84 and 109 <= height <= 117  # 2.85 cm × 4 cm in points
    assert min(xs) > 440 and max(ys) < 300


def test_without_photo_the_box_asks_for_one(renderer):
    assert "（2寸）" in text_of(renderer.render(FORM, approval_form_context(make_form())).pdf)


def test_footer_names_version_hash_and_page(renderer):
    document = renderer.render(FORM, approval_form_context(make_form()))
    for number, page in enumerate(pypdfium2.PdfDocument(document.pdf), 1):
        text = "".join(page.get_textpage().get_text_bounded().split())
        assert "打印版本3" in text and "校验码8F3A27C1" in text and f"第{number}页" in text


def test_qr_code_holds_the_check_text(renderer):
    document = renderer.render(FORM, approval_form_context(make_form()))
    wanted = [list(row) for row in segno.make("GK1|2024051013263598|3|8F3A27C1", error="m", micro=False).matrix]
    with pikepdf.open(io.BytesIO(document.pdf)) as opened:
        for page in opened.pages:
            image = next(iter(page.get_images().values()))
            picture = pikepdf.PdfImage(image).as_pil_image().convert("L")
            step = picture.width // len(wanted)
            found = [
                [int(picture.getpixel((x * step + step // 2, y * step + step // 2)) < 128) for x in range(len(wanted))]
                for y in range(len(wanted))
            ]
            assert found == wanted


def test_draft_mark_only_on_drafts(renderer):
    def grey(draft: bool) -> int:
        page = picture_of(renderer.render(FORM, approval_form_context(make_form(draft=draft))).pdf, 1)
        return sum(page.convert("L").histogram()[220:232])

    assert grey(True) > grey(False) + 5000


def test_receipt(renderer):
    people = tuple(receipt.ReceiptPerson(f"王{name}", "电工", "中级工", "正常申报") for name in "甲乙丙")
    made = receipt.Receipt(
        "2024051013263598",
        "机关事业单位工勤人员技术等级岗位考核申报",
        "龙城市河道管理所",
        "2024年5月10日 13:26",
        people,
        next_step="等待主管部门审核。",
        phone="0000-00000000",
        check_text="GK1|2024051013263598",
    )
    document = renderer.render(receipt.FORM, receipt.receipt_context(made))
    text = text_of(document.pdf)
    assert document.pages == 1
    for part in (
        "办件回执",
        "2024051013263598",
        "龙城市河道管理所",
        "王乙",
        "等待主管部门审核。",
        "0000-00000000",
        "共3人",
    ):
        assert part in text


def test_receipt_of_many_people_repeats_the_heading(renderer):
    people = tuple(receipt.ReceiptPerson(f"王第{number}", "电工", "中级工", "正常申报") for number in range(150))
    made = receipt.Receipt("2024051013263598", "申报", "某单位", "2024年5月10日", people)
    document = renderer.render(receipt.FORM, receipt.receipt_context(made))
    text = text_of(document.pdf)
    assert document.pages >= 4
    assert all(f"王第{number}电工" in text for number in range(150))
    assert text.count("申报工种") == document.pages


def test_pledge(renderer):
    made = pledge.Pledge(
        "龙城市河道管理所", "陈示例", "2024年5月10日 13:25", ("信息已逐项核对。", "扫描件与原件一致。")
    )
    document = renderer.render(pledge.FORM, pledge.pledge_context(made))
    text = text_of(document.pdf)
    assert document.pages == 1
    for part in (
        "申报单位经办人承诺书",
        "1．信息已逐项核对。",
        "2．扫描件与原件一致。",
        "经办人：陈示例",
        "2024年5月10日13:25",
        "同意",
    ):
        assert part in text


def test_merge_keeps_order_and_text(renderer):
    parts = [renderer.render(FORM, approval_form_context(make_form(name=name))).pdf for name in ("甲先", "乙后")]
    merged = merge(parts)
    assert len(pypdfium2.PdfDocument(merged)) == 4
    text = text_of(merged)
    assert text.index("甲先") < text.index("乙后")
    assert merge(parts) == merged


@pytest.mark.parametrize(("parts", "sentence"), [([], "没有选中"), ([b"not a pdf"], "第 1 份文件已损坏")])
def test_merge_refuses(parts, sentence):
    with pytest.raises(DocumentError, match=sentence):
        merge(parts)
