"""What scripts/fleet runs: machines, replicas, proxies, conversations."""
