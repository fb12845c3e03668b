"""What serves: gunicorn's settings and worker, the ASGI application, Flask behind it in threads,
and the scheduler that keeps events and pages from holding each other up.
"""
