"""A person is erased from notify and at the provider, and what is old goes."""
