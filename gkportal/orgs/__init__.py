"""Organisations: 用人单位, 主管部门, 工考办 and the tree they form."""
