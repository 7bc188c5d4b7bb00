"""The normal form of telephone numbers, e-mail addresses and names, and what is wrong with others."""
