"""What this site shows: figures, values, samples for the symbols, and the theme."""
