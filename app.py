"""The WSGI entry of a checkout: `gunicorn app:app`."""

from jentry import create_app

app = create_app()
