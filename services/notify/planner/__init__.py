"""A prison's planner: publishes visit days, sees who comes, changes what is there."""
