"""Forms of signing in and of accounts: every limit here is also in docs/security.md."""

from __future__ import annotations

import re
import unicodedata

import wtforms
from flask_wtf import FlaskForm
from wtforms import DateField, HiddenField, PasswordField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional, Regexp, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from gkportal.core.text import clean_line, clean_name

_PHONE = re.compile(r"1\d{10}|0\d{2,3}-?\d{7,8}(-\d{1,6})?|\d{4}-\d{4}(-\d{1,6})?")
_PICK = "请从列表中选择一项，可能列表刚刚变动过。"
USERNAME = re.compile(r"[a-z][a-z0-9._-]{2,31}")


def _lower(value: str | None) -> str:
    return unicodedata.normalize("NFKC", clean_line(value, 100)).lower()


def _phone(value: str | None) -> str:
    return unicodedata.normalize("NFKC", clean_line(value, 40)).replace(" ", "")


def check_phone(form: FlaskForm, field: StringField) -> None:
    """A mobile number, or a landline with area code."""
    if field.data and not _PHONE.fullmatch(field.data):
        raise ValidationError(f"电话现有 {len(field.data)} 个字符，不像有效号码；请写 11 位手机号，或带区号的座机。")


class LoginForm(FlaskForm):
    """用户名, 密码 (S000-07)."""

    username = StringField("用户名", filters=[_lower], validators=[InputRequired("请填写用户名。")])
    password = PasswordField("密码", validators=[InputRequired("请填写密码。")])


class NewPasswordForm(FlaskForm):
    """A new password, with the old one (ASVS 6.2.2, 6.2.3)."""

    old_password = PasswordField("原密码", validators=[InputRequired("请填写原密码。")])
    new_password = PasswordField("新密码", validators=[InputRequired("请填写新密码。")])
    repeat = PasswordField("再输一次新密码", validators=[InputRequired("请把新密码再输一次。")])

    def validate_repeat(self, field: PasswordField) -> None:
        """Both must be the same."""
        if field.data != self.new_password.data:
            raise ValidationError("两次输入的新密码不一样，请重新输入。")


def _name_field() -> StringField:
    return StringField(
        "姓名",
        filters=[clean_name],
        validators=[InputRequired("请填写姓名。"), Length(min=2, message="姓名至少 2 个字。")],
    )


def _phone_field() -> StringField:
    return StringField("联系电话", filters=[_phone], validators=[check_phone], description="手机号，或带区号的座机。")


class OwnForm(FlaskForm):
    """账号设置: own name and telephone."""

    version = HiddenField()
    display_name = _name_field()
    phone = _phone_field()


class SelectMultipleField(wtforms.SelectMultipleField):
    """Several choices as boxes; the field macro goes by the class's name."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


def _roles_field() -> SelectMultipleField:
    return SelectMultipleField("角色", validators=[InputRequired("请至少选择一个角色。")], invalid_choice_message=_PICK)


class AccountForm(FlaskForm):
    """经办人管理: name, telephone, roles."""

    version = HiddenField()
    display_name = _name_field()
    phone = _phone_field()
    roles = _roles_field()


class NewAccountForm(FlaskForm):
    """A new account also needs a user name and its organisation."""

    organization = SelectField("所在单位", invalid_choice_message=_PICK)
    username = StringField(
        "用户名", filters=[_lower],
        validators=[InputRequired("请填写用户名。"), Regexp(USERNAME.pattern + r"\Z", message="用户名为 3–32 位，以字母开头，只用小写字母、数字和 . _ -，例如 muzhiqiu。")],
        description="登录时用，定下后不能改；3–32 位小写字母、数字或 . _ -。不要用身份证号、手机号。",
    )  # fmt: skip
    display_name = _name_field()
    phone = _phone_field()
    roles = _roles_field()

    def validate_username(self, field: StringField) -> None:
        """Numbers of people are personal data and guessable."""
        if re.search(r"\d{8,}", field.data or ""):
            raise ValidationError("用户名里不要用身份证号或手机号，请换成姓名拼音等。")


class GrantForm(FlaskForm):
    """安全管理员: a role in an organisation, optionally until a day."""

    organization = SelectField("单位", invalid_choice_message=_PICK)
    role = SelectField("角色", invalid_choice_message=_PICK)
    ends_on = DateField("到期日", validators=[Optional()], description="可空；到期当天仍有效，次日自动失效。")
