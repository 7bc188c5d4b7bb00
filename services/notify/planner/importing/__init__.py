"""A prison's calendar comes in: a series, a sheet, a calendar file."""
