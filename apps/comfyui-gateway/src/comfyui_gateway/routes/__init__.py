"""HTTP in and out: translation between requests and services, nothing else."""
