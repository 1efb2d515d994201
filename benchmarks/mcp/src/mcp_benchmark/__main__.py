"""Lets `python -m mcp_benchmark` be the command line."""

from mcp_benchmark.cli import main

if __name__ == "__main__":
    main()
