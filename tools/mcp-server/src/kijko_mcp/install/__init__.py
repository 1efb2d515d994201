"""Writes this server's entry into the settings of editors, and loses nothing that stands there."""
