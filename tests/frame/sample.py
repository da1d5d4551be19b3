"""A tiny application around the page frame: sample pages for the macros, the scripts and the pictures."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from flask import Blueprint, Flask, Response, flash, g, make_response, render_template, request, url_for
from flask_wtf import CSRFProtect, FlaskForm
from flask_wtf.csrf import generate_csrf
from jinja2 import ChoiceLoader, FileSystemLoader
from wtforms import BooleanField, DateField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from gkportal import config
from gkportal.core import assets
from gkportal.core.paging import Page
from gkportal.core.web import CSP

ROOT = Path(__file__).resolve().parents[2]
PEOPLE = [
    (f"p{n}", name)
    for n, name in enumerate(
        [
            "柏长河",
            "桑春生",
            "古秀兰",
            "卫永年",
            "邬海波",
            "蒙晓芹",
            "闻国梁",
            "鲍福全",
            "路旸",
            "穆知秋",
            "艾文斌",
            "谷雨田",
        ]
    )
]


@dataclass
class Person:
    """The signed-in person of the samples."""

    name: str = "穆知秋"
    org_name: str = "云州市青溪区公路养护中心"
    role_label: str = "经办人"


@dataclass
class State:
    """What the sample server saw."""

    signed_in: bool = True
    autosaves: list[dict] = field(default_factory=list)
    posts: list[dict] = field(default_factory=list)
    uploads: list[tuple[str, int, str]] = field(default_factory=list)
    fail_uploads: int = 0
    violations: list[str] = field(default_factory=list)


class SampleForm(FlaskForm):
    """One field of each kind."""

    name = StringField("姓名", validators=[InputRequired("请填写姓名。")], description="与公民身份证上一致")
    note = TextAreaField("工作业绩", validators=[Length(max=500, message="不超过 500 字。")])
    grade = SelectField(
        "申报等级",
        choices=[("", "请选择等级"), ("5", "初级工"), ("4", "中级工"), ("3", "高级工")],
        validators=[InputRequired("请选择申报等级。")],
    )
    sex = RadioField("性别", choices=[("m", "男"), ("f", "女")], validators=[InputRequired("请选择性别。")])
    born = DateField("出生日期", validators=[InputRequired("请填写出生日期，如 1984-03-12。")])
    agree = BooleanField("以上内容已核对")


def nav(active: str) -> list[dict]:
    """The menu of the mock-ups."""
    groups = {
        "办事": [("单位办事大厅", "hall.index", "grid", 0), ("我的办件", "sample.listing", "clipboard-check", 3)],
        "人员信息": [("工勤人员查询", "sample.listing", "people", 0)],
        "等级申报": [
            ("等级工岗位考核", "sample.form", "award", 2),
            ("技师考评", "sample.form", "tools", 0),
            ("高级技师考评", "sample.form", "gem", 0),
        ],
        "单位管理": [("经办人管理", "sample.form", "person-gear", 0), ("账号设置", "auth.account", "sliders", 0)],
    }
    return [
        {"label": label, "items": [{"label": a, "url": url_for(b), "icon": c, "badge": d, "active": b == active} for a, b, c, d in items]}
        for label, items in groups.items()
    ]  # fmt: skip


def page_of(number: int, size: int = 5, *, total: int | None = None, capped: bool = False) -> Page:
    """One page of PEOPLE."""
    rows = PEOPLE[(number - 1) * size : number * size]
    count = len(PEOPLE) if total is None else total
    return Page(rows=rows, number=number, size=size, total=count, capped=capped, has_next=number * size < count)


def build(**settings: object) -> Flask:
    """The sample application; `app.extensions["state"]` is what it saw."""
    app = Flask(
        "sample", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"), static_url_path="/static"
    )
    app.jinja_loader = ChoiceLoader(
        [FileSystemLoader(str(ROOT / "templates")), FileSystemLoader(str(Path(__file__).parent / "pages"))]
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.config.update(SECRET_KEY="sample-key-of-no-value", WTF_CSRF_TIME_LIMIT=None)
    app.extensions["state"] = State()
    CSRFProtect(app)
    assets.install(app)
    _context(app, config.Settings(office_phone="0000-0000 1201", **settings))
    for blueprint in (_hall(), _auth(app.extensions["state"]), _sample(app.extensions["state"])):
        app.register_blueprint(blueprint)
    return app


def _context(app: Flask, settings: config.Settings) -> None:
    @app.context_processor
    def frame() -> dict[str, object]:
        person = None if request.path.startswith("/public") else Person()
        return {
            "actor": person,
            "settings": settings,
            "nav": nav(request.endpoint or "") if person else [],
            "version": "0.1.0",
            "office_name": "云州市工考办",
        }

    @app.after_request
    def headers(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = CSP
        return response

    @app.before_request
    def guard() -> Response | None:
        g.state = app.extensions["state"]
        if g.state.signed_in or (request.endpoint or "").startswith(("auth.login", "static", "hall")):
            return None
        response = make_response(
            render_template("errors/_message.html", status=401, message="登录已超时。", number=""), 401
        )
        response.headers["X-Login-Modal"] = url_for("auth.login_again")
        return response


def _hall() -> Blueprint:
    blueprint = Blueprint("hall", __name__)

    @blueprint.get("/")
    def index() -> str:
        return render_template("sample_hall.html")

    return blueprint


def _auth(state: State) -> Blueprint:
    blueprint = Blueprint("auth", __name__)

    @blueprint.get("/login")
    def login() -> str:
        return render_template("sample_public.html")

    @blueprint.route("/login/again", methods=["GET", "POST"])
    def login_again() -> tuple[str, int, dict] | str:
        if request.method == "POST" and request.form.get("password") == "right":
            state.signed_in = True
            return "", 204, {"X-CSRFToken": generate_csrf()}
        wrong = request.method == "POST"
        return make_response(render_template("sample_again.html", wrong=wrong), 422 if wrong else 200)

    @blueprint.post("/logout")
    def logout() -> str:
        return "已退出"

    @blueprint.get("/account")
    def account() -> str:
        return render_template("sample_form.html", form=SampleForm())

    @blueprint.post("/keepalive")
    def keepalive() -> tuple[str, int]:
        return "", 204

    return blueprint


def _sample(state: State) -> Blueprint:
    blueprint = Blueprint("sample", __name__)
    _lists(blueprint, state)
    _forms(blueprint, state)
    _uploads(blueprint, state)
    _others(blueprint)
    return blueprint


def _lists(blueprint: Blueprint, state: State) -> None:
    @blueprint.get("/list")
    def listing() -> str:
        page = page_of(int(request.args.get("page", 1)), int(request.args.get("per_page", 5)))
        return render_template(
            "sample_rows.html" if "HX-Request" in request.headers else "sample_list.html", page=page, args={"q": "a&b"}
        )

    @blueprint.post("/list/do")
    def act() -> tuple[str, int, dict]:
        state.posts.append({"ids": request.form.getlist("ids"), "all": request.form.get("all")})
        return "", 204, {"HX-Trigger": '{"gk-message": {"text": "\\u5df2\\u529e\\u7406", "tone": "ok"}}'}


def _forms(blueprint: Blueprint, state: State) -> None:
    @blueprint.route("/form", methods=["GET", "POST"])
    def form() -> Response:
        made = SampleForm()
        if made.validate_on_submit():
            state.posts.append({"name": made.name.data})
            flash("已保存", "ok")
        return make_response(render_template("sample_form.html", form=made), 422 if made.errors else 200)

    @blueprint.route("/modal", methods=["GET", "POST"])
    def modal() -> Response:
        made = SampleForm()
        if made.validate_on_submit():
            state.posts.append({"name": made.name.data})
            return make_response("", 204)
        return make_response(render_template("sample_modal.html", form=made), 422 if made.errors else 200)

    @blueprint.post("/autosave")
    def autosave() -> tuple[str, int, dict]:
        state.autosaves.append(request.form.to_dict())
        return "", 204, {"HX-Trigger": json.dumps({"gk-saved": {"version": len(state.autosaves)}})}


def _uploads(blueprint: Blueprint, state: State) -> None:
    @blueprint.post("/slot/<int:number>")
    def slot(number: int) -> Response:
        if state.fail_uploads:
            state.fail_uploads -= 1
            response = make_response(
                render_template("errors/_message.html", status=503, message="磁盘空间不足，请联系管理员。", number=""),
                503,
            )
            response.headers["HX-Retarget"] = "#messages"
            return response
        sent = request.files["file"]
        state.uploads.append((sent.filename or "", len(sent.read()), request.form.get("path", "")))
        return make_response(render_template("sample_slot.html", number=number, name=sent.filename))

    @blueprint.post("/drop")
    def drop() -> str:
        sent = request.files["file"]
        state.uploads.append((sent.filename or "", len(sent.read()), request.form.get("path", "")))
        return render_template("sample_board.html", names=[name for name, _, _ in state.uploads])

    @blueprint.get("/uploads")
    def uploads() -> str:
        return render_template("sample_uploads.html", names=[])


def _others(blueprint: Blueprint) -> None:
    @blueprint.get("/paper")
    def paper() -> str:
        return render_template("sample_paper.html")

    @blueprint.get("/public")
    def public() -> str:
        return render_template("sample_public.html")

    @blueprint.get("/error/<int:status>")
    def error(status: int) -> tuple[str, int]:
        return render_template(
            "errors/error.html",
            status=status,
            message="说明这件事的一句话。",
            number="A1B2C3D4" if status == 500 else "",
        ), status
