"""Beyond one machine: Kubeflow Pipelines and Vertex AI."""
