"""What the product does, without SQL and without HTTP."""
