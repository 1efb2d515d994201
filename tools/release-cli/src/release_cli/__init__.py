"""Releases the apps of this workspace to Sentry, each with exactly what is in it."""
