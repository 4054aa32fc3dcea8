"""What every GET of the edge takes with many assets, beside a trivial one in the same run."""
