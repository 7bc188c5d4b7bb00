"""Replies: what families text back, and what is done with it."""
