"""Channel adapters: one file a kind, named by ``kind`` in a ``[channels.<name>]`` section."""
