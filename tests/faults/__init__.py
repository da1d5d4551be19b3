"""Faults: the real server is killed, starved, locked out and lied to; what was answered as saved stays (security.md §2)."""
