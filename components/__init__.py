"""What the pipeline is made of: one folder a DAG node, plain modules that do the work inside."""
