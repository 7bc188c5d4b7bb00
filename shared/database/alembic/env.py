"""Run by Alembic with a connection whose `search_path` is the service's schema."""

from alembic import context

attributes = context.config.attributes

context.configure(
    connection=attributes["connection"],
    target_metadata=attributes.get("metadata"),
    version_table=attributes["version_table"],
    compare_type=True,
    compare_server_default=False,
    include_object=attributes.get("include_object"),
    render_item=attributes.get("render_item"),
)
context.run_migrations()
