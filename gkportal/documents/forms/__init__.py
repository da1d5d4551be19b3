"""The values each document is filled with. One module per form; strings only, already worded for print."""
