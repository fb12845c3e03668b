"""Debug files: ProGuard mappings are taken, native ones are refused before they are sent."""

import hashlib
from typing import Any
from uuid import UUID

from flask import Blueprint, g, jsonify
from flask.typing import ResponseReturnValue

from jentry.api.request import body
from jentry.app.body import MAX_UPLOAD
from jentry.app.db import reading, settings
from jentry.artifacts import assembly, mapping
from jentry.artifacts.assembly import Order
from jentry.artifacts.mapping import Mapping
from jentry.errors import BadRequest, NotFound, Refusal
from jentry.sentry_api import bodies
from jentry.sentry_api.access import project, requires
from jentry.sentry_api.forms import files_of_form
from jentry.store import artifacts, upload_chunks

bp = Blueprint("v0_debug_files", __name__)

PROJECT = "/projects/<org>/<project_name>/files"


@bp.post(f"{PROJECT}/difs/assemble/")
@requires("project:write")
def assemble_mappings(project_name: str) -> ResponseReturnValue:
    """By SHA-1 sum of each file: say what is missing; once nothing is, keep the mapping."""
    project_id = int(project(project_name)["id"])
    wanted = body(bodies.ASSEMBLE_DEBUG_FILES)["files"]
    return jsonify({sha1: _state(project_id, sha1, file) for sha1, file in wanted.items()})


@bp.get(f"{PROJECT}/dsyms/unknown/")
@requires("project:read")
def list_unknown_files(project_name: str) -> ResponseReturnValue:
    """sentry-cli 2 asks before it sends native debug files to a server without chunks for them."""
    project(project_name)
    raise BadRequest(mapping.NATIVE)


@bp.post(f"{PROJECT}/dsyms/")
@requires("project:write")
def upload_mappings_of_archive(project_name: str) -> ResponseReturnValue:
    project_id = int(project(project_name)["id"])
    found = []
    for _, file in files_of_form(MAX_UPLOAD, 1):
        for one in mapping.mappings_in(file.stream.read()):
            sha1 = hashlib.sha1(one.content, usedforsecurity=False).digest()
            assembly.keep(settings().db, _order(project_id, sha1, one.uuid, ()), one)
            found.append(_shown(sha1, one.uuid))
    return jsonify(found), 201


def _state(project_id: int, name: str, wanted: dict[str, Any]) -> dict[str, Any]:
    try:
        return _assembled(project_id, bytes.fromhex(name), wanted)
    except NotFound:
        raise
    except Refusal as refusal:
        return {"state": "error", "missingChunks": [], "detail": refusal.message}


def _assembled(project_id: int, sha1: bytes, wanted: dict[str, Any]) -> dict[str, Any]:
    """Raises BadRequest, Conflict."""
    uuid = mapping.uuid_of(wanted["name"])
    done: dict[str, Any] = {
        "state": "ok",
        "missingChunks": [],
        "detail": None,
        "dif": _shown(sha1, uuid),
    }
    order = _order(project_id, sha1, uuid, tuple(wanted["chunks"]))
    if artifacts.is_there(reading(), g.actor, order.name, order.project_ids):
        return done
    if missing := upload_chunks.missing(reading(), g.actor, order.chunks):
        return {"state": "not_found", "missingChunks": [one.hex() for one in missing]}
    content = assembly.joined(settings().db, order, sha1)
    assembly.keep(settings().db, order, Mapping(uuid, content))
    return done


def _order(project_id: int, sha1: bytes, uuid: UUID, chunks: tuple[bytes, ...]) -> Order:
    name = mapping.bundle_name(sha1, uuid)
    return Order(g.actor, name, chunks, (project_id,), settings().artifact_bytes)


def _shown(sha1: bytes, uuid: UUID) -> dict[str, Any]:
    return {
        "uuid": str(uuid),
        "debugId": str(uuid),
        "objectName": "proguard-mapping",
        "cpuName": "any",
        "sha1": sha1.hex(),
        "symbolType": "proguard",
        "data": {"features": ["mapping"]},
    }
