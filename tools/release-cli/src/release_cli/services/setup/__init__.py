"""Projects in Sentry as code: what is wanted, what is there, the difference, and doing it."""
