"""One module a family of file formats; each reads a `Piece` of a file into rows and rejections."""
