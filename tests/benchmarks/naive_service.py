"""The service that people write: a Hugging Face tokenizer, a model padded to ``max_length``, one request at a time.

python -m tests.benchmarks.naive_service ENCODER TOKENIZER MAX_LENGTH LABELS
"""

import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def main() -> None:
    """Serves on a free port of this machine, which it prints, until it is ended."""
    import tensorflow as tf
    from transformers import AutoTokenizer, TFAutoModelForSequenceClassification

    encoder, directory, max_length, labels = sys.argv[1:]
    tokenizer = AutoTokenizer.from_pretrained(directory)
    model = TFAutoModelForSequenceClassification.from_pretrained(encoder, num_labels=int(labels))
    forward = tf.function(lambda batch: tf.nn.softmax(model(batch, training=False).logits))
    one_at_a_time = threading.Lock()

    def classify(text: str) -> list[float]:
        batch = tokenizer(
            [text], padding="max_length", truncation=True, max_length=int(max_length), return_tensors="tf"
        )
        return forward(dict(batch)).numpy()[0].tolist()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with one_at_a_time:
                probabilities = classify(body["text"])
            answer = json.dumps({"probabilities": probabilities}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self._headers_buffer.append(
                b"\r\n" + answer
            )  # in one piece: in two, the second waits for an acknowledgement
            self.flush_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    classify("warm up")
    ThreadingHTTPServer.request_queue_size = 128
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(f"ready on {server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
