"""What TF Serving's release 2.16.1 can be started with."""

# Names of the flags in model_servers/main.cc of TF Serving 2.16.1, as far as this project uses them.
FLAGS = {
    "port", "rest_api_port", "rest_api_num_threads", "rest_api_timeout_in_ms", "grpc_max_threads", "enable_batching",
    "batching_parameters_file", "model_config_file", "model_config_file_poll_wait_seconds", "model_name",
    "model_base_path", "num_load_threads", "max_num_load_retries", "load_retry_interval_micros",
    "file_system_poll_wait_seconds", "tensorflow_session_parallelism", "tensorflow_intra_op_parallelism",
    "tensorflow_inter_op_parallelism", "ssl_config_file", "monitoring_config_file", "enable_model_warmup",
    "allow_version_labels_for_unavailable_models", "saved_model_tags", "version",
}  # fmt: skip
