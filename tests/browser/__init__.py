"""Journeys of clerks and reviewers in headless Chromium, against the real server on a small city.

`python -m tests.browser.pictures FOLDER` writes a picture of every page of the demo office.
"""
