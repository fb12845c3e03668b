"""Packages of Python that nearly all applications are built on, and none is itself.

They lie beside the application in a function of AWS Lambda, and compiled ones (Cython) tell a path
of where they were built: the SDK calls both the application's. What is shown and what the rules of
an owner ask for stays as the SDK has it.
"""

from typing import Any

from jentry.ingest.grouping.parts import text
from jentry.ingest.grouping.v8.words import words

PACKAGES = words(
    """
    aiohttp aiokafka aiomysql aiosqlite alembic amqp anyio apscheduler asgiref asyncpg attr attrs
    authlib backoff billiard boto boto3 botocore bottle bs4 celery charset_normalizer click
    cryptography cx_Oracle daphne dateutil django dramatiq elasticsearch eventlet falcon fastapi
    flask flask_login flask_restful flask_sqlalchemy flask_wtf fsspec gevent googleapiclient
    graphene greenlet grpc gunicorn h11 h2 httpcore httplib2 httpx huey hypercorn itsdangerous
    jinja2 jsonschema kombu litestar lxml mako mangum marshmallow mongoengine msgpack multidict
    numpy oauthlib openai opentelemetry orjson pandas paramiko peewee pika pkg_resources polars
    psycopg psycopg2 psycopg_pool pyarrow pydantic pydantic_core pydantic_settings pymongo pymysql
    pyodbc pyramid quart redis requests requests_oauthlib rest_framework s3transfer sanic scipy
    scrapy sentry_sdk setuptools simplejson sklearn sqlalchemy sqlmodel sqlparse starlette stripe
    structlog tenacity tensorflow torch tornado tortoise tqdm twisted typer urllib3 uvicorn uvloop
    waitress websockets werkzeug wrapt wsproto wtforms yarl zeep zope
    """
)


def without_packages(frames: list[dict[str, Any]], platform: str) -> list[dict[str, Any]]:
    if platform != "python":
        return frames
    return [f for f in frames if text(f.get("module")).partition(".")[0] not in PACKAGES]
