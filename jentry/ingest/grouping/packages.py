"""Packages of Python and Dart that many applications are built on, and none is itself.

Those of Python lie beside the application in a function of AWS Lambda, and compiled ones (Cython)
tell a path of where they were built: the SDK calls both the application's, as that of Dart calls
all packages but Flutter. What is shown and what the rules of an owner ask for stays as the SDK has
it.
"""

from typing import Any

from jentry.ingest.grouping.parts import DART, text
from jentry.ingest.grouping.words import words

PYTHON = words(
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

DART_PACKAGES = words(
    """
    async auto_route bloc built_value cached_network_image cloud_firestore cloud_functions
    collection connectivity_plus convert crypto cupertino_http dartz dio drift
    equatable ferry file_picker firebase_auth firebase_core firebase_messaging firebase_storage
    flutter_bloc flutter_hooks flutter_riverpod flutter_secure_storage freezed_annotation
    geolocator get get_it go_router google_sign_in graphql grpc hive hive_flutter hooks_riverpod
    http http_parser hydrated_bloc image_picker injectable intl isar json_annotation just_audio
    logging mobx flutter_mobx objectbox path path_provider permission_handler pool provider
    redux retrofit riverpod rxdart share_plus shared_preferences shelf shelf_router sqflite
    sqlite3 sqlite_async stack_trace stream_channel supabase supabase_flutter synchronized
    url_launcher uuid video_player web_socket_channel webview_flutter
    _flutterfire_internals
    """
)


def without_packages(frames: list[dict[str, Any]], platform: str) -> list[dict[str, Any]]:
    if platform == "python":
        return [f for f in frames if text(f.get("module")).partition(".")[0] not in PYTHON]
    if platform == DART:
        return [f for f in frames if text(f.get("package")) not in DART_PACKAGES]
    return frames
