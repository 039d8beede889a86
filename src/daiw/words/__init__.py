"""The words musicians use, as tables, and what each one asks for."""
