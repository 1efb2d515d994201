"""The questions: each module turns one into the calls it needs and writes the answer."""
