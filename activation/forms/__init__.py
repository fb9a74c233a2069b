"""What people type, parsed and checked before a service sees it."""
