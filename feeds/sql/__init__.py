"""SQL checks: for tables whose jobs report nothing themselves."""
