"""What the verbs of all packages are called in the audit log; a test checks that none is missing."""

from __future__ import annotations

from gkportal.auth.audit_log import name_verbs


def register() -> None:
    """Give the log its words."""
    name_verbs(
        application__added="添加申报人员",
        application__changed="更改申报工种、等级或方式",
        application__form_printed="打印审批表",
        application__form_saved="保存申报信息",
        application__removed="删除申报人员",
        application__resubmitted="补正后重新提交",
        application__submitted="提交申报",
        application__withdrawn="撤回申报",
        case__extended="批准个案延期",
        case__open="新建办件",
        case__pledge_declined="不同意承诺书",
        case__receipt="打印回执",
        material__confirmed="确认材料无误",
        material__removed="删除材料",
        material__replaced="替换材料",
        material__uploaded="上传材料",
        notice__published="发布公告",
        notice__withdrawn="撤下公告",
        org__root_created="建立工考办",
        review__pass="审核通过",  # noqa: S106 (a verb, not a password)
        review__reject="审核不通过",
        review__return="退回修改",
        round__closed="关闭年度批次",
        round__opened="新建年度批次",
        round__window_changed="调整申报时间",
        worker__id_revealed="查看公民身份号码",
    )
