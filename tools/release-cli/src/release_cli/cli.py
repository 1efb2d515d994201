"""The command line: `release`. Each verb is a module of `release_cli.commands`."""

import sys

import typer

from observability import ObservabilityError
from release_cli.commands import plan
from release_cli.errors import ReleaseCliError
from release_cli.output import print_error

PROJECT = "kijko-release-cli"

app = typer.Typer(
    name="release",
    help="Releases each app to Sentry with exactly the commits and sources that are in it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for verb in (plan,):
    verb.register(app)


def main() -> None:
    """Run the command line; a designed error is two sentences and its own exit status."""
    try:
        app(prog_name="release")
    except ReleaseCliError as error:
        print_error(error, as_json="--json" in sys.argv)
        raise SystemExit(error.exit_code) from None
    except ObservabilityError as error:
        sys.stderr.write(f"release: {error}\n")
        raise SystemExit(2) from None
