"""Active content in PDF: found by walking every object (object streams included), stripped where harmless.

Stripped: scripts, automatic actions, form sending, attached files. Refused: what starts programs (Launch) and
what would change or lose what a reviewer sees (XFA forms, portfolios, multimedia).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream, String

#: code → sentence. These files are refused.
REFUSED = {
    "launch": "这份 PDF 含有启动程序的指令，没有保存。请用扫描仪重新扫描，或用“打印为 PDF”重新生成后上传。",
    "xfa": "这份 PDF 是动态表单（XFA），多数电脑无法正常显示。请在原软件中用“打印为 PDF”另存后重新上传。",
    "portfolio": "这份 PDF 是文件包（PDF 包），内容在附件里。请把其中的文件合并为一个普通 PDF 后重新上传。",
    "multimedia": "这份 PDF 含有音频、视频或三维内容，没有保存。请用“打印为 PDF”另存后重新上传。",
}
#: code → what was taken out of the stored copy.
STRIPPED = {
    "javascript": "脚本",
    "automatic": "自动执行的动作",
    "action": "提交表单、打开其他文件等动作",
    "attachment": "附件",
}

_MULTIMEDIA = {"/RichMedia", "/3D", "/Movie", "/Sound", "/Screen"}
_ACTIONS = {
    "/JavaScript": "javascript",
    "/Launch": "launch",
    "/SubmitForm": "action",
    "/ImportData": "action",
    "/ResetForm": "action",
    "/GoToR": "action",
    "/GoToE": "action",
    "/Rendition": "multimedia",
    "/Movie": "multimedia",
    "/Sound": "multimedia",
    "/RichMediaExecute": "multimedia",
    "/GoTo3DView": "multimedia",
}


def find(pdf: Pdf) -> set[str]:
    """Codes of the active content in `pdf` (keys of REFUSED and STRIPPED)."""
    codes: set[str] = set()
    for item in _dictionaries(pdf):
        codes |= _codes(item)
    return codes


def strip(pdf: Pdf) -> None:
    """Take everything of STRIPPED out of `pdf`, in memory. Call `find` on the saved result to prove it."""
    for item in _dictionaries(pdf):
        _strip_actions(item)
        for key in _active_keys(item):
            del item[key]
        if "/Annots" in item:
            _strip_attachment_marks(item)


def _codes(item: Dictionary | Stream) -> set[str]:
    codes = set(_active_keys(item).values())
    subtype = _name(item, "/Subtype")
    if subtype in _MULTIMEDIA and "/Rect" in item:
        codes.add("multimedia")
    if subtype == "/FileAttachment":
        codes.add("attachment")
    action = _ACTIONS.get(_name(item, "/S"))
    if action and not (action == "multimedia" and "/K" in item):  # an element of the structure tree named so
        codes.add(action)
    return codes


def _active_keys(item: Dictionary | Stream) -> dict[str, str]:
    """Keys of `item` that make it active, with their codes. A font or picture may bear such a name by chance."""
    return {key: code for key, (code, test) in _KEYS.items() if key in item and test(item, item[key])}


def _is_script(item: Object, value: object) -> bool:
    return "/S" in item or isinstance(value, String)


def _is_trigger_table(_item: Object, value: object) -> bool:
    return isinstance(value, Dictionary) and "/Type" not in value and "/Subtype" not in value


def _is_name_tree(_item: Object, value: object) -> bool:
    return isinstance(value, Dictionary) and ("/Names" in value or "/Kids" in value)


def _is_embedded(_item: Object, value: object) -> bool:
    return isinstance(value, Dictionary) and any(key in value for key in ("/F", "/UF", "/DOS", "/Mac", "/Unix"))


def _is_file_list(_item: Object, value: object) -> bool:
    return isinstance(value, Array) or (isinstance(value, Dictionary) and "/EF" in value)


def _is_portfolio(item: Object, _value: object) -> bool:
    return "/Pages" in item  # only the catalog's key counts


def _always(_item: Object, _value: object) -> bool:
    return True


_KEYS: dict[str, tuple[str, Callable[[Object, object], bool]]] = {
    "/JS": ("javascript", _is_script),
    "/JavaScript": ("javascript", _is_name_tree),
    "/AA": ("automatic", _is_trigger_table),
    "/XFA": ("xfa", _always),
    "/Collection": ("portfolio", _is_portfolio),
    "/EF": ("attachment", _is_embedded),
    "/EmbeddedFiles": ("attachment", _is_name_tree),
    "/AF": ("attachment", _is_file_list),
    "/RichMediaContent": ("multimedia", _always),
}


def _strip_actions(item: Dictionary | Stream) -> None:
    for key in ("/A", "/OpenAction", "/PA", "/Next"):
        if key not in item:
            continue
        value = item[key]
        chain = list(value) if isinstance(value, Array) else [value]
        if any(isinstance(action, Dictionary) and _bad(action) for action in chain):
            del item[key]
    if _bad(item):  # an action that something else still points to: made to do nothing
        item["/S"] = Name("/GoTo")
        if "/F" in item:
            del item["/F"]


def _strip_attachment_marks(item: Dictionary | Stream) -> None:
    marks = item["/Annots"]
    if not isinstance(marks, Array):
        return
    for index in range(len(marks) - 1, -1, -1):
        mark = marks[index]
        if isinstance(mark, Dictionary) and _name(mark, "/Subtype") == "/FileAttachment":
            mark["/Subtype"] = Name("/Text")
            del marks[index]


def _bad(action: Dictionary | Stream) -> bool:
    return _name(action, "/S") in _ACTIONS


def _name(item: Dictionary | Stream, key: str) -> str:
    value = item.get(key)
    return str(value) if isinstance(value, Name) else ""


def _dictionaries(pdf: Pdf) -> Iterator[Dictionary | Stream]:
    """Every dictionary of the file: all indirect objects, the trailer, and what they hold directly."""
    todo: list[Object] = [pdf.trailer]
    for item in pdf.objects:
        todo.append(item)
        while todo:
            current = todo.pop()
            if isinstance(current, Dictionary | Stream):
                yield current
                todo.extend(value for _key, value in current.items() if _is_direct_container(value))
            elif isinstance(current, Array):
                todo.extend(value for value in current if _is_direct_container(value))


def _is_direct_container(value: object) -> bool:
    """Indirect containers are met on their own in `pdf.objects`."""
    return isinstance(value, Dictionary | Array) and not value.is_indirect


def is_signed(pdf: Pdf) -> bool:
    """Whether the file carries an electronic signature, which a cleaned copy loses."""
    return any(_name(item, "/Type") == "/Sig" or "/ByteRange" in item for item in _dictionaries(pdf))
