"""What is known of each test: how long it takes, and whether it can be trusted."""
