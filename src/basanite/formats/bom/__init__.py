"""Readers of bills of materials, from any tool: bytes in, one neutral list out."""
