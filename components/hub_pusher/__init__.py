"""HubPusher: publishes a blessed model in Hugging Face's format, to a directory or to the Hub."""
