"""What 我的办件 shows of a declaration case."""

from __future__ import annotations

from collections.abc import Sequence

from flask import url_for

from gkportal.core import clock
from gkportal.core.actor import Actor, Role
from gkportal.core.answer import YES, Answer, no
from gkportal.declarations import states
from gkportal.declarations.models import Application
from gkportal.policy import available_packs, load_pack
from gkportal.review.handlers import CaseHandler, CasePerson, Stage
from gkportal.review.models import Case, ReviewTask

_TONES = {"in_review": "doing", "returned": "warn", "approved": "ok", "rejected": "bad", "closed": "bad"}


class DeclarationCaseHandler(CaseHandler):
    """Declarations as cases."""

    def open_url(self, case: Case) -> str:
        """The case page."""
        return url_for("declarations.case", public_id=case.public_id)

    def edit_answer(self, actor: Actor, case: Case) -> Answer:
        """修改 only while somebody in the case is in 暂存, 退回修改 or 已撤回 (S000-95)."""
        return self.edit_answers(actor, [case])[case.id]

    def edit_answers(self, actor: Actor, cases: Sequence[Case]) -> dict[int, Answer]:
        """The answers for a page of cases, one query."""
        mine = [case.id for case in cases if case.unit_id == actor.org_id and actor.has(Role.CLERK)]
        rows = (
            Application.select(Application.case)
            .where(Application.case.in_(mine) & Application.state.in_(sorted(states.EDITABLE)))
            .distinct()
            .tuples()
        )
        open_cases = {row[0] for row in rows} if mine else set()
        return {case.id: self._answer(case, case.id in mine, case.id in open_cases) for case in cases}

    def _answer(self, case: Case, mine: bool, has_open: bool) -> Answer:
        if not mine:
            return no("只有本单位经办人可以修改。")
        if has_open or case.state == "draft":
            return YES
        return no("已提交，审核中或已办结的办件不能修改。")

    def stages(self, case: Case) -> list[Stage]:
        """单位提交, each review step, the end; a step is done when everybody has passed it."""
        people = list(Application.select().where(Application.case == case.id))
        routed = next((person for person in people if person.route), None)
        submitted = clock.format_minute(case.submitted_at) if case.submitted_at else ""
        back = any(person.state in states.EDITABLE for person in people)
        first = Stage("单位提交", "now" if back or not case.submitted_at else "done", submitted, case.pledge_by_name)
        if routed is None:
            return [first, Stage("审核", "next")]
        tasks = list(ReviewTask.select().where(ReviewTask.case == case.id).order_by(ReviewTask.id))
        stages = [first, *[self._stage(step, people, tasks) for step in routed.route]]
        ended = bool(people) and all(person.state in states.FINAL for person in people)
        return [*stages, Stage("培训考核", "now" if ended else "next", "", "审核通过后由工考办通知")]

    def _stage(self, step: dict, people: list[Application], tasks: list[ReviewTask]) -> Stage:
        index = step["index"]
        here = [person for person in people if person.state == states.IN_REVIEW and person.step_index == index]
        decided = [task for task in tasks if task.step_index == index and task.state == "done"]
        who = step["organization_name"]
        if here:
            since = min(task.arrived_at for task in tasks if task.step_index == index and task.state == "waiting")
            days = (clock.today() - clock.local(since).date()).days
            return Stage(step["label"], "now", f"已 {days} 天" if days else "今天到达", who)
        passed = [person for person in people if _is_past(person, index)]
        if passed and len(passed) == len(people):
            return Stage(step["label"], "done", clock.format_minute(decided[-1].decided_at) if decided else "", who)
        return Stage(step["label"], "next", "", who)

    def summary(self, case: Case) -> list[tuple[str, str]]:
        """Facts of 办件详情."""
        pack = load_pack(case.pack_id)
        facts = [
            ("年度批次", case.round.title if case.round else ""),
            ("申报规则", pack.title),
            ("隶属关系", pack.affiliation),
        ]
        if case.contact_name:
            facts.append(("经办人", case.contact_name))
        if case.pledge_at:
            facts.append(("承诺书", f"{case.pledge_by_name} {clock.format_minute(case.pledge_at)} 同意"))
        return facts

    def rows(self, case: Case) -> list[CasePerson]:
        """The people with state and 反馈信息."""
        pack = load_pack(case.pack_id)
        people = Application.select().where(Application.case == case.id).order_by(Application.id)
        return [
            CasePerson(
                person.worker_name, pack.trade_name(person.trade_code), pack.grade_label(person.grade),
                pack.mode_label(person.mode), states.label(person), _TONES.get(person.state, ""), person.feedback,
                url_for("declarations.check", public_id=person.public_id) if person.submission else "",
            )
            for person in people
        ]  # fmt: skip

    def kind_label(self, kind: str) -> str:
        """The title of the kind in any pack that knows it."""
        key = kind.removeprefix("declaration:")
        for pack_id in available_packs():
            found = load_pack(pack_id).find_kind(key)
            if found is not None:
                return found.label
        return key


def _is_past(person: Application, index: int) -> bool:
    if person.state == states.APPROVED:
        return True
    return person.state == states.IN_REVIEW and person.step_index is not None and person.step_index > index
