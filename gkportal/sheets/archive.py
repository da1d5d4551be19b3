"""The file around a sheet: what it really is, how large it becomes, and where its parts are (security.md §3, XLSX).

Runs in the limited child. Nothing is unpacked to disk; every byte read counts against the limit, whatever the
directory of the zip claims.
"""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.etree.ElementTree import Element, ParseError  # types only: parsing is defusedxml's

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from gkportal.sheets.result import MB, Limits, Refused

CHUNK = 64 * 1024
#: Parts that only list other parts.
MAX_LISTING = 4 * MB

SAVE_AS = "请用 Excel 或 WPS 打开后，“另存为”Excel 工作簿（.xlsx）再上传（只改扩展名不行）。"
DAMAGED = "文件不完整或已损坏，无法读取。请确认能用 Excel 或 WPS 打开，重新“另存为”.xlsx 后上传。"
DTD = "文件中含有 XML 外部定义（DTD／实体），出于安全没有读取。请用 Excel 或 WPS 重新“另存为”.xlsx 后上传。"
PASSWORD = "文件加了密码，无法读取。请在 Excel 或 WPS 中取消“用密码加密”，保存后重新上传。"  # noqa: S105 (a kind of refusal)

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OTHERS = (
    (b"%PDF-", "这是 PDF 文件，不是 Excel 表格。"),
    (b"\x89PNG", "这是图片，不是 Excel 表格。"),
    (b"\xff\xd8\xff", "这是图片，不是 Excel 表格。"),
    (b"Rar!", "这是 RAR 压缩包，不是 Excel 表格。"),
    (b"7z\xbc\xaf", "这是 7z 压缩包，不是 Excel 表格。"),
    (b"\x1f\x8b", "这是压缩文件，不是 Excel 表格。"),
)
_CALC_KINDS = ("xl/worksheets/", "xl/workbook.xml")


class SheetPlace(NamedTuple):
    """A worksheet: its name, whether people see it, and its part."""

    name: str
    visible: bool
    part: str


class Archive:
    """An open xlsx. Use in a `with` block; raises Refused."""

    def __init__(self, path: Path, limits: Limits) -> None:
        _check_kind(path, limits)
        self._left = limits.max_unpacked
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError) as error:
            raise Refused("damaged", DAMAGED) from error
        self.names = _check_members(self._zip, limits)
        self.epoch_1904 = False
        self.shared_strings = ""
        self.styles = ""
        self.sheets = self._find_parts()

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_error: object) -> None:
        self._zip.close()

    def chunks(self, part: str) -> Iterator[bytes]:
        """The bytes of a part, in pieces; Refused beyond the limit or when damaged."""
        try:
            with self._zip.open(part) as stream:
                while chunk := stream.read(CHUNK):
                    self._left -= len(chunk)
                    if self._left < 0:
                        raise _too_large()
                    yield chunk
        except KeyError as error:
            raise Refused("damaged", DAMAGED) from error
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError) as error:
            raise Refused("damaged", DAMAGED) from error

    def _find_parts(self) -> list[SheetPlace]:
        workbook = self._target("", "/officeDocument")
        if not workbook:
            raise _not_a_sheet(self.names)
        self.shared_strings = self._target(workbook, "/sharedStrings")
        self.styles = self._target(workbook, "/styles")
        root = self._xml(workbook)
        properties = next((item for item in root if _local(item) == "workbookPr"), None)
        self.epoch_1904 = properties is not None and properties.get("date1904") in {"1", "true", "on"}
        targets = dict(self._relations(workbook, "/worksheet"))
        places = []
        for item in root.iter():
            if _local(item) != "sheet":
                continue
            key = next((value for name, value in item.items() if name.endswith("}id")), "")
            if key in targets:
                visible = item.get("state", "visible") == "visible"
                places.append(SheetPlace(item.get("name", ""), visible, targets[key]))
        return places

    def _target(self, part: str, kind: str) -> str:
        return next((target for _key, target in self._relations(part, kind)), "")

    def _relations(self, part: str, kind: str) -> Iterator[tuple[str, str]]:
        folder, name = posixpath.split(part)
        listing = posixpath.join(folder, "_rels", f"{name}.rels")
        if listing not in self.names:
            return
        for item in self._xml(listing):
            if item.get("Type", "").endswith(kind) and item.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", folder, item.get("Target", ""))).lstrip("/")
                if target in self.names:
                    yield item.get("Id", ""), target

    def _xml(self, part: str) -> Element:
        if self._zip.getinfo(part).file_size > MAX_LISTING:
            raise _too_large()
        try:
            return fromstring(b"".join(self.chunks(part)), forbid_dtd=True)
        except DefusedXmlException as error:
            raise Refused("dtd", DTD) from error
        except (ParseError, ValueError, LookupError, RecursionError) as error:
            raise Refused("damaged", DAMAGED) from error


def _check_kind(path: Path, limits: Limits) -> None:
    size = path.stat().st_size
    if size == 0:
        raise Refused("empty", "文件是空的（0 字节）。请确认表格已保存，再重新上传。")
    if size > limits.max_file:
        raise Refused(
            "too_large",
            f"文件有 {size / MB:.1f} MB，超过 {limits.max_file // MB} MB 的上限。请删除图片和多余的工作表，或分几次上传。",
        )
    with path.open("rb") as stream:
        head = stream.read(4096)
    if not head.startswith(b"PK"):
        raise _foreign(path, head)


def _foreign(path: Path, head: bytes) -> Refused:
    if head.startswith(_OLE):
        data = path.read_bytes()
        if "EncryptedPackage".encode("utf-16-le") in data:
            return Refused("password", PASSWORD)
        kind = (
            "Word 文档"
            if "WordDocument".encode("utf-16-le") in data
            else "旧格式（.xls 或 .et）的表格，系统只读取 .xlsx"
        )
        return Refused("old_format", f"这是{kind}。{SAVE_AS}")
    for mark, sentence in _OTHERS:
        if head.startswith(mark):
            return Refused("not_xlsx", f"{sentence}请上传填好的 .xlsx 文件。")
    text = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    if text.startswith(b"<?xml") and b"workbook" in text:
        return Refused("xml_sheet", f"这是“XML 表格”格式。{SAVE_AS}")
    if text.startswith((b"<", b"mime-version")):
        return Refused("html", f"这是网页（HTML）格式的表格，只是扩展名像 Excel。{SAVE_AS}")
    if _is_text(head):
        return Refused("csv", f"这是文本（CSV）文件，长号码在其中可能已丢失末位数字。{SAVE_AS}")
    return Refused("not_xlsx", f"这不是 .xlsx 表格文件。{SAVE_AS}")


def _is_text(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    for encoding in ("utf-8", "gb18030"):
        try:
            text = head[:-4].decode(encoding) if len(head) == 4096 else head.decode(encoding)
        except UnicodeDecodeError as error:
            if error.start < len(head) - 8:
                continue
            return True
        return not any(character < " " and character not in "\t\r\n\f" for character in text)
    return False


def _check_members(archive: zipfile.ZipFile, limits: Limits) -> frozenset[str]:
    members = archive.infolist()
    names = frozenset(member.filename for member in members)
    if len(members) > limits.max_members:
        raise Refused(
            "too_many_members",
            f"文件内部有 {len(members)} 个部分，不是正常的表格，没有读取。{SAVE_AS}",
        )
    if sum(member.file_size for member in members) > limits.max_unpacked:
        raise _too_large()
    if any(member.flag_bits & 0x1 for member in members):
        raise Refused("password", PASSWORD)
    allowed = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
    if len(names) != len(members) or any(member.compress_type not in allowed for member in members):
        raise Refused("damaged", DAMAGED)
    if any(name.lower().startswith("xl/macrosheets/") or name.lower().endswith("vbaproject.bin") for name in names):
        raise Refused(
            "macros",
            "表格中含有宏（.xlsm），出于安全没有读取。请“另存为”不含宏的 Excel 工作簿（.xlsx）后上传。",
        )
    return names


def _too_large() -> Refused:
    return Refused(
        "unpacked",
        "文件展开后过大，没有读取。常见原因是整列、整行设置了格式或粘贴了图片：请下载模板，只把数据“选择性粘贴—数值”进去再上传。",
        offer_template=True,
    )


def _not_a_sheet(names: frozenset[str]) -> Refused:
    kinds = (
        ("word/document.xml", "这是 Word 文档，不是 Excel 表格。"),
        ("ppt/presentation.xml", "这是演示文稿，不是 Excel 表格。"),
        ("content.xml", "这是 .ods 表格，系统只读取 .xlsx。"),
        ("xl/workbook.bin", "这是二进制工作簿（.xlsb），系统只读取 .xlsx。"),
    )
    for name, sentence in kinds:
        if name in names:
            return Refused("not_xlsx", sentence + SAVE_AS)
    if any(name.startswith(_CALC_KINDS) for name in names):
        return Refused("damaged", DAMAGED)
    return Refused("not_xlsx", f"这是压缩包，不是 Excel 表格。{SAVE_AS}")


def _local(item: Element) -> str:
    return item.tag.rpartition("}")[2]
