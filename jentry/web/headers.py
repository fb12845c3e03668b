"""What a browser may do with our pages: nothing but show them, style them and send their forms."""

from flask import Response

POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    ]
)


def secure(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", POLICY)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers.setdefault("Referrer-Policy", "same-origin")
    return response


def unstored(response: Response) -> Response:
    """For pages that show a secret once: not kept by the browser."""
    response.headers["Cache-Control"] = "no-store"
    return response


def private(response: Response) -> Response:
    """For pages whose address is a secret: neither stored nor passed on."""
    unstored(response)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
