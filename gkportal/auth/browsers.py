"""A browser in words: enough to recognise one's own sessions in a list."""

from __future__ import annotations

import re

_NAMES = (
    (r"MicroMessenger", "微信"), (r"QAXBrowser|Qaxbrowser|Qianxin", "奇安信浏览器"), (r"QIHU|360SE|360EE", "360 浏览器"),
    (r"QQBrowser", "QQ 浏览器"), (r"Edg[AE]?/", "Edge"), (r"OPR/|Opera", "Opera"), (r"Firefox/", "Firefox"),
    (r"Chrome/", "Chrome"), (r"Safari/", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    (r"Windows NT 10", "Windows 10/11"), (r"Windows NT 6\.1", "Windows 7"), (r"Windows", "Windows"), (r"Android", "Android"),
    (r"iPhone|iPad", "iOS"), (r"Mac OS X", "macOS"), (r"Kylin", "麒麟"), (r"UOS", "统信 UOS"), (r"Linux", "Linux"),
)  # fmt: skip


def describe(agent: str) -> str:
    """`Chrome 120，Windows 10/11`; `未知浏览器` when nothing is recognised."""
    name = next((label for pattern, label in _NAMES if re.search(pattern, agent)), "未知浏览器")
    version = re.search(r"(?:Edg[AE]?|OPR|Firefox|Chrome|Version)/(\d+)", agent)
    system = next((label for pattern, label in _SYSTEMS if re.search(pattern, agent)), "")
    named = (
        f"{name} {version.group(1)}" if version and name in ("Edge", "Opera", "Firefox", "Chrome", "Safari") else name
    )
    return f"{named}，{system}" if system else named
