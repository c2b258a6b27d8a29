"""Nodes that train on machines of their own: a custom job of Vertex AI, which the node's container starts."""

LAUNCHER = ["python", "-m", "kubeflow.custom_jobs.launch"]
