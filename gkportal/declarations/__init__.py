"""等级申报: applicants, the 审批表, materials, submission and what becomes of it."""
