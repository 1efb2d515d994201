"""What releasing means; no HTTP, no other program, no terminal."""
