"""Local servers that answer as the providers document."""
