"""Letters: mail for one person, of what is theirs. `Letter` is what the templates show; `compose`
puts what `store/mail_contents.py` has found into words.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from jentry import clock
from jentry.alerts.mail import Letterhead, headed, templates
from jentry.alerts.text import line
from jentry.presentation.text import count, visible
from jentry.store import mail_choices

LONGEST_TITLE = 200
LONGEST_QUOTE = 4_000


@dataclass(frozen=True, slots=True)
class Entry:
    """An issue, in a line or two."""

    title: str
    facts: str
    link: str
    level: str


@dataclass(frozen=True, slots=True)
class Letter:
    """`figures`: name and value; `sections`: heading and entries; `button`: words and address;
    `why`: the sentence at the end, of why somebody gets it.
    """

    subject: str
    lines: tuple[str, ...]
    why: str
    button: tuple[str, str] | None = None
    quote: str = ""
    figures: tuple[tuple[str, str], ...] = ()
    sections: tuple[tuple[str, tuple[Entry, ...]], ...] = ()
    issue_id: int | None = None  # whose thread of mails it belongs to
    unsubscribe: str | None = None


def build(
    letter: Letter, delivery: Mapping[str, Any], organization: Mapping[str, Any], head: Letterhead
) -> EmailMessage:
    """`delivery`: `id`, `recipient`, `created_at`."""
    mail = headed(
        letter.subject, delivery["id"], delivery["created_at"], delivery["recipient"], head
    )
    if letter.issue_id is not None:
        mail["In-Reply-To"] = mail["References"] = head.name("issue", letter.issue_id)
        mail["X-Jentry-Issue"] = str(letter.issue_id)
    if letter.unsubscribe is not None:
        mail["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    shown = {
        "letter": letter, "organization": organization, "base_url": head.base_url,
        "visible": _plain,
    }  # fmt: skip
    plain = templates.get_template("letter.txt").render(shown)
    mail.set_content(plain, cte="quoted-printable")
    rich = templates.get_template("letter.html").render(shown)
    mail.add_alternative(rich, subtype="html", cte="quoted-printable")
    return mail


def _plain(text: str) -> str:
    return visible(text.encode("utf-8", "replace").decode("utf-8"))


def compose(found: Mapping[str, Any], organization: Mapping[str, Any], head: Letterhead) -> Letter:
    """`found` as `mail_contents.look_up` has it; `organization`: `id`, `name`."""
    return WORDS[found["template"]](found, line(organization["name"], 100), organization, head)


def _invitation(
    found: Mapping[str, Any], name: str, _: Mapping[str, Any], head: Letterhead
) -> Letter:
    article = "a" if found["role"] == "member" else "an"
    return Letter(
        f"You are invited to {name}",
        (
            f"You are invited to join {name} at {head.base_url}, where the errors of its software "
            f"are kept, as {article} {found['role']}.",
            "The link works once, for 7 days after it was made.",
        ),
        "Somebody of this organization asked for this mail. If you do not know them, do nothing.",
        ("Accept the invitation", f"{head.base_url}/invite/{found['secret']}"),
    )


def _password(
    found: Mapping[str, Any], name: str, _: Mapping[str, Any], head: Letterhead
) -> Letter:
    which = "your password" if found["is_first"] else "a new password"
    return Letter(
        f"Choose {which} for {head.host}",
        (
            f"With this link you choose {which} for your account at {head.base_url}.",
            "It works once, for 7 days after it was made.",
        ),
        f"Somebody who looks after {name} made this link.",
        (f"Choose {which}", f"{head.base_url}/password/reset/{found['secret']}"),
    )


def _assigned(
    found: Mapping[str, Any], name: str, organization: Mapping[str, Any], head: Letterhead
) -> Letter:
    by, total = line(found["by_name"], 100), found["count"]
    entries = tuple(_entry(issue, head) for issue in found["issues"])
    is_one = total == 1
    title = f"[{line(found['issues'][0]['project'], 100)}: assigned to you] {entries[0].title}"
    lines = [f"{by} assigned {'this issue' if is_one else count(total, 'issue')} to you."]
    if total > len(entries):
        lines.append(f"The {len(entries)} that were seen last:")
    return Letter(
        title if is_one else f"{count(total, 'issue')} of {name} assigned to you",
        tuple(lines),
        "You get this because somebody else assigned issues to you.",
        None if is_one else ("All that is assigned to you", f"{head.base_url}/issues?assignee=me"),
        sections=(("", entries),),
        issue_id=found["issues"][0]["id"] if is_one else None,
        unsubscribe=_unsubscribe(found, organization, head),
    )


def _named(
    found: Mapping[str, Any], name: str, organization: Mapping[str, Any], head: Letterhead
) -> Letter:
    issue, by = found["issue"], line(found["by_name"], 100)
    entry = _entry(issue, head)
    return Letter(
        f"[{line(issue['project'], 100)}: {by} named you] {entry.title}",
        (f"{by} named you in a comment:",),
        "You get this because a comment names you.",
        ("Read and answer", f"{entry.link}#activity"),
        quote=found["comment"][:LONGEST_QUOTE],
        sections=(("", (entry,)),),
        issue_id=issue["id"],
        unsubscribe=_unsubscribe(found, organization, head),
    )


HEADINGS = {"new": "New", "returned": "Came back", "resolved": "Resolved"}


def _weekly(
    found: Mapping[str, Any], name: str, organization: Mapping[str, Any], head: Letterhead
) -> Letter:
    zone = _zone(found["reader"]["time_zone"])
    since, until = (clock.parse(found[end]).astimezone(zone) for end in ("since", "until"))
    figures = [("Events", _compared(found["events"], found["events_before"]))]
    for key, heading in HEADINGS.items():
        figures.append((heading, count(found[f"{key}_count"], "issue")))
    for row in found["sessions"]:
        figures.append((f"Crash-free, {line(row['project'], 100)}", _rate(row)))
    sections = [("Busiest", tuple(_busy(issue, head) for issue in found["busiest"]))]
    sections += [
        (heading, tuple(_entry(issue, head) for issue in found[key]))
        for key, heading in HEADINGS.items()
    ]
    end = "." if any(entries for _, entries in sections) else ": nothing happened."
    return Letter(
        f"{name}: {found['new_count']:,} new, {found['returned_count']:,} came back, "
        f"{found['resolved_count']:,} resolved",
        (f"{name} from {_day(since)} to {_day(until)}{end}",),
        "You asked for this summary each week.",
        ("Look at what is open", f"{head.base_url}/issues"),
        figures=tuple(figures),
        sections=tuple((heading, entries) for heading, entries in sections if entries),
        unsubscribe=_unsubscribe(found, organization, head),
    )


def _entry(issue: Mapping[str, Any], head: Letterhead) -> Entry:
    facts = [line(issue["project"], 100), issue["level"], count(issue["count"], "event")]
    facts += [count(issue["user_count"], "user")] if issue["user_count"] else []
    facts += [issue["status"]] if issue["status"] != "unresolved" else []
    title = line(issue["title"], LONGEST_TITLE) or "(no title)"
    link = f"{head.base_url}/projects/{issue['project_id']}/issues/{issue['id']}"
    return Entry(title, " · ".join(facts), link, issue["level"])


def _busy(issue: Mapping[str, Any], head: Letterhead) -> Entry:
    entry = _entry(issue, head)
    facts = f"{line(issue['project'], 100)} · {count(issue['recent'], 'event')} in this time"
    return Entry(entry.title, facts, entry.link, entry.level)


def _rate(row: Mapping[str, Any]) -> str:
    free = 100 * (row["sessions"] - row["crashed"]) / row["sessions"]
    return f"{free:.2f} % of {count(row['sessions'], 'session')}"


def _compared(now: int, before: int) -> str:
    """`1,284, 12 % more`; of nothing before only the number."""
    change = round(100 * (now - before) / before) if before else 0
    word = "more" if change > 0 else "fewer"
    return f"{now:,}, {abs(change):,} % {word}" if change else f"{now:,}"


def _day(at: datetime) -> str:
    return f"{at:%A} {at.day} {at:%B}"


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _unsubscribe(
    found: Mapping[str, Any], organization: Mapping[str, Any], head: Letterhead
) -> str:
    org_id, user_id, topic = organization["id"], found["user_id"], found["template"]
    token = mail_choices.token(head.secret, org_id, user_id, topic)
    return f"{head.base_url}/mail/unsubscribe/{org_id}/{user_id}/{topic}/{token}"


WORDS = {
    "invitation": _invitation,
    "password": _password,
    "assigned": _assigned,
    "named": _named,
    "weekly": _weekly,
}
