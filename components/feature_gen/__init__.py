"""FeatureGen: runs the frozen encoder once over every tokenized text and keeps what comes out."""
