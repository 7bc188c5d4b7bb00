"""Messages: from planned to delivered, and what is done about those that do not arrive."""
