"""What learned limits catch, beside fixed thresholds."""
