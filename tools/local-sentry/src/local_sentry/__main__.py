"""Lets `python -m local_sentry` be the command line."""

from local_sentry.cli import main

if __name__ == "__main__":
    main()
