"""PostgreSQL and Valkey for a machine without servers, and the supervisor of the whole system there."""
