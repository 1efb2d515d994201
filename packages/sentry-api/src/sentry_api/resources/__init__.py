"""Sentry's API by subject: each module makes its calls and returns typed objects."""
