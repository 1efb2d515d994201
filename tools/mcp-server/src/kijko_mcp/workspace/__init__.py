"""The checkout that the server was started in: its commits, its files, its projects."""
