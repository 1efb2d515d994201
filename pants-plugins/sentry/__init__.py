"""What this workspace adds to Pants for Sentry: the mapping, the release's name, `publish`."""
