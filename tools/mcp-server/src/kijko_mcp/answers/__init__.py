"""What an answer is: the conclusion, the evidence, the next useful call, within a budget."""
