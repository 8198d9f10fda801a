"""Riverbend: a small water utility with an AI system, built so that Basanite has one to assess."""
