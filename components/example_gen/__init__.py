"""ExampleGen: text files of many formats become splits of ``tf.Example`` records."""
