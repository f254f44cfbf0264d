"""Matching: whose letter it is."""
