"""Inspection of an ID photo (S002-11, X-43; runs in the limited child)."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

from PIL import Image, ImageCms, ImageOps, ImageStat

from gkportal.storage.errors import size_text
from gkportal.storage.inspection.result import Inspection, InspectionWarning, refused
from gkportal.storage.inspection.rules import PhotoRule

#: More than this is refused before decoding: 40 million pixels are 120 MB of RGB.
MAX_PIXELS = 40_000_000
THUMBNAIL_WIDTH = 160

_FIX = {
    "png": "这是 PNG 图片。请用画图或看图软件“另存为”JPG 后重新上传（不能只改扩展名）。",
    "heic": "这是苹果手机的 HEIC 照片。请在手机“设置 → 相机 → 格式”中选“兼容性最佳”后重拍，或用看图软件另存为 JPG。",
    "gif": "这是 GIF 图片。请用画图或看图软件“另存为”JPG 后重新上传。",
    "bmp": "这是 BMP 图片。请用画图或看图软件“另存为”JPG 后重新上传。",
    "webp": "这是 WebP 图片。请用画图或看图软件“另存为”JPG 后重新上传。",
    "tiff": "这是 TIFF 图片。请用画图或看图软件“另存为”JPG 后重新上传。",
    "svg": "这是 SVG 矢量图，不是照片。请上传 JPG 格式的证件照。",
    "pdf": "这是 PDF 文件，不是照片。请上传 JPG 格式的证件照。",
    "zip": "这是压缩包或 Office 文件，不是照片。请上传 JPG 格式的证件照。",
}
_OTHER = "这不是 JPG 照片。请上传 JPG 格式的证件照（不能只改扩展名）。"
_BROKEN = "这张照片不完整或已损坏。请确认能正常打开，重新导出为 JPG 后再上传。"


def inspect_photo(path: Path, clean_path: Path, rule: PhotoRule) -> Inspection:
    """Check the photo and write it anew to `clean_path`: upright, RGB, no metadata, at most max_width×max_height."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        kind = sniff(stream.read(1024))
    if kind != "jpg":
        return refused("not_jpg", _FIX.get(kind, _OTHER))
    if size > rule.max_bytes:
        sentence = f"照片 {size_text(size)}，超过 {size_text(rule.max_bytes)} 的上限。请用画图软件缩小尺寸后重新上传。"
        return refused("too_large", sentence)
    try:
        picture, (width, height) = _decode(path, rule)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        sentence = f"照片的像素太多（上限 {MAX_PIXELS // 10_000} 万）。请用画图软件缩小到 413×579 像素左右后重新上传。"
        return refused("too_many_pixels", sentence)
    except (OSError, ValueError, SyntaxError, TypeError, EOFError):
        return refused("broken", _BROKEN)
    refusal = _dimension_refusal(width, height, rule)
    if refusal is not None:
        return refusal
    found = _warnings(picture, rule)
    picture.thumbnail((rule.max_width, rule.max_height), Image.Resampling.LANCZOS)
    picture.save(clean_path, "JPEG", quality=90, optimize=True, dpi=(300, 300))
    derived = {"thumbnail": _small(picture)}
    return Inspection(True, None, None, 1, width, height, tuple(found), derived, clean_path, cleaned=True)


def sniff(head: bytes) -> str:
    """The kind of file by its first bytes: jpg, png, heic, …, or "" when unknown."""
    for start, kind in (
        (b"\xff\xd8\xff", "jpg"),
        (b"\x89PNG\r\n\x1a\n", "png"),
        (b"GIF8", "gif"),
        (b"BM", "bmp"),
        (b"II*\0", "tiff"),
        (b"MM\0*", "tiff"),
        (b"PK", "zip"),
        (b"\xd0\xcf\x11\xe0", "zip"),
    ):
        if head.startswith(start):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp" and head[8:12] in {b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif"}:
        return "heic"
    if b"%PDF-" in head:
        return "pdf"
    return "svg" if b"<svg" in head.lower() else ""


def _decode(path: Path, rule: PhotoRule) -> tuple[Image.Image, tuple[int, int]]:
    """Upright RGB in sRGB, perhaps already smaller, and the size it was sent in (upright).

    An MPO (two pictures in one JPEG) gives its first.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        Image.MAX_IMAGE_PIXELS = MAX_PIXELS
        with Image.open(path, formats=("JPEG", "MPO")) as source:
            profile, size = source.info.get("icc_profile"), source.size
            if source.mode == "RGB":
                source.draft("RGB", (rule.max_width * 2, rule.max_height * 2))
            source.load()
            upright = ImageOps.exif_transpose(source)
            if (upright.width > upright.height) != (size[0] > size[1]):
                size = size[::-1]
            picture = _to_srgb(upright, profile)
    clean = Image.new("RGB", picture.size)
    clean.paste(picture)  # pixels only: EXIF, GPS, comments and profiles stay behind
    return clean, size


def _to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
            if converted is not None:
                return converted
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # a damaged profile must not refuse a sound photo
    return picture.convert("RGB")


def _dimension_refusal(width: int, height: int, rule: PhotoRule) -> Inspection | None:
    if width < rule.min_width or height < rule.min_height:
        sentence = (
            f"照片太小：{width}×{height} 像素，至少需要 {rule.min_width}×{rule.min_height}。"
            "请使用照相馆的电子版或重新拍摄，不要用截图。"
        )
        return refused("too_small", sentence)
    ratio = width / height
    if not rule.narrowest * (1 - rule.tolerance) <= ratio <= rule.widest * (1 + rule.tolerance):
        sentence = (
            f"照片的宽高是 {width}×{height}，不是 2 寸证件照的比例（宽 35 mm、高 49～53 mm）。"
            "请裁剪为例如 413×579 像素后重新上传。"
        )
        return refused("ratio", sentence)
    return None


def _warnings(picture: Image.Image, rule: PhotoRule) -> list[InspectionWarning]:
    found = []
    if rule.white_background and not _white_behind(picture):
        found.append(InspectionWarning("background", "照片背景看起来不是白色。要求近期 2 寸白底免冠照片，请确认。", 1))
    if rule.colour and max(ImageStat.Stat(picture.convert("HSV").getchannel("S")).mean) < 6:
        found.append(InspectionWarning("grey", "这是黑白照片。要求近期 2 寸免冠彩色照片，请确认。", 1))
    return found


def _white_behind(picture: Image.Image) -> bool:
    """Looks at the top strip and the upper halves of both sides, where no shoulders are."""
    width, height = picture.size
    edge = max(4, width // 20)
    strips = [(0, 0, width, edge), (0, 0, edge, height // 2), (width - edge, 0, width, height // 2)]
    white = total = 0
    for box in strips:
        values = picture.crop(box).resize((40, 40)).convert("HSV")
        pixels = list(zip(values.getchannel("S").tobytes(), values.getchannel("V").tobytes(), strict=True))
        white += sum(saturation < 40 and value > 200 for saturation, value in pixels)
        total += len(pixels)
    return white >= 0.85 * total


def _small(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    small = picture.copy()
    small.thumbnail((THUMBNAIL_WIDTH, THUMBNAIL_WIDTH * 2))
    small.save(out, "JPEG", quality=80)
    return out.getvalue()
