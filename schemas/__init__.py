"""Wire contracts: the only place where a field is named."""
