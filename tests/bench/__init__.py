"""The figures: nothing here is a test."""
