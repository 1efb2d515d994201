"""Lets `python -m release_benchmark` be the command line."""

from release_benchmark.cli import main

if __name__ == "__main__":
    main()
