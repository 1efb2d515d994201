"""Measures releases of five apps beside a shell script that drives sentry-cli."""
