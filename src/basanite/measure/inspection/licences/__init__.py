"""Licences: under which terms models and data sets may be used."""
