"""Put the application together."""

from functools import partial
from types import TracebackType

from flask import Flask, request
from werkzeug.middleware.proxy_fix import ProxyFix

from jentry import api, ingest, sentry_api, web
from jentry.app import body, db, error_handlers, request_id
from jentry.app.address import PublicAddress, WsgiApp
from jentry.app.routes import Rule
from jentry.app.start import prepare
from jentry.mcp import views as mcp
from jentry.settings import Settings


class Application(Flask):
    url_rule_class = Rule

    def log_exception(
        self,
        exc_info: tuple[type[BaseException], BaseException, TracebackType]
        | tuple[None, None, None],
    ) -> None:
        """The line of a bug carries the id that its answer carries."""
        name = request_id.request_id()
        line = "exception on %s [%s] request=%s"
        self.logger.error(line, request.path, request.method, name, exc_info=exc_info)


def create_app(settings: Settings | None = None) -> Flask:
    """The WSGI application. Raises SettingsError or CannotOpen when it could never serve."""
    return assemble(prepare(settings))


def assemble(settings: Settings) -> Flask:
    """The same once all is prepared."""
    return equip(routed(), settings)


def routed() -> Application:
    """All that answers, before it knows its settings: most of the time of a start."""
    app = Application("jentry")
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False  # a redirect would lose what was posted
    db.init_app(app)
    request_id.init_app(app)
    error_handlers.init_app(app)
    body.init_app(app)
    ingest.init_app(app)
    api.init_app(app)
    sentry_api.init_app(app)
    app.register_blueprint(mcp.bp)
    web.init_app(app)
    return app


def equip(app: Application, settings: Settings) -> Flask:
    """With its settings, and what it keeps between requests; in place of any before."""
    app.config["SETTINGS"] = settings
    wsgi_app: WsgiApp = PublicAddress(partial(Application.wsgi_app, app), settings.url)
    if hops := settings.trusted_proxies:
        wsgi_app = ProxyFix(wsgi_app, x_for=hops, x_proto=hops, x_host=hops)
    app.wsgi_app = wsgi_app  # type: ignore[method-assign, assignment]
    ingest.equip(app, settings)
    api.equip(app)
    return app
