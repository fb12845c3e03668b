"""The command line: `jentry serve`, and everything an operator needs a shell for."""

import click

from jentry import __version__
from jentry.cli.base import Commands, Target, database_option

COMMANDS = {
    "_child": "jentry.cli.child:child",
    "backup": "jentry.cli.backup:backup",
    "bench": "jentry.cli.bench:bench",
    "channel": "jentry.cli.alerts:channel",
    "check": "jentry.cli.checks:check",
    "config": "jentry.cli.config:config",
    "delivery": "jentry.cli.alerts:delivery",
    "deploy": "jentry.cli.deploy:deploy",
    "erase": "jentry.cli.erase:erase",
    "export": "jentry.cli.transfer:export",
    "gate": "jentry.cli.gate:gate",
    "import": "jentry.cli.transfer:import_",
    "issue": "jentry.cli.issues:issue",
    "key": "jentry.cli.keys:key",
    "mail": "jentry.cli.alerts:mail",
    "mcp": "jentry.cli.mcp:mcp",
    "migrate": "jentry.cli.migrate:migrate",
    "move": "jentry.cli.move:move",
    "notify": "jentry.cli.alerts:notify",
    "openapi": "jentry.cli.openapi:openapi",
    "org": "jentry.cli.orgs:org",
    "project": "jentry.cli.projects:project",
    "prune": "jentry.cli.prune:prune",
    "regroup": "jentry.cli.regroup:regroup",
    "restore": "jentry.cli.restore:restore",
    "rollback": "jentry.cli.rollback:rollback",
    "rule": "jentry.cli.alerts:rule",
    "search": "jentry.cli.search:search",
    "serve": "jentry.cli.serve:serve",
    "sourcemaps": "jentry.cli.sourcemaps:sourcemaps",
    "token": "jentry.cli.tokens:token",
    "upkeep": "jentry.cli.upkeep:upkeep",
    "user": "jentry.cli.users:user",
    "view": "jentry.cli.views:view",
}


@click.group(cls=Commands, later=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="jentry %(version)s")
@database_option
def main(target: Target) -> None:
    """jentry: a self-hosted error tracker. One process, one SQLite file.

    `serve`, `migrate`, `org create` and `restore` make the database when it is missing; only
    `serve` and `migrate` change one that an older jentry has written. Settings are JENTRY_*
    variables; `jentry config` shows them.
    """
