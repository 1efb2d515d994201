"""How the projects of a workspace depend on each other, as data and as pictures."""
