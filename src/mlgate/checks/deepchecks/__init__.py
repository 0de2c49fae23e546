"""The checks of deepchecks, run by itself in an environment of its own; JSON goes both ways."""
