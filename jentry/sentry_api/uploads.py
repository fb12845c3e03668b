"""Uploads of artifact bundles: chunks of at most 1 MiB, then the order to put them together."""

import zlib
from typing import Any

from flask import Blueprint, Response, g, jsonify
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from jentry.api.request import body
from jentry.app.address import base_url
from jentry.app.body import MAX_UPLOAD
from jentry.app.db import reading, settings, writing
from jentry.artifacts import assembling
from jentry.artifacts.assembly import Order
from jentry.artifacts.bundle import MOST_FILE_BYTES
from jentry.errors import BadRequest, Refusal
from jentry.schemas.base import load
from jentry.schemas.releases import REGISTER
from jentry.sentry_api import bodies
from jentry.sentry_api.access import organization, project, requires
from jentry.sentry_api.forms import files_of_form
from jentry.store import artifacts, releases, upload_chunks

bp = Blueprint("v0_uploads", __name__)

CHUNK = 1024 * 1024
CHUNKS = 8  # in one request
MOST_WAIT = 300  # seconds that a client asks whether a bundle is put together
GZIP = 31  # zlib's name for the format
SHA1 = 40  # hexadecimal digits
ACCEPT = ("release_files", "artifact_bundles", "artifact_bundles_v2", "proguard")


@bp.get("/organizations/<org>/chunk-upload/")
@requires("project:read")
def get_upload_options() -> ResponseReturnValue:
    return {
        "url": f"{base_url()}/api/0/organizations/{organization()['slug']}/chunk-upload/",
        "chunkSize": CHUNK,
        "chunksPerRequest": CHUNKS,
        "maxRequestSize": MAX_UPLOAD,
        "maxFileSize": MOST_FILE_BYTES,
        "maxWait": MOST_WAIT,
        "concurrency": 1,
        "hashAlgorithm": "sha1",
        "compression": ["gzip"],
        "accept": list(ACCEPT),
    }


@bp.post("/organizations/<org>/chunk-upload/")
@requires("project:write")
def upload_chunks_of_form() -> ResponseReturnValue:
    """Each part is named by the SHA-1 sum of what it holds."""
    chunks = [_chunk(name, file) for name, file in files_of_form(MAX_UPLOAD, CHUNKS * 8)]
    for sha1, size, data in chunks:
        with writing() as (db, at):
            upload_chunks.add(db, g.actor, sha1, size, data, at)
    return "", 200


@bp.post("/organizations/<org>/artifactbundle/assemble/")
@requires("project:write")
def assemble() -> ResponseReturnValue:
    """Say what is missing; once nothing is, put the bundle together."""
    sent = body(bodies.ASSEMBLE)
    order = _order(sent)
    if artifacts.is_there(reading(), g.actor, order.name, order.project_ids):
        return _state("ok")
    known = assembling.state_of(order)
    if known == "assembling":
        return _state(known)
    if missing := upload_chunks.missing(reading(), g.actor, order.chunks):
        return _state("not_found", missing)
    return _assembled(order)


def _assembled(order: Order) -> ResponseReturnValue:
    if order.name.release:
        with writing() as (db, at):
            for project_id in order.project_ids:
                releases.declare(db, g.actor, project_id, {"version": order.name.release}, at)
    try:
        state = assembling.start(settings(), order)
    except Refusal as refusal:
        return _state("error", detail=refusal.message)
    return _state(state)


def _state(state: str, missing: list[bytes] | None = None, detail: str | None = None) -> Response:
    names = [name.hex() for name in missing or ()]
    return jsonify({"state": state, "missingChunks": names, "detail": detail})


def _order(sent: dict[str, Any]) -> Order:
    """Raises NotFound, BadRequest."""
    names = sent["projects"] or []
    if not names:
        raise BadRequest("projects: Name at least one project.")
    ids = tuple(dict.fromkeys(int(project(name)["id"]) for name in names))
    release = sent["version"] or ""
    if release:
        release = load(REGISTER, {"version": release})["version"]
    name = artifacts.Name(sent["checksum"], release, sent["dist"] or "")
    return Order(g.actor, name, tuple(sent["chunks"]), ids, settings().artifact_bytes)


def _chunk(field: str, file: FileStorage) -> tuple[bytes, int, bytes]:
    """Its sum, its size and what is stored of it. Raises BadRequest."""
    name = file.filename or ""
    if field not in ("file", "file_gzip") or len(name) != SHA1:
        raise BadRequest(
            "Each part is file or file_gzip, and its filename the SHA-1 sum of the chunk."
        )
    data = file.stream.read()
    if field == "file_gzip":
        data = _unpacked(data)
    if len(data) > CHUNK:
        raise BadRequest(f"A chunk has at most {CHUNK} bytes.")
    return upload_chunks.checked(name, data), len(data), upload_chunks.packed(data)


def _unpacked(data: bytes) -> bytes:
    try:
        unpacker = zlib.decompressobj(GZIP)
        unpacked = unpacker.decompress(data, CHUNK + 1)
        if not unpacker.eof and len(unpacked) <= CHUNK:
            raise BadRequest("A chunk ends before its gzip stream does.")
    except zlib.error as error:
        raise BadRequest(f"A chunk is no gzip stream: {error}.") from None
    return unpacked
