"""Projects, and goals on them: what a change affects, and how the projects depend on each other."""
