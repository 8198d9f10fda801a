"""HDF5 files: their structure, and what they read from other files. Never their numbers.

Source: HDF5 File Format Specification 3.0.
"""
