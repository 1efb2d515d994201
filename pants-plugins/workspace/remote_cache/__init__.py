"""Proof that a server of the Remote Execution API serves this workspace's results."""
