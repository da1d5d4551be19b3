"""Commands on policy packs."""

from __future__ import annotations

import sys

import click

from gkportal.policy import tools


@click.group()
def packs() -> None:
    """Check and describe policy packs."""


@packs.command()
def check() -> None:
    """Check every pack: names file, key and what is wrong; exit code 1 when something is."""
    sound, text = tools.check()
    click.echo(text)
    sys.exit(0 if sound else 1)


@packs.command()
def schema() -> None:
    """Print the JSON Schema of a pack."""
    click.echo(tools.schema())


@packs.command()
@click.argument("pack_id")
def show(pack_id: str) -> None:
    """Describe one pack in words, e.g. `packs show changzhou/2024`."""
    click.echo(tools.describe(pack_id))
