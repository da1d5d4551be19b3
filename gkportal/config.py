"""Settings: each one an environment variable `GKPORTAL_<NAME>`; bad values stop the start with a sentence."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field, fields
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent


class BadSetting(Exception):
    """A setting that cannot be used; the text names the variable and the fix."""


@dataclass(frozen=True)
class Settings:
    """All settings. Durations in minutes or hours as named; sizes in MB."""

    instance_dir: Path = ROOT / "instance"  # database, files, key: the only folder to back up
    public_url: str = "http://127.0.0.1:8000"  # the address people type; https turns on Secure cookies and HSTS
    listen: str = "127.0.0.1:8000"
    threads: int = 16
    connection_limit: int = 2000
    trusted_proxy: str = ""  # address of a reverse proxy whose X-Forwarded-* is believed
    idle_minutes: int = 30
    absolute_hours: int = 12
    idle_warn_minutes: int = 2
    password_min_length: int = 10
    password_max_days: int = 90  # 0 switches the regular change off (ASVS advises against it, 等保 asks for it)
    login_failures: int = 5
    login_lock_minutes: int = 10
    upload_max_mb: int = 20
    pack_dir: str = ""  # further policy packs
    rare_font: str = ""  # TrueType font for rare characters
    clamd: str = ""
    log_level: str = "INFO"
    document_workers: int = 1
    banner: str = ""  # e.g. 测试环境 (S000-16)
    office_phone: str = ""
    secret_key: str = field(default="", repr=False)

    @property
    def database_path(self) -> Path:
        """The SQLite file."""
        return self.instance_dir / "gkportal.db"

    @property
    def files_dir(self) -> Path:
        """Root of the file store."""
        return self.instance_dir / "files"

    @property
    def secure(self) -> bool:
        """Whether people reach us by https."""
        return self.public_url.startswith("https://")

    @property
    def host(self) -> str:
        """Host (with port) of public_url."""
        return urlsplit(self.public_url).netloc


def from_environment(**overrides: object) -> Settings:
    """Read the environment. Raises BadSetting."""
    values: dict[str, object] = {}
    for item in fields(Settings):
        raw = os.environ.get(f"GKPORTAL_{item.name.upper()}")
        if raw is not None:
            values[item.name] = _convert(item.name, item.type, raw)
    values.update(overrides)
    settings = Settings(**values)  # type: ignore[arg-type]
    _check(settings)
    return settings


def _convert(name: str, kind: object, raw: str) -> object:
    if kind == "int":
        try:
            return int(raw)
        except ValueError:
            raise BadSetting(f"GKPORTAL_{name.upper()} must be a whole number, not {raw!r}") from None
    return Path(raw).resolve() if kind == "Path" else raw


_RANGES = {
    "threads": (1, 64),
    "connection_limit": (100, 20_000),
    "idle_minutes": (5, 240),
    "absolute_hours": (1, 24),
    "password_min_length": (8, 64),
    "password_max_days": (0, 730),
    "login_failures": (3, 20),
    "login_lock_minutes": (1, 120),
    "upload_max_mb": (2, 200),
    "document_workers": (1, 8),
}


def _check(settings: Settings) -> None:
    parts = urlsplit(settings.public_url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise BadSetting("GKPORTAL_PUBLIC_URL must look like https://gk.example.gov.cn")
    for name, (low, high) in _RANGES.items():
        value = getattr(settings, name)
        if not low <= value <= high:
            raise BadSetting(f"GKPORTAL_{name.upper()} must be between {low} and {high}, not {value}")
    if settings.idle_warn_minutes >= settings.idle_minutes:
        raise BadSetting("GKPORTAL_IDLE_WARN_MINUTES must be less than GKPORTAL_IDLE_MINUTES")


def secret_key(settings: Settings) -> str:
    """The signing key: from the environment, else from `<instance>/secret.key`. Raises BadSetting when absent."""
    if settings.secret_key:
        return settings.secret_key
    path = settings.instance_dir / "secret.key"
    if not path.exists():
        raise BadSetting(f"no key at {path}: run `python app.py init` first")
    return path.read_text().strip()


def make_secret_key(settings: Settings) -> None:
    """Create the key file (mode 0600) unless it exists."""
    settings.instance_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = settings.instance_dir / "secret.key"
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
