"""Forms of organisations: every limit here is also in docs/security.md."""

from __future__ import annotations

import re
import unicodedata

from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectField, StringField
from wtforms.validators import InputRequired, Length, ValidationError

from gkportal.core.identity import check_uscc
from gkportal.core.text import clean_line
from gkportal.orgs.models import KINDS, LEVELS

_PHONE = re.compile(r"(1\d{10}|0\d{2,3}-?\d{4,8}(-\d{1,6})?|\d{4}-\d{4}(-\d{1,6})?)")
_PICK = "请从列表中选择一项，可能列表刚刚变动过。"
AFFILIATIONS = ("", "机关", "参公单位", "全额拨款事业单位", "差额拨款事业单位", "自收自支事业单位", "其他")


def _line(value: str | None) -> str:
    return clean_line(value, 1_000)


def _code(value: str | None) -> str:
    return re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", value or "")).upper()[:40]


def _halfwidth(value: str | None) -> str:
    text = unicodedata.normalize("NFKC", clean_line(value, 60)).replace("—", "-").replace("－", "-")
    return text.replace(" ", "")


def check_phone(form: FlaskForm, field: StringField) -> None:
    """A mobile number, or a landline with area code."""
    if field.data and not _PHONE.fullmatch(field.data):
        raise ValidationError(f"电话“{field.data}”不像有效号码，请写 11 位手机号，或带区号的座机，如 0519-85680000。")


class ContactForm(FlaskForm):
    """单位信息: what a unit changes itself."""

    version = HiddenField()
    contact_name = StringField("联系人", filters=[_line], validators=[Length(max=50, message="联系人不超过 50 个字。")])
    phone = StringField(
        "联系电话", filters=[_halfwidth], validators=[check_phone], description="手机号，或带区号的座机。"
    )
    address = StringField(
        "通讯地址", filters=[_line], validators=[Length(max=120, message="通讯地址不超过 120 个字。")]
    )


class OrganizationForm(FlaskForm):
    """机构管理: everything about an organisation."""

    version = HiddenField()
    name = StringField(
        "机构名称", filters=[_line],
        validators=[InputRequired("请填写机构名称，与印章一致。"), Length(max=60, message="机构名称不超过 60 个字。")],
        description="与单位印章一致的全称。",
    )  # fmt: skip
    short_name = StringField("简称", filters=[_line], validators=[Length(max=30, message="简称不超过 30 个字。")])
    kind = SelectField("机构类型", choices=KINDS, invalid_choice_message=_PICK)
    level = SelectField("层级", choices=LEVELS, invalid_choice_message=_PICK)
    parent = SelectField(
        "上级机构（主管部门）", invalid_choice_message=_PICK,
        description="用人单位的上级是主管部门，没有主管部门的直接放在工考办下面。",
    )  # fmt: skip
    affiliation = SelectField(
        "组织类别", choices={item: item or "不区分" for item in AFFILIATIONS}, invalid_choice_message=_PICK
    )
    uscc = StringField("统一社会信用代码", filters=[_code], description="18 位，见法人证书；暂时没有可以空着。")
    region_name = StringField(
        "所在地区", filters=[_line], validators=[Length(max=30, message="所在地区不超过 30 个字。")]
    )
    contact_name = StringField("联系人", filters=[_line], validators=[Length(max=50, message="联系人不超过 50 个字。")])
    phone = StringField("联系电话", filters=[_halfwidth], validators=[check_phone])
    address = StringField(
        "通讯地址", filters=[_line], validators=[Length(max=120, message="通讯地址不超过 120 个字。")]
    )

    def validate_uscc(self, field: StringField) -> None:
        """GB 32100 (S000-56)."""
        if field.data:
            try:
                check_uscc(field.data)
            except ValueError as error:
                raise ValidationError(str(error)) from error
