"""Forms of rounds and notices."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import BooleanField, DateTimeLocalField, HiddenField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange

_PICK = "请从列表中选择一项，可能列表刚刚变动过。"
_LOCAL = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"]


class InstantInput(DateTimeLocalField):
    """A local date and time; what cannot be read is explained in Chinese."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the posted text. Raises ValueError with the sentence."""
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(
                f"{self.label.text}“{valuelist[0][:30]}”不是有效时间，请写成 2024-04-15 23:59 这样。"
            ) from None
        stored = self.object_data
        if stored is not None and self.data == stored.replace(second=0, microsecond=0):
            self.data = stored  # the page shows minutes: saving it untouched must not cut 23:59:59 down to 23:59:00


class YearInput(IntegerField):
    """A year."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the posted text. Raises ValueError with the sentence."""
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError("年度应为 4 位年份，如 2024。") from None


def _instant(label: str, hint: str = "") -> InstantInput:
    return InstantInput(
        label, format=_LOCAL, validators=[InputRequired(f"请填写{label}，如 2024-04-15 23:59。")], description=hint
    )


class WindowForm(FlaskForm):
    """申报时间 of one kind."""

    version = HiddenField()
    opens_at = _instant("申报开始")
    closes_at = _instant("申报截止", "到这一刻自动关闭；以服务器收完整个请求的时刻为准。")
    correct_until = _instant("补正截止", "只对被退回的人员开放，不早于申报截止。")


class RoundForm(FlaskForm):
    """A new round from a policy pack; windows come from the pack and can be changed afterwards."""

    year = YearInput(
        "年度",
        validators=[InputRequired("请填写年度，如 2024。"), NumberRange(2000, 2100, "年度应为 4 位年份，如 2024。")],
    )
    title = StringField(
        "批次名称", validators=[InputRequired("请填写批次名称。"), Length(max=60, message="批次名称不超过 60 个字。")]
    )
    pack_id = SelectField("政策包", validators=[InputRequired("请选择政策包。")], invalid_choice_message=_PICK)


class NoticeForm(FlaskForm):
    """通知公告."""

    title = StringField(
        "标题", validators=[InputRequired("请填写公告标题。"), Length(max=80, message="标题不超过 80 个字。")]
    )
    body = TextAreaField(
        "正文", validators=[InputRequired("请填写公告正文。"), Length(max=10_000, message="正文不超过 10000 字。")]
    )
    pinned = BooleanField("置顶")
