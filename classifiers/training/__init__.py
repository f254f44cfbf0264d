"""Training: needs torch and transformers (the `train` extra); nothing here is imported at run time."""
