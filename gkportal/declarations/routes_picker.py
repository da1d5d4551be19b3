"""添加申报人员: the dialog over the unit's roster, and adding the ticked people."""

from __future__ import annotations

from flask import Response, flash, g, make_response, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from gkportal.auth.sessions import current_actor
from gkportal.core.access import access
from gkportal.core.actor import Actor
from gkportal.core.errors import Invalid
from gkportal.core.htmx import done, events, go, is_fragment
from gkportal.declarations import operations, picker, queries, rules
from gkportal.declarations.operations import Added
from gkportal.declarations.routes import blueprint
from gkportal.declarations.routes_case import CLERKS, checked_kind, unit_of
from gkportal.orgs.models import Organization
from gkportal.policy import Pack, load_pack
from gkportal.rounds import queries as rounds
from gkportal.rounds.models import Round

_KINDS_OF = {"level": "等级工岗位考核", "technician": "技师考评", "senior_technician": "高级技师考评"}


def _place(actor: Actor, kind: str) -> tuple[Organization, Round, Pack]:
    """Unit, round and pack to add to. Raises Refused with the reason."""
    unit = unit_of(actor)
    round_ = rounds.current_round(unit.path)
    case = queries.open_case_of(unit.id, round_.id, kind) if round_ else None
    window = rounds.windows_of(round_.id).get(kind) if round_ else None
    late = rounds.exception_until(case.id, g.received_at) if case else None
    rules.can_add(actor, unit, round_, window, g.received_at, late).demand()
    return unit, round_, load_pack(round_.pack_id)


@blueprint.get("/declarations/case/<public_id>/picker")
@access(CLERKS)
def case_picker(public_id: str) -> BaseResponse:
    """The dialog of a case: the same as the one of its kind."""
    case = queries.get_case(current_actor(), public_id)
    return go(url_for("declarations.pick_people", kind=queries.kind_of(case)))


@blueprint.route("/declarations/<kind>/picker", methods=["GET", "POST"])
@access(CLERKS)
def pick_people(kind: str) -> BaseResponse:
    """The dialog. POST carries filters, ticks and choices; `do=add` adds the ticked people."""
    actor = current_actor()
    unit, round_, pack = _place(actor, checked_kind(kind))
    posted = request.form if request.method == "POST" else MultiDict()
    if posted.get("do") == "reset":
        posted = MultiDict([item for item in posted.items(multi=True) if item[0] not in _FILTER_NAMES])
    state = picker.read_state(posted, kind, pack)
    if posted.get("do") == "add":
        return _add(actor, unit, round_, kind, pack, state)
    return _render(unit, round_, kind, picker.build(unit, round_, kind, pack, state))


_FILTER_NAMES = ("name", "id_number", "trade_code", "held", "apply_grade", "apply_mode", "outcome")


def _add(actor: Actor, unit: Organization, round_: Round, kind: str, pack: Pack, state: picker.State) -> BaseResponse:
    view = picker.build(unit, round_, kind, pack, state)
    if view.lost and not view.picked:
        return _partly(unit, round_, kind, pack, state, Added(None, refused=view.lost))
    try:
        result = operations.add_applicants(
            actor=actor, now=g.received_at, unit=unit, round_=round_, kind=kind, picks=picker.picks(view)
        )
    except Invalid as error:
        view = picker.build(unit, round_, kind, pack, state, problems=error.problems)
        return _render(unit, round_, kind, view, status=422, message=error.message)
    result.refused += view.lost
    if result.refused:
        return _partly(unit, round_, kind, pack, state, result)
    return _added(result)


def _added(result: Added) -> BaseResponse:
    sentence = f"已添加 {len(result.added)} 人，请逐人补全信息。"
    if is_fragment():
        return events(done(applicants_changed=True), gk_message={"text": sentence, "tone": "ok"})
    flash(sentence, "ok")
    return go(url_for("declarations.case", public_id=result.case.public_id))


def _partly(
    unit: Organization, round_: Round, kind: str, pack: Pack, state: picker.State, result: Added
) -> BaseResponse:
    """Somebody was faster with some of the people: say who, and show the list as it is now."""
    parts = [f"已添加 {len(result.added)} 人。"] if result.added else []
    parts += [f"{name}没有添加：{reason}" for name, reason in result.refused]
    state.picked = []
    view = picker.build(unit, round_, kind, pack, state)
    response = _render(unit, round_, kind, view, status=409, message="".join(parts))
    return events(response, applicants_changed=True) if result.added else response


def _render(
    unit: Organization, round_: Round, kind: str, view: picker.View, *, status: int = 200, message: str = ""
) -> Response:
    pack = load_pack(round_.pack_id)
    template = "declarations/_picker.html" if is_fragment() else "declarations/picker.html"
    html = render_template(
        template, view=view, kind=kind, unit=unit, round=round_, pack=pack, message=message, sizes=picker.SIZES,
        outcomes=picker.OUTCOMES, kind_names=_KINDS_OF, kind_grades=pack.kind(kind).grades,
        kind_modes=[(mode.key, pack.mode_label(mode.key)) for mode in pack.kind(kind).modes],
    )  # fmt: skip
    response = make_response(html, status)
    response.vary.add("HX-Request")
    return response
