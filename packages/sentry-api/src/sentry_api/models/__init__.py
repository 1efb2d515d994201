"""Sentry's shapes, as typed objects. Fields a server adds are passed over."""
