"""Replies: what families text back, and what we do with it."""
