"""Lets `python -m devstack` be the command line."""

from devstack.cli import main

if __name__ == "__main__":
    main()
