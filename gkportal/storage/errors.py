"""What can go wrong with files, each with the sentence a person reads."""

from __future__ import annotations

import errno

from gkportal.core.errors import GkError


class StorageError(GkError):
    """A file could not be stored, read or shown. Nothing half-written is left behind."""

    status = 503


class FileTooLarge(StorageError):
    """More bytes than allowed."""

    status = 413

    def __init__(self, max_bytes: int) -> None:
        super().__init__(
            f"文件超过 {size_text(max_bytes)} 的上限，没有保存。请压缩或降低扫描分辨率（建议 200～300 dpi）后重新上传。"
        )


class EmptyFile(StorageError):
    """No byte at all."""

    status = 422

    def __init__(self) -> None:
        super().__init__("文件是空的（0 字节），没有保存。请检查文件能否打开后重新上传。")


class UploadCut(StorageError):
    """The stream ended early, or is not what was announced (R16)."""

    status = 400

    def __init__(self) -> None:
        super().__init__("文件没有传完整，没有保存。请检查网络后重新上传。")


class DiskFull(StorageError):
    """No space, no inode, or the reserve for the database would be touched (R7, R10)."""

    status = 507

    def __init__(self) -> None:
        super().__init__("服务器存储空间不足，文件没有保存，已有数据不受影响。请联系系统管理员清理磁盘后再上传。")


class ReadOnlyDisk(StorageError):
    """The disk cannot be written (R9)."""

    def __init__(self) -> None:
        super().__init__("服务器磁盘当前只能读取，文件没有保存。请联系系统管理员处理后再上传。")


class WriteFailed(StorageError):
    """The disk answered with an error (R2)."""

    def __init__(self) -> None:
        super().__init__("服务器磁盘写入出错，文件没有保存。请稍后重试，仍不成功请联系系统管理员。")


class FileDamaged(StorageError):
    """The stored file is missing or differs from its hash (R21)."""

    status = 500

    def __init__(self) -> None:
        super().__init__("这份文件在服务器上已损坏或缺失，其他文件不受影响。请联系系统管理员从备份恢复，或重新上传。")


class InspectionBusy(StorageError):
    """Too many files wait for inspection."""

    def __init__(self) -> None:
        super().__init__("现在上传的人较多，文件还没有检查。请稍候几秒再试一次。")


class PageUnavailable(StorageError):
    """A page picture could not be made."""

    status = 422

    def __init__(self, message: str = "这一页无法显示为图片。请下载文件查看。") -> None:
        super().__init__(message)


_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}


def from_os_error(error: OSError) -> StorageError:
    """The StorageError that tells a person what the operating system said."""
    if error.errno in _FULL or getattr(error, "winerror", None) == 112:
        return DiskFull()
    if error.errno in {errno.EROFS, errno.EACCES, errno.EPERM}:
        return ReadOnlyDisk()
    return WriteFailed()


def size_text(size: int) -> str:
    """`2 MB`, `350 KB`, `12 字节`."""
    for unit, factor in (("MB", 1024 * 1024), ("KB", 1024)):
        if size >= factor:
            return f"{size / factor:.1f}".rstrip("0").rstrip(".") + f" {unit}"
    return f"{size} 字节"
