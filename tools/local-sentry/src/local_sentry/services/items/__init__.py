"""One module for each kind of item in an envelope: what it says and where that is stored."""
