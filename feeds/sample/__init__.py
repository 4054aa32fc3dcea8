"""The sample feed: New York's flights of 2013, checked day by day as they come in."""
