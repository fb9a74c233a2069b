"""Triggers that let the database itself refuse to change or delete what is only ever added.

Migrations make them. Django remakes a table on SQLite when a column changes, and the triggers go with the old table:
such a migration calls `guard` again. Whoever owns the database can still drop a trigger; what was changed then, the
chain of hashes and the checkpoints show.
"""

from typing import Any, Protocol

# table → what makes a row the same row: inserting it again would replace the old one on SQLite.
TABLES = {
    "activation_event": "organization_id IS NEW.organization_id AND sequence = NEW.sequence",
    "activation_checkpoint": "chain = NEW.chain AND number = NEW.number",
}
REFUSAL = "rows of {table} are only ever added"


class Schema(Protocol):
    """What is needed of a Django schema editor."""

    connection: Any

    def execute(self, sql: str, params: Any = ...) -> Any:
        """Run one statement."""


def guard(schema: Schema) -> None:
    """Make the triggers; those there already are made anew."""
    unguard(schema)
    postgresql = schema.connection.vendor == "postgresql"
    if postgresql:
        schema.execute(
            "CREATE OR REPLACE FUNCTION activation_only_added() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "RAISE EXCEPTION 'rows of % are only ever added', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; "
            "END $$",
            params=None,
        )
    for table in TABLES:
        for statement in on_postgresql(table) if postgresql else on_sqlite(table):
            schema.execute(statement, params=None)


def unguard(schema: Schema) -> None:
    """Drop the triggers: for tests, which empty every table, and to migrate back."""
    postgresql = schema.connection.vendor == "postgresql"
    for table in TABLES:
        for what in ("update", "delete", "truncate", "replace"):
            on = f" ON {table}" if postgresql else ""
            schema.execute(f"DROP TRIGGER IF EXISTS {table}_no_{what}{on}", params=None)


def on_sqlite(table: str) -> list[str]:
    """Return the statements that make a table's triggers on SQLite."""
    there = f"SELECT 1 FROM {table} WHERE id = NEW.id OR ({TABLES[table]})"  # noqa: S608 - of our own constants
    refuse = f"BEGIN SELECT RAISE(ABORT, '{REFUSAL.format(table=table)}'); END"
    return [
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}",
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}",
        # INSERT OR REPLACE deletes without asking the trigger above.
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN EXISTS ({there}) {refuse}",
    ]


def on_postgresql(table: str) -> list[str]:
    """Return the statements that make a table's triggers on PostgreSQL."""
    call = "EXECUTE FUNCTION activation_only_added()"
    return [
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} FOR EACH ROW {call}",
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} FOR EACH ROW {call}",
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {call}",
    ]


def missing_triggers(connection: Any) -> list[str]:
    """Return the names of triggers that should be there, enabled, and are not."""
    if connection.vendor == "postgresql":
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')"
        kinds = ("update", "delete", "truncate")
    else:
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        kinds = ("update", "delete", "replace")
    with connection.cursor() as cursor:
        cursor.execute(query)
        present = {name for (name,) in cursor.fetchall()}
    return sorted({f"{table}_no_{kind}" for table in TABLES for kind in kinds} - present)
