"""The `[workspace]` section of pants.toml."""

from __future__ import annotations

from pants.option.option_types import DictOption, StrListOption
from pants.option.subsystem import Subsystem


class Workspace(Subsystem):
    """What concerns the workspace as a whole."""

    options_scope = "workspace"
    help = "Projects, and what can influence all of them."

    global_inputs = StrListOption(
        default=["pants.toml", "pants"],
        help=(
            "Globs of the files that can influence everything: settings, the launcher, CI, "
            "plugins. A change to one affects every project. A glob with `!` in front takes back."
        ),
    )
    tools = DictOption[str](
        default={},
        help=(
            "Which targets a locked tool works on: from `RESOLVE` or `RESOLVE#PACKAGE` to a list "
            "of target types. Those are affected when the package, or one it needs, moves."
        ),
    )
