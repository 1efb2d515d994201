"""How well we do by our own numbers, measured from what Sentry knows."""
