"""A web app as a bundler without Sentry's plugin leaves it, written by hand."""

import json
from pathlib import Path
from typing import Any

from release_cli_checkout import Checkout

WEB = "kijko-web"
PROJECT: dict[str, Any] = {
    "address": "apps/web:sentry", "project": WEB, "platform": "javascript-nextjs",
    "workspace_project": "web", "root": "apps/web",
    "artifact": {"address": "apps/web:web", "path": "dist/web"},
}  # fmt: skip


def build(checkout: Checkout, text: str) -> Path:
    """A script with its map, as a bundler without Sentry's plugin leaves them."""
    folder = checkout.folder / "dist/web"
    folder.mkdir(parents=True, exist_ok=True)
    source_map = {
        "version": 3, "file": "app.js", "sources": ["../src/app.ts"],
        "sourcesContent": [f"export const text = {text!r};\n"], "names": [], "mappings": "AAAA",
    }  # fmt: skip
    (folder / "app.js").write_text(f"var a={text!r};\n//# sourceMappingURL=app.js.map\n")
    (folder / "app.js.map").write_text(json.dumps(source_map))
    return folder
