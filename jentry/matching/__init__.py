"""Rules that people write, one a line, and globs that are compared with what events say. Pure."""
