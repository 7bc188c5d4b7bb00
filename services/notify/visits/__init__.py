"""Visit days, the families that register for them, and the reminders planned for those families."""
