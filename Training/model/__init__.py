"""MM-Interleaved in plain PyTorch, parameters named as in the reference (arXiv 2401.10208)."""
