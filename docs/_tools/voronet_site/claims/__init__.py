"""What backs the claims of the pages: a module for each page, a function for each sentence."""
