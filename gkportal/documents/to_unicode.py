"""Text that can be copied and searched: reportlab's ToUnicode table, made right beyond the BMP.

reportlab 5.1 writes a code point above U+FFFF as five hexadecimal digits. Readers take that for garbage, so a rare
name is drawn well and extracted wrong. The PDF standard (ISO 32000-1, 9.10.3) asks for UTF-16BE and for at most 100
entries in a block.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reportlab.pdfbase import ttfonts

from gkportal.documents.fonts import IDEOGRAPHIC_SPACE, SPACE_ALIAS

_BLOCK = 100

_HEAD = """/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo
<< /Registry ({name})
/Ordering ({name})
/Supplement 0
>> def
/CMapName /{name} def
/CMapType 2 def
1 begincodespacerange
<00> <{last:02X}>
endcodespacerange"""

_TAIL = """endcmap
CMapName currentdict /CMap defineresource pop
end
end"""


def _utf16(code_point: int) -> str:
    character = chr(IDEOGRAPHIC_SPACE if code_point == SPACE_ALIAS else code_point)
    return character.encode("utf-16-be", "surrogatepass").hex().upper()


def _blocks(subset: Sequence[int]) -> Iterator[str]:
    for first in range(0, len(subset), _BLOCK):
        part = subset[first : first + _BLOCK]
        yield f"{len(part)} beginbfchar"
        for code, code_point in enumerate(part, first):
            yield f"<{code:02X}> <{_utf16(code_point)}>"
        yield "endbfchar"


def make_to_unicode(font_name: str, subset: Sequence[int]) -> str:
    """The CMap of one font subset: position in the subset to the text it stands for."""
    head = _HEAD.format(name=font_name, last=len(subset) - 1)
    return "\n".join([head, *_blocks(subset), _TAIL])


def install() -> None:
    """Replace reportlab's function. Once per process."""
    ttfonts.makeToUnicodeCMap = make_to_unicode
