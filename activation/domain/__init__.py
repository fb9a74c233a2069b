"""Pure rules: no web framework, no clock, no disk."""
