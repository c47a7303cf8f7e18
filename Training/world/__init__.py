"""A small world of scenes with exact truth: see ../WORLD.md for its specification."""
