"""Mass changes: many visit days of one facility called off or moved at once."""
