"""The floor: the least that Flask, waitress and peewee can do for a page, a write or an upload."""
