"""Lets `python -m kijko_mcp` be the command line."""

from kijko_mcp.cli import main

if __name__ == "__main__":
    main()
