"""Sentry and this workspace, answered in the editor over the Model Context Protocol."""
