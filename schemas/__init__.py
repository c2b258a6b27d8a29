"""Hand-kept TFMD schemas, a folder each; a package so that they are installed with the code."""
