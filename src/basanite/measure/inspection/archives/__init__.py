"""Traps in archives: the rules, and how each kind of archive is looked over for them."""
