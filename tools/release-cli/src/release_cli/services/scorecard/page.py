"""The scorecard as one HTML file that needs nothing else: no script, no network."""

from importlib import resources

import jinja2

from release_cli.services.scorecard.charts import WIDTH, charts
from release_cli.services.scorecard.figures import Scorecard

_LONGEST = 30  # characters of a label in a chart


def page(card: Scorecard) -> str:
    """The page; names from Sentry are escaped."""
    folder = resources.files("release_cli") / "templates"
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["short"] = _short
    template = environment.from_string((folder / "scorecard.html").read_text(encoding="utf-8"))
    bare = [(each.project, version) for each in card.coverage for version in each.bare]
    return template.render(card=card, charts=charts(card), width=WIDTH, bare=bare)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
