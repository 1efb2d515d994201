"""Lint, fix and format Python with a current ruff."""
