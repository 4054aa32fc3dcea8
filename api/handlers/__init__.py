"""What endpoints do, one noun a module."""
