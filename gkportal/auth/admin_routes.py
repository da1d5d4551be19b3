"""系统状况: what the 系统管理员 needs to know, without any business data (等保 8.1.5.1, X-12)."""

from __future__ import annotations

import os
import platform
import shutil
from datetime import UTC, datetime
from pathlib import Path

import peewee
from flask import g, render_template

from gkportal.audit import AuditEvent
from gkportal.auth.blueprint import blueprint, settings
from gkportal.auth.models import User, UserSession
from gkportal.core import db, schema
from gkportal.core.access import access, roles
from gkportal.core.actor import Role
from gkportal.jobs import states
from gkportal.jobs.models import Job

_LOW_DISK = 2 * 1024**3


@blueprint.get("/system")
@access(roles(Role.SYSTEM_ADMIN))
def system_status() -> str:
    """Version, sizes, free space, queue, audit, backups."""
    import gkportal

    config = settings()
    free = shutil.disk_usage(config.instance_dir).free
    return render_template(
        "auth/system.html",
        versions={
            "gkportal": gkportal.__version__,
            "Python": platform.python_version(),
            "SQLite": peewee.sqlite3.sqlite_version,
        },
        sizes=_sizes(config.database_path, config.files_dir),
        free=human_size(free),
        low_disk=free < _LOW_DISK,
        schema_current=not schema.pending(),
        sessions=UserSession.select().count(),
        accounts=User.select().where(User.active == True).count(),  # noqa: E712
        jobs=_jobs(),
        last_event=AuditEvent.select(AuditEvent.id, AuditEvent.at).order_by(AuditEvent.id.desc()).first(),
        backup=_last_backup(config.instance_dir, g.received_at),
        instance=config.instance_dir.name,
        values=_values(),
    )


def _sizes(database: Path, files: Path) -> list[tuple[str, str]]:
    wal = database.with_name(database.name + "-wal")
    stored, count = 0, 0
    for folder, _, names in os.walk(files):
        for name in names:
            stored, count = stored + _size(Path(folder) / name), count + 1
    return [
        ("数据库", human_size(_size(database))),
        ("预写日志", human_size(_size(wal))),
        ("文件", f"{human_size(stored)}（{count} 个）"),
    ]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def human_size(size: float) -> str:
    """`12.3 MB`"""
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TB"


def _jobs() -> list[tuple[str, int]]:
    from peewee import fn

    query = Job.select(Job.state, fn.COUNT(Job.id)).group_by(Job.state).tuples()
    return [(states.LABELS.get(state, state), count) for state, count in query]


def _last_backup(instance: Path, now: datetime) -> tuple[datetime, int] | None:
    """(time, days ago) of the newest file in `<instance>/backups`, None when there is none."""
    times = [path.stat().st_mtime for path in (instance / "backups").glob("*") if path.exists()]
    if not times:
        return None
    newest = datetime.fromtimestamp(max(times), UTC)
    return newest, max(0, (now - newest).days)


def _values() -> list[tuple[str, str]]:
    config = settings()
    https = "是" if config.secure else "否，密码和个人信息没有加密传送"
    return [
        ("访问地址", config.public_url), ("加密连接（https）", https), ("工作线程", str(config.threads)),
        ("无操作退出", f"{config.idle_minutes} 分钟"), ("最长登录", f"{config.absolute_hours} 小时"),
        ("密码最短", f"{config.password_min_length} 个字符"),
        ("密码有效期", f"{config.password_max_days} 天" if config.password_max_days else "不要求定期更换"),
        ("登录限制", f"同一地址连续 {config.login_failures} 次失败，等 {config.login_lock_minutes} 分钟"),
        ("单个文件上限", f"{config.upload_max_mb} MB"), ("数据库连接方式", f"WAL，同步级别 {db.PRAGMAS['synchronous']}"),
    ]  # fmt: skip
