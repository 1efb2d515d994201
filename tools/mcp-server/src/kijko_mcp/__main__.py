"""Where the program begins: a session goes to the resident at once, all else to the command line.

An editor waits for all that is imported on the way of `serve`, which is why it is imported late.
"""

import gc
import sys


def main() -> None:
    """Run `mcp-server`."""
    command, *options = sys.argv[1:] or [""]
    if command == "serve" and set(options) <= {"--allow-write"}:
        _serve(options)
    else:
        from kijko_mcp.cli import main as command_line

        command_line()


def _serve(options: list[str]) -> None:
    from kijko_mcp.resident.front import handed_over

    status = handed_over(options)
    if status is not None:
        raise SystemExit(status)
    gc.disable()  # nothing of what is imported becomes garbage
    from kijko_mcp.stdio import main as served_here

    served_here(allow_write="--allow-write" in options)


if __name__ == "__main__":
    main()
