"""Pages of rounds: 时间安排 for everybody, upkeep for round administrators, and notices."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask import Blueprint, Flask, Response, g, make_response, render_template, url_for
from werkzeug.wrappers import Response as BaseResponse

from gkportal.auth.sessions import current_actor
from gkportal.core import clock
from gkportal.core.access import SIGNED_IN, access, roles
from gkportal.core.actor import Role
from gkportal.core.errors import Invalid, NotFound
from gkportal.core.htmx import done, go, is_fragment
from gkportal.core.text import whole_number
from gkportal.policy import Pack, available_packs, load_pack
from gkportal.rounds import operations, queries, rules
from gkportal.rounds.forms import NoticeForm, RoundForm, WindowForm
from gkportal.rounds.models import Round, RoundWindow

blueprint = Blueprint("rounds", __name__)


def register(app: Flask) -> None:
    """Add the pages to `app`."""
    app.register_blueprint(blueprint)


def _local_form(instant: datetime) -> datetime:
    return clock.local(instant).replace(tzinfo=None)


def _aware(naive: datetime | None) -> datetime:
    assert naive is not None
    return naive.replace(tzinfo=clock.SHANGHAI).astimezone(UTC)


def _schedule(actor) -> list[dict]:
    rounds = list(queries.visible_to(actor))
    windows: dict[int, list] = {}
    for window in (
        RoundWindow.select().where(RoundWindow.round.in_([r.id for r in rounds])).order_by(RoundWindow.closes_at)
    ):
        windows.setdefault(window.round_id, []).append(rules.view_window(window, g.received_at))
    return [
        {
            "round": item, "pack": load_pack(item.pack_id), "windows": windows.get(item.id, []),
            "titles": {kind.key: kind.label for kind in load_pack(item.pack_id).kinds},
            "manage": bool(rules.can_manage(actor, item)),
        }
        for item in rounds
    ]  # fmt: skip


@blueprint.get("/rounds")
@access(SIGNED_IN)
def index() -> str:
    """全部时间安排."""
    actor = current_actor()
    return render_template("rounds/index.html", schedule=_schedule(actor), can_open=bool(rules.can_manage(actor)))


@blueprint.route("/rounds/new", methods=["GET", "POST"])
@access(roles(Role.ROUND_ADMIN))
def new() -> BaseResponse:
    """Open a round from a pack."""
    form = RoundForm()
    form.pack_id.choices = [(pack_id, f"{load_pack(pack_id).title}（{pack_id}）") for pack_id in available_packs()]
    if form.validate_on_submit():
        pack = load_pack(form.pack_id.data)
        windows = _windows_of(pack, form.year.data)
        try:
            operations.open_round(
                actor=current_actor(), now=g.received_at, year=form.year.data, title=form.title.data,
                pack_id=form.pack_id.data, windows=windows,
            )  # fmt: skip
            return go(url_for("rounds.index"))
        except Invalid as error:
            _attach(form, error)
    return _form_page("rounds/round_form.html", form, title="新建年度批次")


def _windows_of(pack: Pack, year: int) -> dict[str, tuple[datetime, ...]]:
    """The pack's times, moved to the year; they are read as Asia/Shanghai."""
    found = {}
    for kind in pack.kinds:
        window = pack.window(kind.key, year)
        closes = _aware(window.submit_deadline)
        opens = _aware(window.opens) if window.opens else closes - timedelta(days=60)
        found[kind.key] = (opens, closes, max(closes, _aware(window.correction_ends)))
    return found


@blueprint.route("/rounds/<public_id>/windows/<kind>", methods=["GET", "POST"])
@access(roles(Role.ROUND_ADMIN))
def edit_window(public_id: str, kind: str) -> BaseResponse:
    """Change one window."""
    actor = current_actor()
    round_ = queries.get_round(actor, public_id)
    rules.can_manage(actor, round_).demand()
    pack = load_pack(round_.pack_id)
    if kind not in {item.key for item in pack.kinds}:
        raise NotFound()
    form = _window_form(round_, kind)
    if form.validate_on_submit():
        try:
            operations.set_window(
                actor=actor, now=g.received_at, round_=round_, kind=kind, opens=_aware(form.opens_at.data),
                closes=_aware(form.closes_at.data), correct=_aware(form.correct_until.data),
                version=whole_number(form.version.data),
            )  # fmt: skip
            return done(rounds_changed={}) if is_fragment() else go(url_for("rounds.index"))
        except Invalid as error:
            _attach(form, error)
    label = next(item.label for item in pack.kinds if item.key == kind)
    return _form_page("rounds/window_form.html", form, title=f"调整申报时间：{label}", round=round_, kind=kind)


def _window_form(round_: Round, kind: str) -> WindowForm:
    window = queries.windows_of(round_.id).get(kind)
    if window is None:
        return WindowForm(version=round_.version)
    return WindowForm(
        version=round_.version, opens_at=_local_form(window.opens_at), closes_at=_local_form(window.closes_at),
        correct_until=_local_form(window.correct_until),
    )  # fmt: skip


@blueprint.post("/rounds/<public_id>/close")
@access(roles(Role.ROUND_ADMIN))
def close(public_id: str) -> BaseResponse:
    """Close a round."""
    actor = current_actor()
    operations.close_round(actor=actor, now=g.received_at, round_=queries.get_round(actor, public_id))
    return go(url_for("rounds.index"))


@blueprint.get("/notices")
@access(SIGNED_IN)
def notices() -> str:
    """通知公告."""
    actor = current_actor()
    return render_template(
        "rounds/notices.html",
        notices=queries.notices_for(actor, g.received_at),
        can_publish=bool(rules.can_manage(actor)),
    )


@blueprint.get("/notices/<public_id>")
@access(SIGNED_IN)
def notice(public_id: str) -> str:
    """One notice."""
    actor = current_actor()
    found = queries.get_notice(actor, public_id, g.received_at)
    return render_template("rounds/notice.html", notice=found, mine=bool(rules.can_withdraw(actor, found)))


@blueprint.route("/notices/new", methods=["GET", "POST"])
@access(roles(Role.ROUND_ADMIN))
def new_notice() -> BaseResponse:
    """Publish a notice."""
    form = NoticeForm()
    if form.validate_on_submit():
        try:
            made = operations.publish_notice(
                actor=current_actor(),
                now=g.received_at,
                title=form.title.data,
                body=form.body.data,
                pinned=form.pinned.data,
            )
            return go(url_for("rounds.notice", public_id=made.public_id))
        except Invalid as error:
            _attach(form, error)
    return _form_page("rounds/notice_form.html", form, title="发布公告")


@blueprint.post("/notices/<public_id>/withdraw")
@access(roles(Role.ROUND_ADMIN))
def withdraw_notice(public_id: str) -> BaseResponse:
    """Take a notice down."""
    actor = current_actor()
    operations.withdraw_notice(
        actor=actor, now=g.received_at, notice=queries.get_notice(actor, public_id, g.received_at)
    )
    return go(url_for("rounds.notices"))


def _attach(form, error: Invalid) -> None:
    for name, sentences in error.problems.items():
        form[name].errors = [*form[name].errors, *sentences]


def _form_page(template: str, form, **context: object) -> Response:
    status = 422 if form.errors or any(field.errors for field in form) else 200
    name = template.replace("/", "/_", 1) if is_fragment() and template.endswith("window_form.html") else template
    response = make_response(render_template(name, form=form, **context), status)
    response.vary.add("HX-Request")
    return response
