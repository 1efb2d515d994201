"""Everything outside: git, Pants, sentry-cli, Sentry's API, running services."""
