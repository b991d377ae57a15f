"""What makes the site literate: equations, values, figures and code that cannot drift."""
