"""A steady load for long, and what everything takes meanwhile."""
