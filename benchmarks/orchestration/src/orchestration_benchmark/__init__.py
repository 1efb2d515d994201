"""Measures the workspace's goals on a generated workspace, beside Pants' own goals and Nx."""
