"""G14: a 10 MB scan into a material slot, with every check of the file, against a bare multipart save."""

from __future__ import annotations

import io
import random

import pikepdf
from PIL import Image, ImageDraw

from bench.load import Call
from bench.measures.pages import compare
from bench.report import Row, ms
from bench.yard import NotThere, Product, Yard

MEGABYTES = 10
BOUNDARY = "----bench7d3a1f0c5e9b"


#: An A4 page at 200 dpi.
PAGE = (1654, 2339)


def scan_pdf(megabytes: int = MEGABYTES, seed: int = 1) -> bytes:
    """A PDF of scanned-looking A4 pages (paper noise, lines of text, one colour JPEG each) of about `megabytes`."""
    source = random.Random(seed)
    document, total = pikepdf.new(), 0
    page = _scanned_page(source)
    while total + len(page) // 2 < megabytes * 1_000_000:
        # Bytes after the end of a JPEG are ignored, but nothing is shared between pages.
        data = page + source.randbytes(16)
        total += len(data)
        image = pikepdf.Stream(document, data)
        image.Type, image.Subtype = pikepdf.Name.XObject, pikepdf.Name.Image
        image.Width, image.Height, image.BitsPerComponent = *PAGE, 8
        image.ColorSpace, image.Filter = pikepdf.Name.DeviceRGB, pikepdf.Name.DCTDecode
        sheet = document.add_blank_page(page_size=(595, 842))
        sheet.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(I=document.make_indirect(image)))
        sheet.Contents = document.make_stream(b"q 595 0 0 842 0 0 cm /I Do Q")
    output = io.BytesIO()
    document.save(output)
    return output.getvalue()


def _scanned_page(source: random.Random) -> bytes:
    width, height = PAGE
    paper = Image.effect_noise(PAGE, 10).point(lambda level: min(255, level + 105))
    pen = ImageDraw.Draw(paper)
    for top in range(160, height - 160, 42):
        left = 140
        while left < width - 160:
            length = source.randint(20, 90)
            if source.random() < 0.75:
                pen.rectangle((left, top, left + length, top + 20), fill=40 + source.randint(0, 30))
            left += length + 12
    output = io.BytesIO()
    Image.merge("RGB", (paper, paper, paper.point(lambda level: max(0, level - 8)))).save(output, "JPEG", quality=85)
    return output.getvalue()


def multipart(data: bytes, name: str) -> bytes:
    """One file field `file`."""
    head = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        "Content-Type: application/pdf\r\n\r\n"
    )
    return head.encode() + data + f"\r\n--{BOUNDARY}--\r\n".encode()


def upload(yard: Yard) -> list[Row]:
    """Whole request, 1 client: the product looks into the file, stores it by its hash and answers with the slot."""
    product, floor = yard.product("middle"), yard.floor()
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    bodies = [multipart(scan_pdf(seed=seed), "2身份证.pdf") for seed in range(1, 5)]
    mine = [_to_slot(product, body, kind) for body in bodies]
    theirs = [floor.post("/upload", body, kind) for body in bodies]
    found = compare(
        {"product": (product.server.port, mine), "floor": (floor.server.port, theirs)}, yard.rounds(12), warm_up=2
    )
    ours, base = found["product"], found["floor"]
    size = len(bodies[0]) / 1e6
    speeds = [f"{size / (one.p50 / 1000):.0f} MB/s ({ms(one.p50)})" for one in (ours, base)]
    return [
        Row("G14", f"upload of {size:.1f} MB with checks", *speeds, base.p50 / ours.p50, 0.6, least=True, raw=found)
    ]


def _to_slot(product: Product, body: bytes, kind: str) -> Call:
    clerk = "clerk1"
    if not product.notes.get("slot"):
        raise NotThere("no slot for the upload")
    path = f"/applications/{product.notes['forms'][clerk][1]}/materials/slots/{product.notes['slot']}"
    return product.post(clerk, path, body, **{"Content-Type": kind, "HX-Request": "true"})
