"""Measures local-sentry beside Bugsink: the same errors, both on SQLite, in one run."""
