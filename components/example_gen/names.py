"""The files that ExampleGen writes beside the splits of an Examples artifact; see `components.example_gen.summary`."""

COUNTS_FILE = "counts.json"
REJECTED_FILE = "rejected.jsonl"
LAYOUTS_FILE = "layouts.json"  # how each text file was written, as it was found out
SOURCES_FILE = "sources.sha256"  # of how the files are read, without which files they are
