"""The 审批表 as PDF: the product's renderer against xhtml2pdf as it comes, in turn, each in its own warm process.

`python -m bench.pdf_part ROUNDS` prints timings as JSON. The stock processes get the very page that the product's
templates produce, with "第 x 页 共 y 页" as stock documents have it, which makes xhtml2pdf run twice over a document.
"""

from __future__ import annotations

import io
import json
import multiprocessing
import sys
import time
from pathlib import Path
from typing import Any

from bench.servers import ROOT

FONTS = ROOT / "fonts"
#: Whose 审批表 is printed.
PACK = "changzhou/2024"
FACES = {"song": "NotoSerifSC-Regular.ttf", "song-bold": "NotoSerifSC-Bold.ttf", "hei": "NotoSansSC-Regular.ttf"}
_PARAGRAPH = (
    "该同志自参加工作以来，爱岗敬业，遵守操作规程，承担设备的日常保养和故障排除；参加了本单位 3 次技术改造，"
    "提出的合理化建议被采纳 5 条，其中 2023 年对 PLC-12 控制柜的改进使停机时间减少约 18%，并带教青年职工 4 人。"
)


def example() -> tuple[str, dict[str, Any], dict[str, bytes]]:
    """Form, context and pictures of a 审批表 of several pages: long paragraphs, many rows, photo."""
    from gkportal.documents.forms.approval_form import (
        Achievement,
        ApprovalForm,
        CareerRow,
        HeldCertificate,
        OpinionBox,
        PrintMark,
        approval_form_context,
    )
    from gkportal.policy import load_pack

    printing = load_pack(PACK).printing
    form = ApprovalForm(
        heading=printing.heading,
        unit_name="云州市青溪区公路养护中心", name="桑春生", id_number="990101198005060377", trade="汽车驾驶与管理",
        grade="高级工", mode="正常申报", case_number="2024041000000017", unit_code="12990000MA0000006X",
        affiliation="区县属", gender="男", birth_month="1980年05月", education="大学专科", political_status="中共党员",
        mobile="10000000101", work_start="2000年07月", changed_trade="否", trade_since="2000年07月",
        workplace="云州市青溪区澄河路 18 号", engaged_since="2018年09月", engaged_grade="中级工", on_post="是",
        certificates=(HeldCertificate("汽车驾驶员", "初级工", "YZ2008500101", "2008-08-31", "云州市工考办"),
                      HeldCertificate("汽车驾驶员", "中级工", "YZ2018400101", "2018-08-31", "云州市工考办")),
        career=tuple(CareerRow(f"{year}年7月—{year + 4}年6月", "云州市青溪区公路养护中心", "汽车驾驶与管理岗位") for year in (2000, 2004, 2008, 2012, 2016)),
        achievements=tuple(Achievement(f"{year}年12月", "青溪区交通运输系统先进工作者") for year in range(2016, 2024)),
        appraisal="\n".join([_PARAGRAPH] * 9),
        opinions=tuple(OpinionBox(label, "经审核，申报材料真实、齐全，同意推荐。") for label in ("用人单位\n意　　见", "主管部门\n意　　见", "市工考办\n意　　见")),
        mark=PrintMark("1", "9F3C21AB", "gk:2024041000000017:1:9F3C21AB", "2024年4月10日"),
    )  # fmt: skip
    return printing.form, approval_form_context(form), {"photo": _photo()}


def _photo() -> bytes:
    from PIL import Image

    output = io.BytesIO()
    Image.radial_gradient("L").resize((413, 579)).convert("RGB").save(output, "JPEG", quality=88)
    return output.getvalue()


def page_as_html(folder: Path) -> str:
    """The page from the product's templates, with numbered pages; fonts are left to the caller."""
    import jinja2

    from gkportal.documents.pictures import Pictures
    from gkportal.documents.worker import paragraphs

    form, context, images = example()
    (folder / "photo.jpg").write_bytes(images["photo"])
    pictures = Pictures(folder, FONTS / FACES["song-bold"])
    shop = jinja2.Environment(loader=jinja2.FileSystemLoader(ROOT / "templates" / "documents"), autoescape=True)
    shop.filters["paragraphs"] = paragraphs
    shop.globals["fonts"] = {"song": "song", "hei": "hei"}
    html = shop.get_template(f"{form}.html").render(
        context | {"images": {"photo": "photo.jpg"}, "qr": pictures.qr, "draft_mark": pictures.draft_mark}
    )
    if "<pdf:pagenumber> 页" not in html:
        raise RuntimeError("the footer has no page number to extend")
    html = html.replace("<pdf:pagenumber> 页", "<pdf:pagenumber> 页 共 <pdf:pagecount> 页")
    # Not a word of stock xhtml2pdf: cells that flow over pages are the product's own.
    return html.replace("-pdf-keep-in-frame-mode: flow", "")


def stock(pipe: Any, folder: str, registered: bool) -> None:
    """A process with xhtml2pdf as it comes: fonts by @font-face, or registered once (`registered`)."""
    from xhtml2pdf.document import pisaDocument

    html = page_as_html(Path(folder))
    if registered:
        _register()
    else:
        faces = "".join(
            f"@font-face {{ font-family: {name}; src: url('{FONTS / file}') }}" for name, file in FACES.items()
        )
        html = html.replace("<style>", "<style>" + faces, 1)
    while pipe.recv():
        output = io.BytesIO()
        started = time.perf_counter()
        result = pisaDocument(html, output, path=str(Path(folder) / "page.html"), **_policy(folder))
        pipe.send((time.perf_counter() - started, result.err, len(output.getvalue()), _pages(output)))


def _policy(folder: str) -> dict[str, Any]:
    from xhtml2pdf.config.resources import ResourceAccessPolicy

    return {"resource_policy": ResourceAccessPolicy.server(Path(folder), allow_remote=False, extra_roots=(FONTS,))}


def _register() -> None:
    from reportlab.lib.fonts import addMapping
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from xhtml2pdf import default

    for name, file in FACES.items():
        pdfmetrics.registerFont(TTFont(name, str(FONTS / file)))
    for family, bold in (("song", "song-bold"), ("hei", "hei")):
        for is_bold in (0, 1):
            for is_italic in (0, 1):
                addMapping(family, is_bold, is_italic, bold if is_bold else family)
        default.DEFAULT_FONT[family] = family


def _pages(output: io.BytesIO) -> int:
    import pikepdf

    with pikepdf.open(output) as document:
        return len(document.pages)


def main(rounds: int) -> None:
    """Take turns."""
    import tempfile

    from gkportal.documents import DocumentRenderer

    form, context, images = example()
    renderer = DocumentRenderer(ROOT / "templates" / "documents", FONTS)
    spawn = multiprocessing.get_context("spawn")
    result: dict[str, Any] = {"product": [], "font_face": [], "registered": []}
    with tempfile.TemporaryDirectory() as folder:
        pipes = {}
        for name in ("font_face", "registered"):
            pipes[name], child = spawn.Pipe()
            spawn.Process(target=stock, args=(child, folder, name == "registered"), daemon=True).start()
        for number in range(rounds + 2):
            started = time.perf_counter()
            made = renderer.render(form, context, images=images)
            times = {"product": time.perf_counter() - started}
            for name, pipe in pipes.items():
                pipe.send(True)
                times[name], errors, size, pages = pipe.recv()
                result[f"{name}_pages"], result[f"{name}_bytes"], result[f"{name}_errors"] = pages, size, errors
            if number >= 2:
                for name, seconds in times.items():
                    result[name].append(seconds)
        for pipe in pipes.values():
            pipe.send(False)
    result["product_pages"], result["product_bytes"] = made.pages, len(made.pdf)
    renderer.close()
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]))
