"""The `[sentry]` section of pants.toml."""

from __future__ import annotations

from pants.option.option_types import SkipOption, StrOption
from pants.option.subsystem import Subsystem


class Sentry(Subsystem):
    """Where a release's name is stamped, what uploads, and whether the mapping is checked."""

    options_scope = "sentry"
    name = "Sentry"
    help = "How projects are mapped to Sentry, stamped and uploaded."

    skip = SkipOption("lint")
    stamp = StrOption(
        default="packages/observability/src/observability/release.json",
        help="The file, as it would lie in the workspace, that names an artifact's release.",
    )
    release_cli = StrOption(
        default="tools/release-cli:release",
        help="Address of the program that `publish` uploads with.",
    )
