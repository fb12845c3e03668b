"""The OpenAPI document, made from the routes, their schemas and scopes. For developers: it needs
apispec, and the server only ever sends the document that `jentry openapi --write` left behind.
"""
