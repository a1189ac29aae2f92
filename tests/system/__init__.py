"""What the system has: processes, resources, namespaces."""
