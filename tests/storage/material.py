"""Sound and hostile files, made on the spot."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, String
from PIL import Image, ImageDraw
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas


def write_pdf(path: Path, pages: int = 1, *, blank: tuple[int, ...] = (), size: tuple[float, float] = A4) -> Path:
    """A sound PDF with text on each page but the `blank` ones (from 1)."""
    canvas = Canvas(str(path), pagesize=size)
    for number in range(1, pages + 1):
        if number not in blank:
            for line in range(20):
                canvas.drawString(72, size[1] - 100 - 20 * line, f"page {number} line {line} of the annual appraisal")
        canvas.showPage()
    canvas.save()
    return path


def write_scan(path: Path, level: int, ink: int, *, width: int = 1240) -> Path:
    """A PDF of one scanned A4 picture: paper of brightness `level`, words of brightness `ink`."""
    picture = Image.new("L", (width, int(width * 1.414)), level)
    draw = ImageDraw.Draw(picture)
    for line in range(20):
        y = width // 10 + line * width // 20
        for word in range(12):
            x = width // 8 + word * width // 16
            draw.rectangle((x, y, x + width // 24, y + width // 60), fill=ink)
    picture.save(path, "PDF", resolution=width / 8.27)
    return path


def altered(path: Path, change, *, streams: bool = False, **save: object) -> Path:
    """The PDF with `change(pdf)` applied; `streams` packs its objects into object streams."""
    with Pdf.open(path, allow_overwriting_input=True) as pdf:
        change(pdf)
        mode = pikepdf.ObjectStreamMode.generate if streams else pikepdf.ObjectStreamMode.disable
        pdf.save(path, object_stream_mode=mode, **save)
    return path


def add_open_script(pdf: Pdf) -> None:
    """JavaScript run on opening."""
    pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=String("app.alert('x')"))


def add_named_script(pdf: Pdf) -> None:
    """A document-level script in the name tree."""
    action = pdf.make_indirect(Dictionary(S=Name.JavaScript, JS=String("app.alert('x')")))
    pdf.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([String("a"), action])))


def add_page_script(pdf: Pdf) -> None:
    """A script when the page opens, and one behind a link's chain of actions."""
    pdf.pages[0].obj.AA = Dictionary(O=Dictionary(S=Name.JavaScript, JS=pdf.make_stream(b"app.alert('x')")))
    follow = Array([Dictionary(S=Name.JavaScript, JS=String("1"))])
    link = Dictionary(
        Type=Name.Annot,
        Subtype=Name.Link,
        Rect=Array([0, 0, 10, 10]),
        A=Dictionary(S=Name.GoTo, D=Array([pdf.pages[0].obj, Name.Fit]), Next=follow),
    )
    pdf.pages[0].obj.Annots = Array([pdf.make_indirect(link)])


def add_launch(pdf: Pdf) -> None:
    """A link that starts a program."""
    action = Dictionary(S=Name.Launch, F=String("cmd.exe"))
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 10, 10]), A=action)
    pdf.pages[0].obj.Annots = Array([pdf.make_indirect(link)])


def add_submit(pdf: Pdf) -> None:
    """A link that sends data away."""
    action = Dictionary(S=Name.SubmitForm, F=String("http://example.invalid/"))
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 10, 10]), A=action)
    pdf.pages[0].obj.Annots = Array([pdf.make_indirect(link)])


def add_attachment(pdf: Pdf) -> None:
    """A program attached to the file."""
    pdf.attachments["setup.exe"] = b"MZ" + b"\0" * 100


def add_attachment_mark(pdf: Pdf) -> None:
    """A program attached to a page mark."""
    stream = pdf.make_stream(b"MZ")
    stream.Type = Name.EmbeddedFile
    file = Dictionary(Type=Name.Filespec, F=String("a.exe"), EF=Dictionary(F=stream))
    mark = Dictionary(Type=Name.Annot, Subtype=Name.FileAttachment, Rect=Array([0, 0, 9, 9]), FS=file)
    pdf.pages[0].obj.Annots = Array([pdf.make_indirect(mark)])


def add_xfa(pdf: Pdf) -> None:
    """A dynamic form."""
    pdf.Root.AcroForm = Dictionary(Fields=Array([]), XFA=pdf.make_stream(b"<xdp/>"))


def add_portfolio(pdf: Pdf) -> None:
    """A PDF whose content is its attachments."""
    add_attachment(pdf)
    pdf.Root.Collection = Dictionary(Type=Name.Collection)


def add_rich_media(pdf: Pdf) -> None:
    """A film on the page."""
    mark = Dictionary(Type=Name.Annot, Subtype=Name.RichMedia, Rect=Array([0, 0, 9, 9]))
    pdf.pages[0].obj.Annots = Array([pdf.make_indirect(mark)])


def person(width: int = 413, height: int = 579, background: tuple[int, int, int] = (255, 255, 255)) -> Image.Image:
    """A drawn portrait of nobody."""
    picture = Image.new("RGB", (width, height), background)
    draw = ImageDraw.Draw(picture)
    draw.ellipse((width * 0.3, height * 0.2, width * 0.7, height * 0.6), fill=(224, 180, 150))
    draw.rectangle((width * 0.15, height * 0.65, width * 0.85, height), fill=(30, 50, 110))
    return picture


def jpeg(picture: Image.Image, **options: object) -> bytes:
    """The picture as JPEG."""
    out = io.BytesIO()
    picture.save(out, "JPEG", **options)
    return out.getvalue()


def zip_bytes() -> bytes:
    """A small zip."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("evil.exe", b"MZ")
    return out.getvalue()


def huge_jpeg(width: int = 15_000, height: int = 10_000) -> bytes:
    """The head of a JPEG that claims 150 megapixels, with too little data behind it."""
    data = bytearray(jpeg(Image.new("RGB", (64, 64), (250, 250, 250))))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def picture_bomb(path: Path, side: int = 40_000) -> Path:
    """A one-page PDF with a picture that unpacks to side² × 3 bytes (4.8 GB), in a few hundred KB."""
    packer = zlib.compressobj(9)
    row = b"\xff" * (side * 3)
    data = b"".join(packer.compress(row) for _ in range(200))
    data += packer.flush()
    with Pdf.new() as pdf:
        image = pdf.make_stream(b"")
        for key, value in {
            "/Type": Name.XObject,
            "/Subtype": Name.Image,
            "/Width": side,
            "/Height": side,
            "/ColorSpace": Name.DeviceRGB,
            "/BitsPerComponent": 8,
        }.items():
            image[key] = value
        image.write(data, filter=Name.FlateDecode)
        page = pdf.add_blank_page(page_size=A4)
        page.obj.Resources = Dictionary(XObject=Dictionary(Im0=image))
        page.obj.Contents = pdf.make_stream(b"q 595 0 0 842 0 0 cm /Im0 Do Q")
        pdf.save(path)
    return path


def drawing_bomb(path: Path, levels: int = 9, fan: int = 40) -> Path:
    """A page that draws forms inside forms, fan^levels times."""
    with Pdf.new() as pdf:
        form = pdf.make_stream(b"0 0 500 500 re f")
        for level in range(levels):
            if level:
                inner, form = form, pdf.make_stream(b"/Fm Do " * fan)
                form.Resources = Dictionary(XObject=Dictionary(Fm=inner))
            form.Type, form.Subtype, form.BBox = Name.XObject, Name.Form, Array([0, 0, 600, 800])
        page = pdf.add_blank_page(page_size=A4)
        page.obj.Resources = Dictionary(XObject=Dictionary(Fm=form))
        page.obj.Contents = pdf.make_stream(b"/Fm Do")
        pdf.save(path)
    return path
