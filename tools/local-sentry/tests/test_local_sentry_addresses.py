"""The table of addresses in docs/API.md says what there is."""

from pathlib import Path

import pytest

from local_sentry.routes import api

TABLE = Path(__file__).parents[1] / "docs/API.md"


def test_the_table_of_addresses_is_current() -> None:
    if not TABLE.is_file():
        pytest.skip("docs/API.md does not lie beside the tests here")
    rows: dict[str, set[str]] = {}
    for route in api.routes:
        handlers = getattr(route.endpoint, "handlers", None)
        if handlers is not None:
            path = route.path.removeprefix("/api/0").replace("{organization}", "{org}")
            rows.setdefault(path, set()).update(handlers)
    made = [f"| `{path}` | {' '.join(sorted(rows[path]))} |" for path in sorted(rows)]
    kept = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if "| `" in line]
    assert kept == made
