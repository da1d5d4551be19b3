"""Measures the product beside floors: bare applications on the same stack that do only the work in question.

`make bench` runs it; docs/performance.md tells how to read it. Nothing here is imported by the product.
"""
