"""The Flask application: its factory, the connection of a request, request ids, error answers."""
