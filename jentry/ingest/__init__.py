"""What SDKs send: from the bytes of a request to rows in the database.

views (Flask) -> processor (authenticate, open the body) -> items/* -> Submission -> writer -> apply
"""

from flask import Flask

from jentry.ingest import views
from jentry.ingest.processor import Processor
from jentry.ingest.writer import Writer
from jentry.settings import Settings


def init_app(app: Flask) -> None:
    app.register_blueprint(views.bp)


def equip(app: Flask, settings: Settings) -> None:
    app.extensions["processor"] = Processor(settings)
    app.extensions["writer"] = Writer(settings.db)
