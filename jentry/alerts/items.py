"""What a message is made from, and the words for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jentry.alerts.text import line
from jentry.presentation.text import count
from jentry.presentation.times import span

LONGEST_TITLE = 200
LONGEST_NAME = 100

# What stands in brackets, and the sentence.
LABELS = {
    "new_issue": "new",
    "regressed": "regressed",
    "escalating": "escalating",
    "frequency": "frequent",
    "users": "many users",
    "crash_free": "crashes",
    "quota": "quota",
    "recovered": "recovered",
}
SENTENCES = {
    "new_issue": "A new issue",
    "regressed": "A resolved issue came back",
    "escalating": "An ignored issue is escalating",
    "recovered": "The job reports in again",
}


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to tell. `project` has `id`, `slug`, `name`; `rules` each `id` and `name`; `issue`
    is as `store/issues.get` has it, None of what concerns a project.
    """

    condition: str
    at: str
    project: Mapping[str, Any]
    environment: str | None = None
    event_id: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    issue: Mapping[str, Any] | None = None
    rules: tuple[Mapping[str, Any], ...] = ()

    @property
    def label(self) -> str:
        return f"{self.project['slug']}: {LABELS[self.condition]}"

    @property
    def project_name(self) -> str:
        return line(self.project["name"], LONGEST_NAME)

    @property
    def title(self) -> str:
        if self.issue is not None:
            return line(self.issue["title"], LONGEST_TITLE) or "(no title)"
        return self.sentence

    @property
    def culprit(self) -> str:
        return line(self.issue["culprit"], LONGEST_TITLE) if self.issue is not None else ""

    @property
    def sentence(self) -> str:
        """What happened, where: `A new issue in production`."""
        place = f" in {line(self.environment, LONGEST_NAME)}" if self.environment else ""
        return f"{self._what()}{place}"

    def _what(self) -> str:
        detail = self.detail
        if self.condition == "frequency":
            return f"{count(detail['events'], 'event')} in {span(detail['windowSeconds'])}"
        if self.condition == "users":
            return f"{count(detail['users'], 'user')} hit by one issue"
        if self.condition == "crash_free":
            rate, sessions = detail["crashFreeRate"], count(detail["sessions"], "session")
            return (
                f"Only {rate:.1f} % of {sessions} in {span(detail['windowSeconds'])} without crash"
            )
        if self.condition == "quota":
            return f"{count(detail['dropped'], 'event')} dropped by a quota"
        return SENTENCES[self.condition]

    @property
    def facts(self) -> list[str]:
        """Short ones, of the issue as it is now."""
        found: list[str] = []
        if self.issue is not None:
            found = [
                self.issue["level"],
                count(self.issue["count"], "event"),
                count(self.issue["user_count"], "user"),
            ]
        if suppressed := self.detail.get("suppressed"):
            found.append(f"{count(suppressed, 'more alert')} since the last one")
        return found

    @property
    def state(self) -> str:
        """What became of it meanwhile; empty when it is open."""
        if self.issue is None or self.condition == "recovered":
            return ""
        words = {"resolved": "Resolved by now.", "ignored": "Ignored by now."}
        return words.get(self.issue["status"], "")

    @property
    def names(self) -> str:
        """Of the rules that say so."""
        return ", ".join(line(rule["name"], LONGEST_NAME) for rule in self.rules)

    def link(self, base_url: str) -> str:
        project = f"{base_url}/projects/{self.project['id']}/issues"
        return project if self.issue is None else f"{project}/{self.issue['id']}"


@dataclass(frozen=True, slots=True)
class Message:
    """What one delivery says. A notice or test has `lines` instead of items."""

    delivery_id: int
    kind: str  # alert | test | notice
    created_at: str
    base_url: str
    organization: Mapping[str, Any]  # slug, name
    channel: Mapping[str, Any] | None  # id, name
    items: tuple[Item, ...] = ()
    count: int = 0
    subject_text: str = ""
    lines: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        """What changes stands in brackets, which threads of mail ignore."""
        if self.kind != "alert":
            return self.subject_text
        first = self.items[0]
        if self.count == 1:
            return f"[{first.label}] {first.title}"
        return f"[{self.count:,} alerts, {first.label}] {first.title}"

    @property
    def more(self) -> int:
        """How many are not among the items."""
        return self.count - len(self.items)

    @property
    def all_link(self) -> str:
        return f"{self.base_url}/issues"


def server_test(base_url: str, at: str) -> Message:
    """Of the mail server, not of a channel."""
    return Message(
        0, "test", at, base_url, {"slug": "", "name": "jentry"}, None,
        subject_text="Test of jentry's mail",
        lines=("This is a test. Mail of this server reaches you.",),
    )  # fmt: skip


def test_message(
    delivery: Mapping[str, Any], base_url: str, organization: Mapping[str, Any]
) -> Message:
    channel = delivery["channel"]
    return Message(
        delivery["id"], "test", delivery["created_at"], base_url, organization, channel,
        subject_text=f"Test of the alert channel {channel['name']}",
        lines=(
            f"This is a test of the alert channel {channel['name']} of {organization['name']}.",
            "Whoever reads this would hear of alerts.",
        ),
    )  # fmt: skip
