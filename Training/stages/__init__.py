"""Training in stages: see ../README.md."""
