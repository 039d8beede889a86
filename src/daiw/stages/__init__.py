"""The verbs, one file a hop. No stage imports another; each is a function of its arguments."""
