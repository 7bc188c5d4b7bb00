"""A family's pages: finding a day, registering in steps, and its own page behind a private link."""
