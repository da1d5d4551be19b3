"""States, decisions and verdicts of review, with the words shown for them."""

from __future__ import annotations

DECISIONS = {"pass": "审核通过", "return": "退回修改", "reject": "审核不通过"}
DECISION_TONES = {"pass": "ok", "return": "warn", "reject": "bad"}
RETURN_TO = {"unit": "用人单位", "previous": "上一审核环节"}
VERDICTS = {"ok": "通过", "fix": "需修改", "na": "不适用"}

#: case state → (words, tone of the tag, icon); in_review shows the holder label instead of the words.
CASE_STATES = {
    "draft": ("暂存", "", "pencil"),
    "in_review": ("审核中", "doing", "hourglass-split"),
    "returned": ("退回修改", "warn", "arrow-return-left"),
    "done": ("已办结", "ok", "check-lg"),
    "withdrawn": ("已撤回", "", "arrow-counterclockwise"),
    "closed": ("逾期关闭", "bad", "x-lg"),
}
FINISHED_STATES = ("done", "closed")

MAX_OPINION = 500
MAX_REMARK = 500
MAX_PHRASE = 100
MAX_PHRASES = 30
MAX_BULK = 500
