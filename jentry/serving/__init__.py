"""What serves: gunicorn's settings, worker and connections; the ASGI application, which reads every
request; Flask behind it in threads; and who goes first.

    protocol -> asgi -> ingest, in the loop
                     -> flask_requests -> wsgi -> Flask, in threads
"""
