"""The command line. Commands are thin: they check, call an operation, and print what happened."""

from __future__ import annotations

import os
import sys

import click
import peewee

from gkportal.cli import accounts, backup, packs, server, upkeep


@click.group(help="gkportal — 机关事业单位工勤技能岗位等级考评")
def cli() -> None:
    """All commands."""


for command in (
    upkeep.init, upkeep.demo, server.serve, server.worker, upkeep.migrate, upkeep.check, backup.backup, backup.restore,
    accounts.admin, accounts.password, packs.packs,
):  # fmt: skip
    cli.add_command(command)


def main() -> None:
    """Run a command; expected failures print one line and exit with 1."""
    from gkportal.config import BadSetting
    from gkportal.core.errors import GkError

    os.umask(0o077)  # database, files, backups: for this account only
    try:
        cli(standalone_mode=True)
    except GkError as error:
        _fail(error.message)
    except (BadSetting, RuntimeError) as error:
        _fail(str(error))
    except peewee.DatabaseError as error:
        _fail(f"the database cannot be used ({error}): check the disk and GKPORTAL_INSTANCE_DIR, or restore a backup")
    except OSError as error:
        _fail(str(error))


def _fail(sentence: str) -> None:
    click.echo(f"error: {sentence}", err=True)
    sys.exit(1)
