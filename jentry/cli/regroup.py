"""`jentry regroup`"""

from typing import Any

import click

from jentry.cli.base import Target, answer, database_option, json_option, operator, org_option
from jentry.cli.grouping import told
from jentry.fingerprints.preview import Bounds
from jentry.fingerprints.regrouping import preview
from jentry.presentation.regrouping import sentence
from jentry.schemas.fingerprint_rules import PREVIEW
from jentry.schemas.regroups import OUT
from jentry.store import operation_undo, operations, projects, regroups
from jentry.store.audit import Actor
from jentry.store.connection import Connection

DRY_RUN, STATUS, UNDO = "dry-run", "status", "undo"


@click.command()
@click.argument("project_slug", metavar="SLUG")
@org_option
@click.option("--dry-run", "how", flag_value=DRY_RUN, help="Say what it would do, and do nothing.")
@click.option("--status", "how", flag_value=STATUS, help="Say how far the latest one is.")
@click.option("--undo", "how", flag_value=UNDO, help="End the latest one, and lead events back.")
@json_option
@database_option
def regroup(
    target: Target, project_slug: str, org_slug: str, how: str | None, as_json: bool
) -> None:
    """Group a project's stored events again, as if they came now.

    After its fingerprint rules were changed, or an upgrade. The server does it by and by; nobody
    is alerted, and it can be undone for 30 days.
    """
    if how in (DRY_RUN, STATUS):
        with target.reading() as db:
            actor, project_id = _find(db, org_slug, project_slug)
            if how == DRY_RUN:
                found = preview(db, actor, project_id, Bounds(events=None))
                answer(as_json, PREVIEW.dump(found), *told(found))
            else:
                _tell(as_json, regroups.get(db, actor, project_id))
        return
    with target.writing() as (out, at):
        actor, project_id = _find(out, org_slug, project_slug)
        if how == UNDO:
            latest = regroups.get(out, actor, project_id)
            operation_undo.undo(out, actor, latest["operation_id"], at)
        else:
            operations.regroup(out, actor, project_id, at)
        _tell(as_json, regroups.get(out, actor, project_id))


def _find(db: Connection, org_slug: str, project_slug: str) -> tuple[Actor, int]:
    actor = operator(db, org_slug)
    return actor, projects.by_slug(db, actor, project_slug)["id"]


def _tell(as_json: bool, found: dict[str, Any]) -> None:
    answer(as_json, OUT.dump(found), sentence(found))
