"""What reading trends costs, beside the same figures computed from the raw events."""
