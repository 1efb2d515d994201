"""`python -m gateway_benchmark`."""

from gateway_benchmark.cli import main

if __name__ == "__main__":
    main()
