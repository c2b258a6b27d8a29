"""What the nodes that train share: optimizer and learning-rate schedule."""
