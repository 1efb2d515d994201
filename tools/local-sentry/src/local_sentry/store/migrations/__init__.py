"""Numbered SQL files; `PRAGMA user_version` says how many have run."""
