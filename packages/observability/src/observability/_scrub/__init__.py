"""Removes what is private from everything on its way to Sentry."""
