"""`python -m orchestration_benchmark`."""

from orchestration_benchmark.cli import main

if __name__ == "__main__":
    main()
