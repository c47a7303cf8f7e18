"""What training says and asks in words of its own, beside the canonical wording in `world/`.

Nothing here is in the suites: their free wording (`world/free_wording.py`) shares no phrase with it.
"""
