"""The routes that SDKs post to, for a WSGI server. README: Requests."""

from typing import cast

from flask import Blueprint, Response, current_app, request
from flask.typing import ResponseReturnValue

from jentry.app import body
from jentry.errors import TooLarge
from jentry.ingest import answers
from jentry.ingest.addresses import plain_address
from jentry.ingest.answers import Answer
from jentry.ingest.processor import IngestRequest, Processor
from jentry.ingest.query import query_values
from jentry.ingest.receive import receive
from jentry.ingest.writer import Writer

bp = Blueprint("ingest", __name__)


def _answer(kind: str, project_id: int | None = None, slug: str = "", key: str = "") -> Response:
    query = query_values(request.query_string)
    if key:
        query.setdefault("sentry_key", key)
    incoming = IngestRequest(
        kind=kind,
        headers={name.lower(): value for name, value in request.headers},
        query=query,
        project_id=project_id,
        client_ip=plain_address(request.remote_addr),
        slug=slug,
    )
    processor = cast(Processor, current_app.extensions["processor"])
    writer = cast(Writer, current_app.extensions["writer"])
    refusal = processor.refusal(incoming)
    if refusal is not None and refusal.submission is None:  # nothing to count
        answer = refusal.reply
    else:
        given: bytes | None = b""
        if refusal is None:
            try:
                given = body.read(processor.wire_limit(incoming))
            except TooLarge:
                given = None
        answer = receive(processor, writer, incoming, given)
    body.drain()
    return respond(answer)


def respond(answer: Answer) -> Response:
    return Response(answer.body, answer.status, answer.headers, content_type=answer.content_type)


@bp.before_request
def preflight() -> Response | None:
    if request.method == "OPTIONS":
        return respond(answers.preflight(request.headers.get("Access-Control-Request-Headers")))
    return None


@bp.route("/api/<int:project_id>/envelope/", methods=["POST", "OPTIONS"])
def envelope(project_id: int) -> ResponseReturnValue:
    return _answer("envelope", project_id)


@bp.route("/tunnel", methods=["POST", "OPTIONS"])
@bp.route("/api/tunnel", methods=["POST", "OPTIONS"])
def tunnel() -> ResponseReturnValue:
    return _answer("tunnel")


@bp.route("/api/<int:project_id>/store/", methods=["POST", "OPTIONS"])
@bp.route("/api/store/", methods=["POST", "OPTIONS"])
def store(project_id: int | None = None) -> ResponseReturnValue:
    return _answer("store", project_id)


@bp.route("/api/<int:project_id>/security/", methods=["POST", "OPTIONS"])
@bp.route("/api/<int:project_id>/csp-report/", methods=["POST", "OPTIONS"])
def security(project_id: int) -> ResponseReturnValue:
    return _answer("security", project_id)


@bp.route("/api/<int:project_id>/nel/", methods=["POST", "OPTIONS"])
def network_error_logging(project_id: int) -> ResponseReturnValue:
    """Accepted and ignored."""
    body.drain()
    return respond(answers.accepted(None))


@bp.route("/api/<int:project_id>/cron/<slug>/", methods=["GET", "POST", "OPTIONS"])
@bp.route("/api/<int:project_id>/cron/<slug>/<key>/", methods=["GET", "POST", "OPTIONS"])
def cron(project_id: int, slug: str, key: str = "") -> ResponseReturnValue:
    return _answer("cron", project_id, slug, key)
