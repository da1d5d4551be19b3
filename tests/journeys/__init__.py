"""Whole journeys in headless Chromium against the real server."""
