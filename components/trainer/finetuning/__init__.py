"""The second stage of training: the encoder, or its top, is trained on with the head, slowly."""
