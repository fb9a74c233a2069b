"""The console that activates a Bring Your Own Cloud license: rules, engine, pages."""
