"""Visit days, the families that come, and the reminders that are planned for them."""
