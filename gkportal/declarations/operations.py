"""Verbs on the people of a declaration: add, remove, change what is applied for (S000-71…73, S001-38…40)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from peewee import IntegrityError

from gkportal import audit
from gkportal.core.actor import Actor
from gkportal.core.db import database, write_transaction
from gkportal.core.errors import Conflict, Invalid, NotFound
from gkportal.core.text import clean_text
from gkportal.declarations import eligibility, projection, queries, rules
from gkportal.declarations.dossiers import load_one
from gkportal.declarations.eligibility import Choice
from gkportal.declarations.first_values import initial_form
from gkportal.declarations.models import Application, Material
from gkportal.orgs.models import Organization
from gkportal.policy import Pack, Verdict, load_pack
from gkportal.review import operations as review
from gkportal.review.models import Case
from gkportal.roster import facts as roster_facts
from gkportal.roster import queries as roster
from gkportal.roster.queries import WorkerBundle
from gkportal.rounds.models import Round

REASON_MIN, REASON_MAX = 5, 500
ADD_MAX = 200


@dataclass(frozen=True, slots=True)
class Pick:
    """One person ticked in the picker; `reason` why somebody not eligible is added all the same."""

    worker_public_id: str
    choice: Choice
    reason: str = ""


@dataclass(slots=True)
class Added:
    """What `add_applicants` did: the case, who is in, and (name, sentence) of who is not."""

    case: Case | None
    added: list[Application] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)


def add_applicants(
    *, actor: Actor, now: datetime, unit: Organization, round_: Round, kind: str, picks: list[Pick]
) -> Added:
    """Add people to the unit's case of the round, opening the case with the first one.

    Raises Invalid naming everybody who lacks a reason (nobody is added then). Somebody who was added by another
    clerk meanwhile comes back in `refused`; the others are added.
    """
    if not picks:
        raise Invalid("还没有选择人员，请先勾选要添加的人员。")
    if len(picks) > ADD_MAX:
        raise Invalid(f"一次最多添加 {ADD_MAX} 人，现在选了 {len(picks)} 人，请分几次添加。")
    pack = load_pack(round_.pack_id)
    bundles = _bundles_of(actor, unit, picks)
    judged = _judge_all(pack, kind, round_.year, picks, bundles)
    result = Added(None)
    with write_transaction():
        result.case = queries.open_case_of(unit.id, round_.id, kind)
        for pick, bundle, verdict in judged:
            taken = _taken(round_.id, bundle)
            if taken:
                result.refused.append((bundle.worker.name, taken))
                continue
            if result.case is None:
                result.case = _open_case(actor, now, unit, round_, kind, pack)
            made = _add_one(actor, now, result.case, round_, unit, kind, pack, pick, bundle, verdict)
            if isinstance(made, Application):
                result.added.append(made)
            else:
                result.refused.append((bundle.worker.name, made))
        if result.added:
            projection.project(result.case.id, now)
    return result


def _bundles_of(actor: Actor, unit: Organization, picks: list[Pick]) -> dict[str, WorkerBundle]:
    wanted = {pick.worker_public_id for pick in picks}
    worker_model = roster.Worker
    visible = roster.visible_to(actor).where(worker_model.public_id.in_(wanted) & (worker_model.unit == unit.id))
    found = {worker.public_id: worker.id for worker in visible}
    if wanted - set(found):
        raise NotFound("所选人员中有人已不在本单位名册中，请刷新后重新选择。")
    bundles = roster.bundles(found.values())
    return {public_id: bundles[worker_id] for public_id, worker_id in found.items()}


def _judge_all(
    pack: Pack, kind: str, year: int, picks: list[Pick], bundles: dict[str, WorkerBundle]
) -> list[tuple[Pick, WorkerBundle, Verdict]]:
    problems: dict[str, list[str]] = {}
    judged = []
    for pick in picks:
        bundle = bundles[pick.worker_public_id]
        verdict = eligibility.judge(pack, roster_facts.facts_of(bundle), kind, pick.choice, year)
        sentence = _reason_problem(pack, verdict, pick.reason, bundle.worker.name) or _trade_problem(pick, bundle)
        if sentence:
            problems[pick.worker_public_id] = [sentence]
        judged.append((pick, bundle, verdict))
    if problems:
        raise Invalid("有人员暂时不能添加：" + "".join(items[0] for items in problems.values()), problems)
    return judged


def _reason_problem(pack: Pack, verdict: Verdict, reason: str, name: str) -> str:
    if verdict.outcome != "not_met":
        return ""
    if not (pack.allow_override and verdict.allow_override):
        return f"{name}：{verdict.title}，{verdict.summary}，不能在本事项申报。"
    if len(clean_text(reason, REASON_MAX)) < REASON_MIN:
        return f"{name}不符合条件，仍要添加的请写明理由（不少于 {REASON_MIN} 个字）。"
    return ""


def _trade_problem(pick: Pick, bundle: WorkerBundle) -> str:
    return "" if pick.choice.trade_code else f"{bundle.worker.name}：名册中的工种不在工种目录中，请选择申报工种。"


def _taken(round_id: int, bundle: WorkerBundle) -> str:
    row = queries.live_applications(round_id, [bundle.worker.id]).get(bundle.worker.id)
    return f"已在办件 {row.case.number} 中申报，同一批次每人只能申报一次。" if row else ""


def _open_case(actor: Actor, now: datetime, unit: Organization, round_: Round, kind: str, pack: Pack) -> Case:
    return review.open_case(
        actor=actor, now=now, kind=queries.CASE_PREFIX + kind, title=pack.kind(kind).label, round=round_,
        pack_id=round_.pack_id, unit=unit,
    )  # fmt: skip


def _add_one(
    actor: Actor, now: datetime, case: Case, round_: Round, unit: Organization, kind: str, pack: Pack, pick: Pick,
    bundle: WorkerBundle, verdict: Verdict,
) -> Application | str:  # fmt: skip
    choice, reason = pick.choice, clean_text(pick.reason, REASON_MAX) if verdict.outcome == "not_met" else ""
    source = roster_facts.form_source(bundle, unit, pack)
    try:
        with database.atomic():
            made = Application.create(
                case=case, round=round_, unit=unit, worker=bundle.worker, worker_name=bundle.worker.name, kind=kind,
                grade=choice.grade, trade_code=choice.trade_code, mode=choice.mode, flag=choice.flag,
                form=initial_form(pack.form(kind), source), eligibility=eligibility.stored(verdict),
                override_reason=reason, override_by_name=actor.name if reason else "", created_by_id=actor.user_id,
                created_at=now, updated_at=now,
            )  # fmt: skip
    except IntegrityError:
        return "刚刚被其他经办人添加，同一批次每人只能申报一次。"
    audit.record(
        actor=actor, now=now, verb="application.added", subject=("application", made.id), case_id=case.id,
        worker_id=bundle.worker.id,
        detail={"name": bundle.worker.name, "grade": choice.grade, "mode": choice.mode, "flag": choice.flag,
                "trade": choice.trade_code, "eligibility": verdict.title, "reason": reason},
    )  # fmt: skip
    return made


def remove_applicant(*, actor: Actor, now: datetime, application: Application) -> None:
    """Take somebody out of the case, with form, prints and uploads (S000-73). Raises Refused, Conflict."""
    with write_transaction():
        current = Application.get_or_none(Application.id == application.id)
        if current is None:
            raise Conflict(f"{application.worker_name}已被其他人删除。")
        rules.can_remove(actor, current).demand()
        Material.delete().where(Material.application == current.id).execute()
        current.delete_instance()
        audit.record(
            actor=actor, now=now, verb="application.removed", subject=("application", current.id),
            case_id=current.case_id, worker_id=current.worker_id, detail={"name": current.worker_name},
        )  # fmt: skip
        projection.project(current.case_id, now)


def remove_applicants(*, actor: Actor, now: datetime, applications: list[Application]) -> list[tuple[str, str]]:
    """Take several people out; returns (name, sentence) of those who stay (peers.md W11)."""
    kept = []
    with write_transaction():
        for application in applications:
            answer = rules.can_remove(actor, application)
            if answer:
                remove_applicant(actor=actor, now=now, application=application)
            else:
                kept.append((application.worker_name, answer.reason))
    return kept


def change_application(
    *, actor: Actor, now: datetime, application: Application, choice: Choice, reason: str | None = None
) -> Application:
    """Change grade, mode, flag or trade of a draft and judge it again. Raises Refused, Invalid, Conflict.

    A choice that the rules do not meet is kept as a draft; without a stated reason it cannot be submitted.
    """
    dossier = load_one(application)
    pack, kind = dossier.pack, application.kind
    if choice.grade not in pack.kind(kind).grades:
        raise Invalid(
            "申报等级不属于本事项。", {"grade": [f"{pack.grade_label(choice.grade)}不在本事项中，请重新选择。"]}
        )
    if choice.mode not in {item.key for item in pack.modes_for(kind, choice.grade)}:
        text = f"{pack.mode_label(choice.mode)}不适用于{pack.grade_label(choice.grade)}，请重新选择。"
        raise Invalid(text, {"mode": [text]})
    trade = pack.resolve_trade(choice.trade_code)
    if trade is None:
        text = f"“{choice.trade_code}”不在工种目录中，请选归并后的新工种名称。"
        raise Invalid(text, {"trade": [text]})
    choice = replace(choice, trade_code=trade)
    verdict = eligibility.judge(pack, dossier.facts, kind, choice, dossier.year)
    values: dict[str, Any] = {
        "grade": choice.grade, "mode": choice.mode, "flag": choice.flag, "trade_code": choice.trade_code,
        "eligibility": eligibility.stored(verdict),
    }  # fmt: skip
    if reason is not None:
        values["override_reason"] = clean_text(reason, REASON_MAX)
        values["override_by_name"] = actor.name if values["override_reason"] else ""
    return _store_change(actor, now, application, pack, values)


def _store_change(
    actor: Actor, now: datetime, application: Application, pack: Pack, values: dict[str, Any]
) -> Application:
    names = ("grade", "mode", "flag", "trade_code", "override_reason")
    with write_transaction():
        current = Application.get_or_none(Application.id == application.id)
        if current is None:
            raise Conflict(f"{application.worker_name}已被其他人从办件中删除。")
        changes = {
            name: [getattr(current, name), values[name]]
            for name in names
            if name in values and getattr(current, name) != values[name]
        }
        if set(changes) - {"override_reason"}:
            rules.can_change(actor, current).demand()
        elif changes:
            rules.can_edit(actor, current).demand()
        Application.update(
            **values, updated_at=now, form_version=Application.form_version + bool(changes),
        ).where(Application.id == current.id).execute()  # fmt: skip
        if changes:
            projection.project(current.case_id, now)
            audit.record(
                actor=actor, now=now, verb="application.changed", subject=("application", current.id),
                case_id=current.case_id, worker_id=current.worker_id,
                detail={"name": current.worker_name, "changes": changes},
            )  # fmt: skip
    for name, value in values.items():
        setattr(application, name, value)
    application.form_version = current.form_version + bool(changes)
    return application
