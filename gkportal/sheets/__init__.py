"""Sheets. Knows no feature."""

from gkportal.sheets.export import Column, Written, choose_columns, write_table

__all__ = ["Column", "Written", "choose_columns", "write_table"]
