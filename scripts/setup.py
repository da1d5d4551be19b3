"""Make the working environment: `python scripts/setup.py` (to run) or `python scripts/setup.py --dev` (to test).

Standard library only, for every system: a virtual environment in `.venv`, the packages of requirements.txt with
their hashes, the front-end files and fonts. Does nothing that is done already. System packages (Chromium, a font
for rare characters) are installed only as root on Debian-like systems; elsewhere their names are printed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
OLDEST = (3, 11)
RARE_FONTS = ("/usr/share/fonts/truetype/hanazono/HanaMinB.ttf", "/usr/share/fonts/truetype/hanazono/HanaMinA.ttf")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


def main() -> int:
    """Do what is missing; returns the exit code."""
    dev = "--dev" in sys.argv[1:]
    if sys.version_info < OLDEST:
        print(
            f"error: Python {OLDEST[0]}.{OLDEST[1]} or newer is needed, this is {sys.version.split()[0]}",
            file=sys.stderr,
        )
        return 1
    try:
        make_venv()
        install("run", ["requirements.txt"])
        if dev:
            install("dev", ["requirements.txt", "requirements-dev.txt"])
        subprocess.run([str(PYTHON), str(ROOT / "scripts" / "install_frontend.py")], check=True)
    except subprocess.CalledProcessError as error:
        print(f"error: {' '.join(map(str, error.cmd[:6]))} … ended with {error.returncode}", file=sys.stderr)
        return 1
    system_packages(dev)
    return 0


def make_venv() -> None:
    """Create `.venv` unless a usable one is there."""
    if PYTHON.exists() and subprocess.run([str(PYTHON), "-m", "pip", "--version"], capture_output=True).returncode == 0:
        return
    print(f"making the environment with Python {sys.version.split()[0]} …")
    command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    made = subprocess.run(command, capture_output=True, text=True)
    if made.returncode == 0:
        return
    # Debian leaves ensurepip out of python3 and puts it into python3-venv.
    version = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    if apt(version, "python3-venv"):
        subprocess.run(command, check=True)
        return
    print(made.stdout + made.stderr, file=sys.stderr)
    print(f"hint: install the package {version}, then try again", file=sys.stderr)
    raise subprocess.CalledProcessError(made.returncode, command)


def install(name: str, files: list[str]) -> None:
    """Install pinned packages with hashes, unless exactly these files were installed before."""
    digest = hashlib.sha256()
    for file in files:
        digest.update((ROOT / file).read_bytes())
    stamp = VENV / f".pins-{name}"
    if stamp.exists() and stamp.read_text() == digest.hexdigest():
        return
    print(f"installing {' and '.join(files)} …")
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--require-hashes", "--disable-pip-version-check"]
    command += ["--no-warn-script-location"]
    for file in files:
        command += ["-r", str(ROOT / file)]
    subprocess.run(command, check=True, env={**os.environ, "PIP_ROOT_USER_ACTION": "ignore"})
    stamp.write_text(digest.hexdigest())


def system_packages(dev: bool) -> None:
    """A font for rare characters; for tests also Chromium and pdftoppm. Missing ones are never fatal here."""
    wanted = []
    if os.name == "posix" and not any(Path(font).exists() for font in RARE_FONTS):
        wanted.append("fonts-hanazono")
    if dev and not any(shutil.which(name) for name in BROWSERS):
        wanted.append("chromium")
    if dev and shutil.which("pdftoppm") is None:
        wanted.append("poppler-utils")
    if wanted and not apt(*wanted):
        print(f"note: not installed: {', '.join(wanted)} (see README.md)")


def apt(*packages: str) -> bool:
    """Install Debian packages as root; True when all of them (or, for venv names, one) went in."""
    tool = shutil.which("apt-get")
    if tool is None or not hasattr(os, "geteuid") or os.geteuid() != 0:
        return False
    print(f"installing system packages: {' '.join(packages)} …")
    quiet = {"env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, "stdout": subprocess.DEVNULL}
    options = [tool, "install", "-y", "-qq", "--no-install-recommends"]
    if subprocess.run([*options, *packages], stderr=subprocess.DEVNULL, **quiet).returncode == 0:
        return True
    subprocess.run([tool, "update", "-qq"], stderr=subprocess.DEVNULL, **quiet)
    if packages[0].endswith("-venv"):
        return any(
            subprocess.run([*options, name], stderr=subprocess.DEVNULL, **quiet).returncode == 0 for name in packages
        )
    return subprocess.run([*options, *packages], **quiet).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
