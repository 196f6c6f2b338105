"""What the services keep beside the domain's own objects: messages, remarks, deliveries, work.

Rows with a life but no rules of their own. Sealed fields open with the vault and ``key_id``.
"""
