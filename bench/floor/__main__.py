"""Serve the floor: `python -m bench.floor DATABASE UPLOADS PORT`."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from waitress import serve

from bench.floor.app import create_app

#: performance.md measured its floors with 8 threads.
THREADS = 8

if __name__ == "__main__":
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    app = create_app(Path(sys.argv[1]), Path(sys.argv[2]))
    serve(app, listen=f"127.0.0.1:{sys.argv[3]}", threads=THREADS, ident=None)
