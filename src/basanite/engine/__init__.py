"""Driver: runs jobs in confined local workers."""
