"""The command line. Commands are thin: they check, call an operation, and print what happened."""

from __future__ import annotations

import sys

import click

from gkportal.cli import accounts, packs, server, upkeep


@click.group(help="gkportal — 机关事业单位工勤技能岗位等级考评")
def cli() -> None:
    """All commands."""


for command in (
    upkeep.init, upkeep.demo, server.serve, server.worker, upkeep.migrate, upkeep.check, upkeep.backup, upkeep.restore,
    accounts.admin, accounts.password, packs.packs,
):  # fmt: skip
    cli.add_command(command)


def main() -> None:
    """Run a command; expected failures print one line and exit with 1."""
    from gkportal.config import BadSetting
    from gkportal.core.errors import GkError

    try:
        cli(standalone_mode=True)
    except (BadSetting, RuntimeError) as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(1)
    except GkError as error:
        click.echo(f"error: {error.message}", err=True)
        sys.exit(1)
