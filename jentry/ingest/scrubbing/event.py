"""An event is rid of its secrets before anything of it is stored."""

from typing import Any

from jentry.ingest.scrubbing.policy import Policy, Scrubber, scrubber
from jentry.ingest.scrubbing.rows import FILTERED
from jentry.ingest.scrubbing.walk import Bag, Place, Walk

TRACE_IDS = ("trace_id", "span_id", "parent_span_id")
ADDRESS_HEADERS = ("X-Forwarded-For", "X-Real-Ip", "Forwarded", "X-Client-Ip", "Cf-Connecting-Ip",
                   "True-Client-Ip", "X-Cluster-Client-Ip", "Fastly-Client-Ip")  # fmt: skip
ADDRESS_ENV = ("REMOTE_ADDR", "REMOTE_HOST")
ADDRESS_CONTEXTS = ("ip_address", "client_ip", "remote_addr", "ip", "client.address")


def scrub(event: Bag, policy: Policy) -> None:
    """Replace every secret of a normalised event by `[Filtered]`, in place. Twice is once.

    By name, in request, extra, contexts, user data, tags, breadcrumbs, frame variables and message
    parameters: whatever goes by a secret name, whole objects included; true, false and null stay.
    By looks, in every text but ids, release, exception types and names of functions and modules.
    """
    known = scrubber(policy)
    trace = event["contexts"].get("trace", {})
    ids = {name: trace.pop(name) for name in TRACE_IDS if name in trace}
    walk = Walk(known)
    walk.event(event)
    _finish(known, walk, event)
    trace |= ids
    if not policy.keep_ip:
        _forget_addresses(event)


def scrub_value(value: Any, policy: Policy) -> Any:
    """The same for any JSON value, such as the settings of a monitor: returns it, changed."""
    known = scrubber(policy)
    walk = Walk(known)
    holder = {"value": value}
    walk.bag(holder, known.names, "")
    _finish(known, walk, holder)
    return holder["value"]


def _finish(known: Scrubber, walk: Walk, event: Bag) -> None:
    """Hide what the texts say that no name gives away."""
    if walk.texts and (changes := known.texts.changes([text for text, _, _ in walk.texts])):
        if "params" in event.get("logentry", ()):
            _hide_params(event["logentry"], changes)
        _write(changes, walk.texts)
    if walk.lines and (changes := known.source.changes([line for line, _, _ in walk.lines])):
        _write(changes, walk.lines)


def _write(changes: dict[str, str], places: list[Place]) -> None:
    for text, holder, key in places:
        if text in changes and holder[key] == text:  # else it is hidden by its name
            holder[key] = changes[text]


def _hide_params(entry: Bag, changes: dict[str, str]) -> None:
    """What the text showed of its parameters and does not show any more: `token=%s`."""
    shown: str = entry["formatted"]
    left = changes.get(shown, shown)
    params = entry["params"]
    for key, value in list(params.items() if isinstance(params, dict) else enumerate(params)):
        text = str(value)
        if text in shown and text not in left:
            params[key] = FILTERED


def _forget_addresses(event: Bag) -> None:
    event.get("user", {}).pop("ip_address", None)
    request = event.get("request", {})
    for name in ADDRESS_HEADERS:
        request.get("headers", {}).pop(name, None)
    for name in list(request.get("env", ())):
        is_header = name.startswith("HTTP_") and _title(name) in ADDRESS_HEADERS
        if is_header or name in ADDRESS_ENV:
            del request["env"][name]
    for context in event["contexts"].values():
        for name in ADDRESS_CONTEXTS:
            context.pop(name, None)


def _title(name: str) -> str:
    return "-".join(part.capitalize() for part in name.removeprefix("HTTP_").split("_"))
