"""Telephone numbers and e-mail addresses in their one normal form, and in words what is wrong with them."""
