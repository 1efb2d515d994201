"""HTTP in, HTTP out: ingest, Sentry's read API and the pages."""
