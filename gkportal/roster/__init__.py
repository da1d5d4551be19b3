"""The roster of 工勤人员: people, their subsets, search, and what the policy engine needs to know of them."""
