"""Accounts: people, roles per organisation, server-side sessions, login protection."""
