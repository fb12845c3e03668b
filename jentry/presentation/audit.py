"""The audit log in words. Entries are those of `store/audit_list.py`."""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from jentry.presentation.activity import condition, way
from jentry.presentation.text import count, word

# What somebody did, by action. {…} is a member of the entry's meta, or of WORDS below.
PHRASES = {
    "artifact.delete": "deleted {target} {of_release}",
    "artifact.upload": "uploaded {target} {of_release}",
    "channel.create": "made the alert channel {named}",
    "channel.delete": "deleted the alert channel {named}",
    "channel.rotate": "made a new secret for {target}",
    "channel.test": "sent a test through {target}",
    "channel.update": "changed {fields} of {target}",
    "comment.create": "commented on {issue}",
    "deploy.create": "told of a deploy of {version} to {environment}",
    "event.remap": "mapped {mapped} events of {target} again, {moved} of which changed their issue",
    "invitation.create": "invited {email} as {role}",
    "invitation.delete": "withdrew the invitation of {email}",
    "issue.assign": "assigned {target} to {assignee}",
    "issue.delete": "deleted {target}",
    "issue.ignore": "ignored {target} {condition}",
    "issue.merge": "merged {merged} {target} {into_issue}",
    "issue.mute": "muted {target} {until}",
    "issue.regroup": "grouped events into {target} {from_issue}",
    "issue.resolve": "resolved {target} {in_release}",
    "issue.split": "split {target} {into_issue} {from_issue}",
    "issue.unassign": "unassigned {target}",
    "issue.unmerge": "unmerged {parts} {target} {from_issue}",
    "issue.unresolve": "reopened {target}",
    "key.create": "made the client key {name} {last_four}",
    "key.disable": "disabled the client key {name} {last_four}",
    "key.enable": "enabled the client key {name} {last_four}",
    "key.rename": "renamed the client key {from} to {name}",
    "key.rotate": "rotated the client key {name}, now {last_four}",
    "monitor.create": "made the monitor {slug}",
    "monitor.delete": "deleted the monitor {slug}",
    "monitor.update": "changed {fields} of {target}",
    "org.create": "made the organization",
    "org.delete": "deleted the organization",
    "org.import": "imported what another server had exported",
    "org.rename": "renamed the organization to {renamed}",
    "org.second_factor_demanded": "asked all members for a second factor",
    "org.second_factor_optional": "left the second factor to each member",
    "grouping.update": "changed the fingerprint rules of {target}",
    "grouping.regroup": "{grouping} stored events of {target} {regrouped}",
    "ownership.update": "changed the ownership rules of {target}",
    "person.erase": "erased what was known of a person",
    "project.create": "made the project {slug}",
    "project.delete": "deleted {target}",
    "project.update": "changed {fields} of {target}",
    "release.archive": "archived the release {version} {contents}",
    "release.create": "registered the release {version} {contents}",
    "release.delete": "deleted the release {version} {contents}",
    "release.restore": "restored the release {version} {contents}",
    "release.update": "changed the release {version} {contents}",
    "rule.create": "made the alert rule {named}",
    "rule.delete": "deleted the alert rule {named}",
    "rule.update": "changed {fields} of {target}",
    "token.create": "made the API token {name} for {scopes}",
    "token.revoke": "revoked the API token {name}",
    "user.create": "added {email} as {role}",
    "user.email": "changed the email {from} to {to}",
    "user.join": "joined {as_role}",
    "user.operator": "changed whether {email} is an operator of the server",
    "user.password": "changed the password",
    "user.recovery_codes": "made new recovery codes",
    "user.remove": "removed {email}",
    "user.reset_link": "made a password link for {target}",
    "user.role": "made {email} {role_to} instead of {role_from}",
    "user.second_factor_off": "turned the second factor of {target} off",
    "user.second_factor_on": "turned the second factor on",
    "user.sign_in": "signed in with {device} from {address}",
    "user.sign_in_refused": "failed to sign in as {target}",
    "view.create": "saved the view {name}",
    "view.delete": "deleted the view {name}",
    "view.update": "changed {fields} of the view {name}",
}
REGROUPS = ("grouping.regroup", "issue.regroup")  # their words say that many issues change
TITLES = {
    "artifact": "the artifact bundle", "rule": "the alert rule", "channel": "the alert channel",
}  # fmt: skip
NOBODIES = {"cli": "Command line", "system": "jentry"}  # by how it was done
STRANGER = "Somebody"
FORMULAS = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for the begin of one
COLUMNS = ("id", "time", "who", "what", "action", "target", "via", "token", "meta")


@dataclass(frozen=True, slots=True)
class Line:
    """`who` did something: `before`, the `target` with the address of its page, if it has one, and
    `after`; `note` is the way it was done.
    """

    id: int
    at: str
    user_id: int | None
    who: str
    before: str
    target: str
    href: str
    after: str
    note: str

    @property
    def what(self) -> str:
        return " ".join(filter(None, (self.before, self.target, self.after)))


def line(entry: dict[str, Any], people: Mapping[int, str], projects: Mapping[int, str]) -> Line:
    """`people` and `projects` are names by id; who is not in them has left."""
    meta = entry["meta"]
    kind, _, number = entry["target"].partition(":")
    target, href = _target(kind, number, meta, people, projects)
    phrase = PHRASES.get(entry["action"])
    if phrase is None:
        before, after = entry["action"].replace(".", " ").replace("_", " "), ""
    else:
        mark = "{issue}" if "{issue}" in phrase else "{target}"
        before, found, after = phrase.partition(mark)
        words = _Words(entry, people)
        before, after = words.fill(before), words.fill(after)
        if not found:
            target, href = "", ""
    return Line(
        id=entry["id"],
        at=entry["created_at"],
        user_id=entry["user_id"],
        who=_who(entry, people),
        before=before,
        target=target,
        href=href,
        after=after,
        note=_note(entry["action"], meta),
    )


def _who(entry: dict[str, Any], people: Mapping[int, str]) -> str:
    if entry["user_id"] is None:
        return NOBODIES.get(word(entry["meta"].get("via")), STRANGER)
    return people.get(entry["user_id"]) or f"User {entry['user_id']}"


def _note(action: str, meta: dict[str, Any]) -> str:
    parts = [way(meta)] if meta.get("via") != "cli" else []
    is_regroup = action in REGROUPS
    if meta.get("undo") and not is_regroup:
        parts.append("undone")
    if meta.get("automatic"):
        parts.append("" if meta.get("undo") else "left without events")
    elif meta.get("operationId") and not is_regroup:
        parts.append("with others at once")
    return ", ".join(filter(None, parts))


def _target(
    kind: str,
    number: str,
    meta: dict[str, Any],
    people: Mapping[int, str],
    projects: Mapping[int, str],
) -> tuple[str, str]:
    if kind == "comment":
        kind, number = "issue", word(meta.get("issueId"))
    if not number.isdigit():
        return f"{kind} {number}", ""
    if kind == "issue":
        return f"#{number}", f"/issues?query=%23{number}"
    if kind == "project" and int(number) in projects:
        return projects[int(number)], f"/projects/{number}/settings/general"
    if kind == "user":
        return people.get(int(number)) or f"user {number}", ""
    return f"{TITLES.get(kind, kind)} {number}", ""


class _Words:
    """What stands for the names in a phrase."""

    def __init__(self, entry: dict[str, Any], people: Mapping[int, str]) -> None:
        self.meta, self.people = entry["meta"], people
        self.target = entry["target"].replace(":", " ")

    def fill(self, phrase: str) -> str:
        return " ".join(phrase.format_map(self).split())

    def __getitem__(self, name: str) -> str:
        found = getattr(self, f"_{name}", None)
        return found() if found is not None else word(self.meta.get(name))

    def _assignee(self) -> str:
        user_id = self.meta.get("assigneeUserId")
        return self.people.get(user_id) or f"user {user_id}" if isinstance(user_id, int) else ""

    def _condition(self) -> str:
        return condition(self.meta.get("statusDetails") or {}, word(self.meta.get("substatus")))

    def _merged(self) -> str:
        """Said of the issue that others were merged into."""
        return f"{_numbers(self.meta['merged'])} into" if "merged" in self.meta else ""

    def _parts(self) -> str:
        return f"{_numbers(self.meta['parts'])} from" if "parts" in self.meta else ""

    def _grouping(self) -> str:
        """Upkeep says when it is done."""
        if "moved" not in self.meta:
            return "began to lead back" if self.meta.get("undo") else "began to group"
        return "led back" if self.meta.get("undo") else "grouped"

    def _regrouped(self) -> str:
        if self.meta.get("undo"):
            return "to the issues of before"
        moved = self.meta.get("moved")
        return f"again, and moved {count(moved, 'event')}" if isinstance(moved, int) else "again"

    def _into_issue(self) -> str:
        return f"into #{word(self.meta['into'])}" if "into" in self.meta else ""

    def _from_issue(self) -> str:
        return f"from #{word(self.meta['from'])}" if "from" in self.meta else ""

    def _in_release(self) -> str:
        details = self.meta.get("statusDetails") or {}
        if details.get("inRelease"):
            return f"in {word(details['inRelease'])}"
        if details.get("inCommit"):
            return f"in the commit {word(details['inCommit'])}"
        return "in the next release" if details.get("inNextRelease") else ""

    def _of_release(self) -> str:
        release = word(self.meta.get("release"))
        return f"of the release {release}" if release else ""

    def _named(self) -> str:
        return word(self.meta.get("name")) or self.target

    def _until(self) -> str:
        until = word(self.meta.get("until"))
        return f"until {until}" if until else ""

    def _last_four(self) -> str:
        return f"…{word(self.meta.get('lastFour'))}"

    def _renamed(self) -> str:
        return ", ".join(word(self.meta[name]) for name in ("name", "slug") if name in self.meta)

    def _fields(self) -> str:
        return _listed(self.meta.get("fields"))

    def _scopes(self) -> str:
        return _listed(self.meta.get("scopes"))

    def _contents(self) -> str:
        commits, deploys = self.meta.get("commits"), self.meta.get("deploys")
        if not isinstance(commits, int) or not isinstance(deploys, int):
            return ""
        return f"with {count(commits, 'commit')} and {count(deploys, 'deploy')}"

    def _as_role(self) -> str:
        return f"as {self._role()}" if self.meta.get("role") else ""

    def _role(self) -> str:
        return _with_article(self.meta.get("role"))

    def _role_from(self) -> str:
        return _with_article(self.meta.get("from"))

    def _role_to(self) -> str:
        return _with_article(self.meta.get("to"))


def _numbers(ids: Any) -> str:
    return ", ".join(f"#{word(each)}" for each in ids) if isinstance(ids, list) else ""


def _listed(values: Any) -> str:
    return ", ".join(map(word, values)) if isinstance(values, list) else ""


def _with_article(role: Any) -> str:
    return f"{'a' if role == 'member' else 'an'} {word(role)}"


def as_csv(rows: Iterable[Mapping[str, Any]]) -> str:
    """With a heading; no cell is a formula to a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([_cell(row[name]) for name in COLUMNS])
    return out.getvalue()


def _cell(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)
    return f"'{text}" if text.startswith(FORMULAS) else text
