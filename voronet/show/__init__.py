"""Pictures of training: colours, figures, films, and the replay.

Importing this package loads no drawing library; the first picture does.
"""
