"""gkportal: `create_app` for servers, and the command line (`python app.py --help`)."""

from gkportal import create_app
from gkportal.cli import main

__all__ = ["create_app"]

if __name__ == "__main__":
    main()
