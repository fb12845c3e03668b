"""What SDKs send: from the bytes of a request to rows in the database.

views (Flask) -> door (authenticate, open the body) -> items/* -> Parcel -> writer -> apply
"""

from flask import Flask

from jentry.ingest import views
from jentry.ingest.door import Door
from jentry.ingest.writer import Writer
from jentry.settings import Settings


def init_app(app: Flask) -> None:
    settings: Settings = app.config["SETTINGS"]
    app.extensions["door"] = Door(settings)
    app.extensions["writer"] = Writer(settings.db)
    app.register_blueprint(views.bp)
