"""The MCP server beside Sentry's official one: same run, same Sentry, equal questions."""
