"""Whole conversations, through a real mailbox and real SMTP."""
