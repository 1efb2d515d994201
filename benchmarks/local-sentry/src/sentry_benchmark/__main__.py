"""`python -m sentry_benchmark`."""

from sentry_benchmark.cli import main

if __name__ == "__main__":
    main()
