"""First administrators and forgotten passwords, from the server's console."""

from __future__ import annotations

import click

from gkportal import config, create_app
from gkportal.core import clock
from gkportal.core.actor import ROLE_LABELS, Role, system_actor


@click.command()
@click.argument("username")
@click.argument("display_name")
@click.option(
    "--role", type=click.Choice([str(role) for role in Role]), default=str(Role.SECURITY_ADMIN), show_default=True
)
@click.option("--organization", "organization_name", default="", help="Full name; default: the office at the root.")
def admin(username: str, display_name: str, role: str, organization_name: str) -> None:
    """Create an account with one role and print its one-time password."""
    from gkportal.auth import operations
    from gkportal.orgs.models import Organization

    app = create_app(config.from_environment())
    with app.app_context():
        query = Organization.select().where(
            Organization.name == organization_name if organization_name else Organization.parent.is_null()
        )
        organization = query.first()
        if organization is None:
            raise RuntimeError("no such organisation; run `python app.py init --office NAME` first")
        made = operations.create_account(
            actor=system_actor("命令行"), now=clock.now(), organization=organization, username=username,
            display_name=display_name, phone="", roles=[Role(role)],
        )  # fmt: skip
    click.echo(f"{made.user.username}  {display_name}  {ROLE_LABELS[Role(role)]}  one-time password: {made.password}")


@click.command()
@click.argument("username")
def password(username: str) -> None:
    """Give an account a new one-time password and end its sessions."""
    from gkportal.auth import operations
    from gkportal.auth.models import User

    app = create_app(config.from_environment())
    with app.app_context():
        user = User.get_or_none(User.username == username)
        if user is None:
            raise RuntimeError(f"no account named {username}")
        new = operations.reset_password(actor=system_actor("命令行"), now=clock.now(), user=user)
    click.echo(f"{username}  one-time password: {new}")
