"""A server for one machine that speaks Sentry's protocol and answers Sentry's read API."""
