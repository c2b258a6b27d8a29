"""The file that Window writes beside what ExampleGen writes."""

WINDOW_FILE = "window.json"
