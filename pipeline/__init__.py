"""How the pipeline is run: command line, configuration, DAG, runners."""
