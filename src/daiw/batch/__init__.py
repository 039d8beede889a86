"""Many songs in one go: jobs from a file, run in processes of their own, here or on a cluster."""
