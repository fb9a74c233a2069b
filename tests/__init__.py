"""Tests; the directories mirror the product's."""
