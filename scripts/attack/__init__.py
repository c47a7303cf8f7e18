"""What scripts/chaos is made of: requests, clients, a run of many of them, small requests beside large pictures."""
