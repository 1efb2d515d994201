"""How the program runs from its first line to its last: recorded, and ended with a sentence."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import observability
from kijko_mcp.errors import Trouble
from kijko_mcp.tracing import PROJECT
from observability import ObservabilityError
from sentry_api import SentryApiError


@contextmanager
def reported() -> Iterator[None]:
    """Runs a block as the program; a designed error is two sentences and its own exit status."""
    try:
        observability.init(PROJECT)
        yield
    except (Trouble, SentryApiError) as trouble:
        sys.stderr.write(f"mcp-server: {trouble.problem} {trouble.advice}\n")
        raise SystemExit(2) from None
    except ObservabilityError as error:
        sys.stderr.write(f"mcp-server: {error}\n")
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    finally:
        observability.close()
