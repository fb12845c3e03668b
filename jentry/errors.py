"""Every way a request can be refused: a status and one sentence for a person."""

RETRY_SECONDS = "5"  # after a 503 that knows no better


class Refusal(Exception):
    """Something the caller did, or must change. Anything else that is raised is a bug."""

    status = 400

    def __init__(self, message: str, *, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.headers = headers or {}


class BadRequest(Refusal):
    status = 400


class Unauthorized(Refusal):
    status = 401


class Forbidden(Refusal):
    status = 403


class NotFound(Refusal):
    status = 404


class RequestTimeout(Refusal):
    status = 408


class Conflict(Refusal):
    status = 409


class Unconfirmed(Conflict):
    """`what` goes for good, and `confirm` is the word that has to be repeated."""

    def __init__(self, what: str, confirm: str) -> None:
        super().__init__(f"This deletes {what} for good. Repeat with confirm={confirm}.")
        self.what = what
        self.confirm = confirm


class PreconditionFailed(Refusal):
    status = 412


class TooLarge(Refusal):
    status = 413


class UnsupportedMediaType(Refusal):
    status = 415


class TooManyRequests(Refusal):
    status = 429


class Unavailable(Refusal):
    status = 503

    def __init__(self, message: str, *, headers: dict[str, str] | None = None) -> None:
        super().__init__(message, headers={"Retry-After": RETRY_SECONDS} | (headers or {}))
