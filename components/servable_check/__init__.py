"""ServableCheck: loads a SavedModel as TF Serving would, in a clean process, and writes its warm-up."""
