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
# PostgreSQL's triggers call one function.
FUNCTION_BODY = (
    " BEGIN RAISE EXCEPTION 'rows of % are only ever added', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END "
)


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
            "CREATE OR REPLACE FUNCTION activation_only_added() RETURNS trigger LANGUAGE plpgsql "
            f"AS $${FUNCTION_BODY}$$",
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


def faulty_triggers(connection: Any) -> list[str]:
    """Return the triggers that do not refuse what they should, each with what is wrong: missing, off, or exchanged."""
    wanted = wanted_on_postgresql() if connection.vendor == "postgresql" else wanted_on_sqlite()
    found = found_on_postgresql(connection) if connection.vendor == "postgresql" else found_on_sqlite(connection)
    faults = {name: wrong_with(found.get(name), definition) for name, definition in wanted.items()}
    return [f"{name} {fault}" for name, fault in sorted(faults.items()) if fault]


def wrong_with(found: tuple[str, ...] | None, wanted: tuple[str, ...]) -> str:
    """Return what is wrong with a trigger; empty when it is the one that migrations made."""
    if found is None:
        return "is missing"
    return "" if found == wanted else "is not the one that was made: it is switched off or does something else"


def wanted_on_sqlite() -> dict[str, tuple[str, ...]]:
    """Return each trigger's text by its name."""
    return {text.split()[2]: (text,) for table in TABLES for text in on_sqlite(table)}


def found_on_sqlite(connection: Any) -> dict[str, tuple[str, ...]]:
    """Return what stands in the database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        return {name: (sql,) for name, sql in cursor.fetchall()}


def wanted_on_postgresql() -> dict[str, tuple[str, ...]]:
    """Return each trigger's text, that it is on, and what its function does, by its name."""
    return {text.split()[2]: (text, "on", FUNCTION_BODY) for table in TABLES for text in on_postgresql(table)}


def found_on_postgresql(connection: Any) -> dict[str, tuple[str, ...]]:
    """Return what stands in the tables that the connection sees, as the server writes it back."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname, pg_get_triggerdef(pg_trigger.oid, true), tgenabled IN ('O', 'A'), prosrc FROM pg_trigger "
            "JOIN pg_proc ON pg_proc.oid = tgfoid WHERE NOT tgisinternal AND tgrelid = ANY(%s::regclass[])",
            [list(TABLES)],
        )
        return {name: (text, "on" if is_on else "off", body) for name, text, is_on, body in cursor.fetchall()}
