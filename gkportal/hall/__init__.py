"""单位办事大厅: service items, windows, notices, what waits; and the navigation."""
