"""GlitchTip: Sentry's API, but for some addresses, and rules of its own."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from jentry.importers import sentry_rules, source
from jentry.importers.sentry import NEVER, Sentry
from jentry.importers.source import CHANGED, NO, FoundIssue, Item, Line, Project

KEPT = ("attachments", "integrations", "source maps", "history")


class GlitchTip(Sentry):
    limit = "limit"
    never = (
        ("transactions", "jentry keeps errors only: no performance data and logs"),
        ("user reports", "what people wrote about events stays there"),
        *(pair for pair in NEVER if pair[0] in KEPT),
    )

    def issues_query(self, project: Project) -> dict[str, Any]:
        return {"project": project.id, "sort": "-last_seen"}

    def events_path(self, org: Line, issue: FoundIssue) -> str:
        return f"/issues/{quote(issue.key)}/events/"

    def comments_path(self, org: Line, issue: FoundIssue) -> str:
        return f"/issues/{quote(issue.key)}/comments/"

    def raw_path(self, org: Line, issue: FoundIssue, event_id: str) -> str | None:
        return None  # it does not keep the fingerprint that an SDK sent

    def rules(self, org: str, project: Project) -> Iterator[Item]:
        for one in self._all(f"/projects/{org}/{quote(project.slug)}/alerts/"):
            name = f"{project.slug}: {source.text(one.get('name')) or 'alert'}"
            minutes, quantity = source.number(one.get("timespanMinutes")), one.get("quantity")
            if one.get("uptime"):
                yield Item("rule", name, None, NO, "jentry watches no addresses")
            if not minutes or not quantity:
                continue
            if minutes * sentry_rules.MINUTE > sentry_rules.DAY:
                yield Item("rule", name, None, NO, "it counts for longer than a day")
                continue
            condition = {
                "kind": "frequency",
                "more_than": max(source.number(quantity) - 1, 0),
                "window_seconds": minutes * sentry_rules.MINUTE,
            }
            yield Item("", "", sentry_rules.CHANNEL)
            line = sentry_rules.rule(
                project, source.number(one.get("id")), str(one.get("name") or ""), [condition]
            )
            yield Item("rule", name, line, CHANGED, "; ".join([sentry_rules.OFF, *_others(one)]))

    def monitors(self, org: str) -> Iterator[Item]:
        for one in self._all(f"/organizations/{org}/monitors/"):
            name = source.text(one.get("name") or one.get("url"))
            yield Item("monitor", name, None, NO, "jentry watches no addresses")


def _others(shown: Line) -> list[str]:
    kinds = {str(one.get("recipientType")) for one in source.objects(shown.get("alertRecipients"))}
    others = sorted(kinds - {"email"})
    return [f"tells all members by mail, not by {', '.join(others)[:200]}"] if others else []
