"""Which font files the documents need; apart from fonts.py, so that the server need not load reportlab."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

#: Debian's fonts-hanazono. MinB holds extensions B to F, MinA the rest.
DEBIAN_RARE_FONTS = (
    Path("/usr/share/fonts/truetype/hanazono/HanaMinB.ttf"),
    Path("/usr/share/fonts/truetype/hanazono/HanaMinA.ttf"),
)


@dataclass(frozen=True)
class Family:
    """One CSS family: `regular` and `bold` are file names in the font folder."""

    name: str
    regular: str
    bold: str


SONG = Family("song", "NotoSerifSC-Regular.ttf", "NotoSerifSC-Bold.ttf")
HEI = Family("hei", "NotoSansSC-Regular.ttf", "NotoSansSC-Regular.ttf")
FAMILIES = (SONG, HEI)


def missing_files(font_dir: Path) -> list[str]:
    """Names of the required font files that `font_dir` lacks."""
    wanted = dict.fromkeys(file for family in FAMILIES for file in (family.regular, family.bold))
    return [file for file in wanted if not (font_dir / file).is_file()]
