"""Lets `python -m release_cli` be the command line."""

from release_cli.cli import main

if __name__ == "__main__":
    main()
