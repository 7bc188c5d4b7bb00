"""Messages: from wanted to delivered, and what becomes of those that do not arrive."""
