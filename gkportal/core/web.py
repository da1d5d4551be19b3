"""What every response has in common: security headers, honest errors, the instant a request counts by."""

from __future__ import annotations

import errno
import logging
import secrets

import peewee
from flask import Flask, Response, g, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, SecurityError

from gkportal.core import clock, db
from gkportal.core.access import rule_of
from gkportal.core.errors import GkError, Refused

log = logging.getLogger("gkportal.web")

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-src 'self'; frame-ancestors 'none'"
)
#: For PDFs and pictures shown inside our own pages.
PREVIEW_CSP = "default-src 'none'; object-src 'none'; base-uri 'none'; frame-ancestors 'self'"

SENTENCES = {
    400: "请求不完整或已过期，请刷新页面后再试一次。",
    403: "您的账号没有使用这项功能的权限，如有需要请联系本单位管理员或工考办。",
    404: "没有找到您要的内容，可能已被删除，或不属于您的单位。",
    405: "这个地址不接受这种操作，请从菜单重新进入。",
    413: "上传的内容太大，超出了允许的大小，请压缩或分开后再传。",
    429: "操作太频繁，请稍候一分钟再试。",
    500: "系统出现了未预料的错误，已记录下来。您刚才的内容可能没有保存，请返回后再试一次。",
    503: "系统暂时不能处理，请稍候再试，您填写的内容还在。",
}


def limit_bodies(app: Flask) -> None:
    """Only uploads may be large: other bodies are read into memory at once. Goes before whatever reads forms."""

    @app.before_request
    def limit() -> None:
        if request.mimetype != "multipart/form-data":
            request.max_content_length = app.config["MAX_FORM_MEMORY_SIZE"]


_DISK_ERRORS = {errno.ENOSPC, errno.EIO, errno.EROFS, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}


def install(app: Flask, *, hsts: bool) -> None:
    """Hook headers, errors and the request's clock into `app`."""

    @app.before_request
    def start() -> None:
        # The body has been received completely when Flask sees the request: this instant decides deadlines.
        g.received_at = clock.now()
        db.connect()

    @app.before_request
    def guard() -> Response | None:
        rule = rule_of(app, request.endpoint) if request.endpoint else None
        if rule is None or not rule.needs_sign_in:
            return None
        actor = app.extensions["gk_load_actor"]()
        if actor is None:
            return app.extensions["gk_sign_in_first"]()
        if not rule.allows(actor):
            raise Refused(SENTENCES[403])
        return None

    @app.after_request
    def headers(response: Response) -> Response:
        return _headers(response, hsts)

    app.register_error_handler(GkError, _gk_error)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(peewee.DatabaseError, _database_error)
    app.register_error_handler(OSError, _system_error)
    app.register_error_handler(Exception, _unexpected)


def _headers(response: Response, hsts: bool) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CSP)
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
    if request.endpoint != "static":
        headers.setdefault("Cache-Control", "no-store")
    if hsts:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return response


def _gk_error(error: GkError) -> Response:
    return error_page(error.status, error.message)


def _csrf_error(error: CSRFError) -> Response:
    return error_page(400, "页面停留太久或已在别处退出，请重新登录后再提交；您填写的内容已尽量为您保留。")


def _http_error(error: HTTPException) -> Response:
    if isinstance(error, SecurityError):
        # A foreign Host header: no address can be built, so the page frame cannot be drawn either.
        return Response(SENTENCES[400], 400, mimetype="text/plain")
    if error.code is not None and error.code < 400:
        return error.get_response()  # type: ignore[return-value]
    code = error.code or 500
    return error_page(code, SENTENCES.get(code, SENTENCES[400] if code < 500 else SENTENCES[500]))


def _database_error(error: peewee.DatabaseError) -> Response:
    """A read that failed because the database is locked or its disk is away; anything else is unexpected."""
    told = db.unavailable(error)
    if told is None:
        return _unexpected(error)
    log.error("database unavailable at %s: %s", request.endpoint, error)
    return error_page(told.status, told.message)


def _system_error(error: OSError) -> Response:
    """A disk that is full, read-only or failing, wherever it was met; anything else is unexpected."""
    if error.errno not in _DISK_ERRORS and getattr(error, "winerror", None) != 112:
        return _unexpected(error)
    log.error("disk unavailable at %s: %s", request.endpoint, error.strerror)
    return error_page(503, "服务器磁盘已满或不可写，本次没有完成，请联系系统管理员，您填写的内容还在。")


def _unexpected(error: Exception) -> Response:
    number = secrets.token_hex(4).upper()
    log.error("error %s at %s", number, request.endpoint, exc_info=error)
    return error_page(500, SENTENCES[500], number)


def error_page(status: int, message: str, number: str = "") -> Response:
    """A whole page, or for htmx a message put into the page's `#messages` region."""
    if status >= 500:
        g.failing = True
    if request.headers.get("HX-Request") == "true":
        body = render_template("errors/_message.html", status=status, message=message, number=number)
        response = make_response(body, status)
        response.headers["HX-Retarget"] = "#messages"
        response.headers["HX-Reswap"] = "innerHTML"
        return response
    return make_response(render_template("errors/error.html", status=status, message=message, number=number), status)
