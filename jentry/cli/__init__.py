"""The command line: `jentry serve`, and everything an operator needs a shell for."""

import click

from jentry import __version__
from jentry.cli import checks, config, keys, migrate, orgs, tokens, users
from jentry.cli.base import Commands, Target, database_option

LATER = {
    "_child": "jentry.cli.child:child",
    "backup": "jentry.cli.backup:backup",
    "bench": "jentry.cli.bench:bench",
    "channel": "jentry.cli.alerts:channel",
    "delivery": "jentry.cli.alerts:delivery",
    "deploy": "jentry.cli.deploy:deploy",
    "erase": "jentry.cli.erase:erase",
    "export": "jentry.cli.transfer:export",
    "gate": "jentry.cli.gate:gate",
    "import": "jentry.cli.transfer:import_",
    "issue": "jentry.cli.issues:issue",
    "mail": "jentry.cli.alerts:mail",
    "mcp": "jentry.cli.mcp:mcp",
    "move": "jentry.cli.move:move",
    "notify": "jentry.cli.alerts:notify",
    "openapi": "jentry.cli.openapi:openapi",
    "project": "jentry.cli.projects:project",
    "prune": "jentry.cli.prune:prune",
    "regroup": "jentry.cli.regroup:regroup",
    "restore": "jentry.cli.restore:restore",
    "rollback": "jentry.cli.rollback:rollback",
    "rule": "jentry.cli.alerts:rule",
    "search": "jentry.cli.search:search",
    "serve": "jentry.cli.serve:serve",
    "sourcemaps": "jentry.cli.sourcemaps:sourcemaps",
    "upkeep": "jentry.cli.upkeep:upkeep",
    "view": "jentry.cli.views:view",
}


@click.group(cls=Commands, later=LATER, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="jentry %(version)s")
@database_option
def main(target: Target) -> None:
    """jentry: a self-hosted error tracker. One process, one SQLite file.

    `serve`, `migrate`, `org create` and `restore` make the database when it is missing; only
    `serve` and `migrate` change one that an older jentry has written. Settings are JENTRY_*
    variables; `jentry config` shows them.
    """


main.add_command(migrate.migrate)
main.add_command(orgs.org)
main.add_command(users.user)
main.add_command(keys.key)
main.add_command(tokens.token)
main.add_command(config.config)
main.add_command(checks.check)
