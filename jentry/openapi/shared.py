"""What operations have in common: headers, parameters of headers, and errors."""

from typing import Any

from jentry.app.body import MAX_API_BODY

TEXT = {"type": "string"}
ETAG = '"5d41402abc4b2a76b9719d911017c592"'

HEADERS: dict[str, tuple[str, Any]] = {
    "ETag": (
        "The body's name, strong, for `If-None-Match` and `If-Match`; ends in `-gzip\"` when the "
        "body is compressed.",
        ETAG,
    ),
    "Idempotency-Replayed": (
        "`true`: this answer was given before; nothing was done again.",
        "true",
    ),
    "Link": (
        'Where the next page is: `<address>; rel="next"`. Absent on the last page.',
        '</api/v1/issues?cursor=WyIyMDI2Il0>; rel="next"',
    ),
    "RateLimit": (
        "What the token has left: `r` requests, until the quota is whole again in `t` seconds.",
        '"token";r=5999;t=60',
    ),
    "RateLimit-Policy": (
        "The quota: `q` requests in a window of `w` seconds.",
        '"token";q=6000;w=60',
    ),
    "Retry-After": ("Seconds to wait before the next try.", "5"),
    "WWW-Authenticate": ("`Bearer`", "Bearer"),
    "X-Capped-Filters": (
        "Names of filters that may miss issues, percent-encoded: there are more values than are "
        "told apart, and the one that is asked for is none of those.",
        "tag[url]",
    ),
    "X-Ignored-Parameters": (
        "Names of parameters in the address that nothing here knows, percent-encoded.",
        "perPage",
    ),
    "X-Request-Id": (
        "The id of this request in the server's log: yours if you sent one.",
        "0f3c9a5e1b7d42c8a6e4f1d2",
    ),
}

PARAMETERS: dict[str, tuple[str, Any, dict[str, Any]]] = {
    "If-None-Match": (
        "An `ETag` you have: if nothing has changed since, the answer is an empty 304.",
        ETAG,
        TEXT,
    ),
    "If-Match": (
        "An `ETag` that GET of this address gave: if something has changed since, nothing is done "
        "and the answer is 412. `*` matches whatever is there.",
        "*",
        TEXT,
    ),
    "Idempotency-Key": (
        "A name of your choice for this request. Sent again with the same key within 24 hours, it "
        "is not done again but answered as the first time. What was refused may be corrected and "
        "sent again with the same key.",
        "3f0b1c52-release-1.4.3",
        {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    ),
    "X-Request-Id": (
        "Your own id for this request, for the server's log: up to 128 of `A-Z a-z 0-9 . _ : / + = "
        "@ -`. Anything else is replaced.",
        "ci-4711",
        TEXT,
    ),
}

ALWAYS = ("X-Request-Id",)
QUOTA = ("RateLimit", "RateLimit-Policy")
IGNORED = ("X-Ignored-Parameters",)

# Status -> name, meaning, example, headers.
ERRORS: dict[int, tuple[str, str, str, tuple[str, ...]]] = {
    400: (
        "BadRequest",
        "A parameter, a header or the body is not as described.",
        "limit: Must be greater than or equal to 1 and less than or equal to 100.",
        QUOTA,
    ),
    401: (
        "Unauthorized",
        "There is no API token, or it is mistyped, revoked or expired.",
        "Send an API token in the header Authorization: Bearer jto_….",
        ("WWW-Authenticate",),
    ),
    403: (
        "Forbidden",
        "The token lacks the scope.",
        "This needs a token with the scope issue:write.",
        QUOTA,
    ),
    404: (
        "NotFound",
        "It does not exist in the token's organization.",
        "There is no such issue.",
        QUOTA,
    ),
    409: (
        "Conflict",
        "It contradicts what is there: a name or id is taken, it was done already, or the "
        "`Idempotency-Key` was used with another request.",
        "This Idempotency-Key was already used with another request; choose a new one.",
        QUOTA,
    ),
    412: (
        "PreconditionFailed",
        "It has changed since the ETag in `If-Match` was given out. Nothing was done.",
        "This has changed since its ETag was given out; read it again, then decide.",
        QUOTA,
    ),
    413: (
        "TooLarge",
        f"The body is larger than {MAX_API_BODY} bytes.",
        f"The body must not be larger than {MAX_API_BODY} bytes.",
        QUOTA,
    ),
    429: (
        "TooManyRequests",
        "The token has used up its requests of this minute, or what it may write in this hour.",
        "This token may make 6000 requests a minute; try again in 42 s.",
        (*QUOTA, "Retry-After"),
    ),
    500: (
        "ServerError",
        "A bug. The server's log has its cause, with this answer's `X-Request-Id`.",
        "Internal Server Error: the cause is in the server's log.",
        (),
    ),
    503: (
        "Unavailable",
        "The database is busy or its disk is full. Nothing was done.",
        "The database cannot be used just now, it is busy or its disk is full; try later.",
        ("Retry-After",),
    ),
}

ERROR = {
    "type": "object",
    "description": "One sentence that says what to change.",
    "required": ["error"],
    "properties": {
        "error": {"type": "string", "minLength": 1},
        "confirm": {
            "type": "string",
            "description": "The word that does what cannot be undone, sent again as `confirm`.",
        },
    },
    "additionalProperties": False,
}


def components() -> dict[str, Any]:
    return {
        "headers": {
            name: {"description": text, "schema": TEXT, "example": sample}
            for name, (text, sample) in HEADERS.items()
        },
        "parameters": {
            name: {
                "name": name,
                "in": "header",
                "required": False,
                "description": text,
                "schema": schema,
                "example": sample,
            }
            for name, (text, sample, schema) in PARAMETERS.items()
        },
        "responses": {
            name: {
                "description": text,
                "headers": headers(*ALWAYS, *more),
                "content": {
                    "application/json": {
                        "schema": {"$ref": "#/components/schemas/Error"},
                        "example": {"error": sample},
                    }
                },
            }
            for name, text, sample, more in ERRORS.values()
        },
    }


def headers(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in sorted(names)}


def parameter(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/parameters/{name}"}


def error(status: int) -> dict[str, Any]:
    return {"$ref": f"#/components/responses/{ERRORS[status][0]}"}
