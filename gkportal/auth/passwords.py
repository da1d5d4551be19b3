"""Passwords: hashing in a bounded pool, one-time passwords, and the rules a new password must keep.

argon2id with 19 MiB, t=2, p=1 (OWASP's first choice; ASVS 11.4.2) costs about 45 ms and 19 MiB a check, so at
most two run at a time: a rush of sign-ins waits in line instead of taking the machine.
"""

from __future__ import annotations

import secrets
import string
import threading
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gkportal.auth.common_passwords import is_common
from gkportal.core.errors import Unavailable

MAX_LENGTH = 256
HISTORY = 5
_WAIT_SECONDS = 15
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_pool = threading.BoundedSemaphore(2)
#: No 0 O 1 l I: a one-time password is read from paper or over the telephone.
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_DIGITS = "23456789"
#: Words of the product and the trade that guessers try first (ASVS 6.2.11).
PRODUCT_WORDS = ("gkportal", "gongkao", "gongqin", "kaoping", "工考", "工勤", "考评")


def _run(work, *arguments):
    if not _pool.acquire(timeout=_WAIT_SECONDS):
        raise Unavailable("现在登录的人较多，请稍候几秒再试一次。")
    try:
        return work(*arguments)
    finally:
        _pool.release()


def prepare(password: str) -> str:
    """The form that is hashed: NFC, so that the same characters from another keyboard match. Nothing is cut off."""
    return unicodedata.normalize("NFC", password)


def hash_password(password: str) -> str:
    """The argon2id hash. Raises Unavailable when the pool stays full."""
    return _run(_hasher.hash, prepare(password))


def verify(stored: str, password: str) -> bool:
    """Whether `password` belongs to the hash; over-long input is refused before any hashing."""
    if len(password) > MAX_LENGTH:
        return False
    try:
        return _run(_hasher.verify, stored, prepare(password))
    except (VerificationError, InvalidHashError):
        return False


def verify_nobody(password: str) -> bool:
    """The same work for an account that does not exist, so that time tells nothing (security.md §1.9)."""
    verify(_dummy_hash(), password)
    return False


@cache
def _dummy_hash() -> str:
    return _hasher.hash(secrets.token_urlsafe(24))


def warm_up() -> None:
    """Make the dummy hash before the first request needs it."""
    _dummy_hash()


def needs_rehash(stored: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    try:
        return _hasher.check_needs_rehash(stored)
    except InvalidHashError:
        return True


def one_time_password() -> str:
    """A random first password such as `Kp7m-x3Qa-9dRt` (68 bits), easy to read aloud."""
    while True:
        text = "-".join("".join(secrets.choice(_LETTERS + _DIGITS) for _ in range(4)) for _ in range(3))
        if classes(text) == 4:
            return text


def classes(password: str) -> int:
    """How many of the four classes occur: small letters, capitals, digits, everything else."""
    small = any(letter in string.ascii_lowercase for letter in password)
    capital = any(letter in string.ascii_uppercase for letter in password)
    digit = any(letter in string.digits for letter in password)
    other = any(letter not in string.ascii_letters + string.digits for letter in password)
    return small + capital + digit + other


def problems(password: str, *, min_length: int, min_classes: int, context: tuple[str, ...] = ()) -> list[str]:
    """Sentences on what is wrong with a new password; empty when it may be used.

    `context` are words of the person: user name, name, unit, telephone (ASVS 6.2.1, 6.2.4, 6.2.9, 6.2.11;
    等保 8.1.4.1.a for the classes).
    """
    if len(password) > MAX_LENGTH:
        return [f"密码最多 {MAX_LENGTH} 个字符，现在是 {len(password)} 个，请缩短。"]
    found = []
    if len(password) < min_length:
        found.append(f"密码至少 {min_length} 个字符，现在是 {len(password)} 个。")
    if classes(password) < min_classes:
        found.append(f"密码要包含大写字母、小写字母、数字、其他符号中的至少 {min_classes} 类。")
    if word := _context_word(password, context):
        found.append(f"密码里不要出现“{word}”：用户名、姓名、单位、电话和本系统的名称最容易被猜到。")
    if is_common(password):
        found.append("这个密码属于常见密码（例如键盘顺序、常用词加数字或年份），请换一个别人想不到的。")
    return found


def _context_word(password: str, context: tuple[str, ...]) -> str:
    low = password.casefold()
    for word in (*PRODUCT_WORDS, *context):
        part = word.strip().casefold()
        if (len(part) >= 4 or (len(part) >= 2 and not part.isascii())) and part in low:
            return word.strip()
    return ""
