"""What a change can influence, and by which way."""
