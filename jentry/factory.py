"""Put the application together."""

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from jentry import api, db, ingest, web, web_errors
from jentry.settings import Settings
from jentry.store import migrations


def create_app(settings: Settings | None = None) -> Flask:
    """The WSGI application. Raises SettingsError or CannotOpen when it could never serve."""
    settings = settings or Settings.from_env()
    migrations.prepare(settings.db)
    app = Flask("jentry")
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.url_map.strict_slashes = False
    app.config["SETTINGS"] = settings
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    db.init_app(app)
    web_errors.init_app(app)
    ingest.init_app(app)
    api.init_app(app)
    web.init_app(app)
    return app
