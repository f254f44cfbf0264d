"""Integration: real parts, one stage at a time."""
