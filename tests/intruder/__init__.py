"""What comes to a running transport from outside: where it looks, and what it may touch."""
